"""Is this machine able to run an audit? One function a check; each gives what it found."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from governance.errors import GovernError, NotFound
from ui.cli.session import Session
from ui.cli.words import plural

CORE = (
    "click",
    "datasketch",
    "duckdb",
    "ftfy",
    "jinja2",
    "license-expression",
    "numba",
    "numpy",
    "phonenumbers",
    "polars",
    "py3langid",
    "pyarrow",
    "pydantic",
    "python-stdnum",
    "pytz",
    "rich",
    "tomlkit",
    "zstandard",
)
"""Distributions every installation has (a test compares them with pyproject.toml)."""
EXTRAS = {
    "semantic": ("sentence_transformers", "faiss", "torch", "wordllama"),
    "train": ("accelerate", "httpx", "math_verify", "peft", "torch", "transformers", "trl"),
    "ui": ("streamlit",),
    "hub": ("datasets",),
}
"""Modules of the optional parts; they are looked for and not imported."""
EXTENSIONS = ("ducklake", "sqlite_scanner", "postgres_scanner")
LITTLE_SPACE = 1 << 30


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        ok: False fails the whole; an optional part that is absent is ok.
        found: what was found, in one line.
        hint: what to do, where something is wrong or absent.
    """

    name: str
    ok: bool
    found: str
    hint: str = ""


def checks(session: Session) -> Iterator[Check]:
    """Every check, in the order of the report."""
    yield python()
    for name in CORE:
        yield package(name)
    for name in EXTENSIONS:
        yield extension(name)
    for name, modules in EXTRAS.items():
        yield extra(name, modules)
    yield attempt("configuration", lambda: configuration(session))
    yield attempt("embedder", lambda: embedder(session))
    yield attempt("lake", lambda: lake(session))
    yield attempt("waivers", lambda: waivers(session))
    yield space()


def python() -> Check:
    """The interpreter's version."""
    return Check(
        "python", sys.version_info >= (3, 11), platform.python_version(), "Python 3.11 or newer is needed"
    )


def package(name: str) -> Check:
    """An installed distribution of the core."""
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed", f"pip install {name}")


def extension(name: str) -> Check:
    """A DuckDB extension, loaded into a connection of its own."""
    import duckdb

    from governance.lake.extensions import load, wheel_file

    label = f"duckdb {name}"
    try:
        with duckdb.connect() as db:
            load(db, name)
    except GovernError as error:
        return Check(label, False, error.what, error.hint)
    return Check(label, True, "from its wheel" if wheel_file(name) else "installed by DuckDB")


def extra(name: str, modules: tuple[str, ...]) -> Check:
    """An optional part: installed, or how to install it."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        return Check(f"extra {name}", True, f"absent ({', '.join(missing)})", f"pip install 'govern[{name}]'")
    return Check(f"extra {name}", True, "installed")


def embedder(session: Session) -> Check:
    """The model that compares meanings; it is named and not loaded."""
    from governance.embedding.model import AUTO, missing

    configured = session.load().settings.embedder
    absent = missing(configured)
    if absent:
        what, _, todo = absent.partition("; ")
        return Check("embedder", True, f"none: {what}", todo)
    return Check("embedder", True, "wordllama l2_supercat 256 (auto)" if configured == AUTO else configured)


def attempt(name: str, look: Callable[[], Check]) -> Check:
    """The check, or what its error says."""
    try:
        return look()
    except GovernError as error:
        where = f" ({error.where})" if error.where else ""
        return Check(name, False, f"{error.what}{where}", error.hint)


def configuration(session: Session) -> Check:
    """The settings in force, rule options included."""
    loaded = session.load()
    loaded.check_codes()
    loaded.rule_options()
    loaded.tolerances()
    return Check("configuration", True, ", ".join(map(str, loaded.files)) or "no file; defaults are in force")


def lake(session: Session) -> Check:
    """The lake opens, and its files and event log are as recorded. No lake yet is fine."""
    from governance.lake.verify import verify_lake

    try:
        with session.open_lake(read_only=True) as opened:
            where, found = opened.display, verify_lake(opened, deep=False)
    except NotFound:
        return Check("lake", True, "none yet", "`govern init` makes one, and so does the first audit")
    if not found.ok:
        first = found.problems[0]
        more = f", and {len(found.problems) - 1:,} more" if len(found.problems) > 1 else ""
        return Check(
            "lake", False, f"{where}: {first.what} ({first.where}){more}", "restore the lake from a backup"
        )
    left = f", {plural(len(found.orphans), 'leftover file')}" if found.orphans else ""
    return Check(
        "lake",
        True,
        f"{where}: {plural(found.files, 'file')}, {plural(found.events, 'event')}{left}",
        "`govern runs gc` removes what killed processes left" if found.orphans else "",
    )


def waivers(session: Session) -> Check:
    """The file of waivers can be read, and is what the event log says it is."""
    from ui.cli.request import waiver_book

    loaded = session.load()
    book = waiver_book(session, loaded)
    if book is None:
        return Check("waivers", True, "none", "`govern waiver add` asks for one")
    from governance.waivers.check import verify_waivers

    path = loaded.waiver_file(Path.cwd())
    with session.open_lake_to_look() as opened:
        problems = verify_waivers(opened, path, loaded.settings.waiver_approvals)
    if problems:
        more = f", and {len(problems) - 1:,} more" if len(problems) > 1 else ""
        return Check(
            "waivers", False, f"{problems[0]}{more}", "`govern waiver list`, then approve anew or revoke"
        )
    return Check("waivers", True, f"{path}: {plural(len(book.waivers), 'waiver')}")


def space() -> Check:
    """Room for the lake and for intermediate results."""
    place = Path.cwd()
    free = shutil.disk_usage(place).free
    writable = os.access(place, os.W_OK)
    found = f"{free / (1 << 30):,.1f} GB free, {cores()} cores"
    if not writable:
        return Check(
            "working folder", False, f"{place} cannot be written", "go to another folder, or give --lake"
        )
    return Check(
        "working folder", free >= LITTLE_SPACE, found, "free some space" if free < LITTLE_SPACE else ""
    )


def cores() -> int:
    """Cores this process may use."""
    with suppress(AttributeError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
