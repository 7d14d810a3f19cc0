"""DuckDB's extensions, loaded from the Python wheels that carry them.

`LOAD '<path>'` of a wheel's file needs no network, no home folder and no INSTALL. Where a wheel is absent,
what DuckDB has installed itself is loaded, then DuckDB's own INSTALL is tried, then the error says what to
install.

DuckDB checks the signature of a whole file whenever a connection loads it: 0.3 s of CPU for the 70 MB of a lake in a
folder, five times all else that opening one takes. A process checks each file once; while it stays the same file, later
connections load it without.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from governance.errors import LakeError
from governance.lake.sql import literal

Seal = tuple[int, ...]
_checked: dict[Path, Seal] = {}
"""Files whose signatures DuckDB has found good in this process, and what they were then."""


def all_checked(names: Sequence[str]) -> bool:
    """True where the signature of each extension's file was found good in this process, and the file is the same."""
    files = [wheel_file(name) for name in names]
    return all(file is not None and _checked.get(file) == _seal(file) for file in files)


def load_again(db: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """The same files are loaded without their check, and from then on the connection loads only what is signed."""
    for name in names:
        db.execute(f"LOAD {literal(str(wheel_file(name)))}")
    db.execute("SET allow_unsigned_extensions = false")  # DuckDB lets nobody switch it on again


def _seal(file: Path) -> Seal:
    """What changes when a file is written to or replaced."""
    about = file.stat()
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def load(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """The extension is loaded into the connection."""
    wheel = wheel_file(name)
    seal = _seal(wheel) if wheel else ()
    attempts = [f"LOAD {literal(str(wheel))}"] if wheel else []
    attempts += [f"LOAD {name}"]
    if not os.environ.get("GOVERN_OFFLINE"):  # --offline: no network, also where this needs it
        attempts += [f"INSTALL {name}; LOAD {name}"]
    failure = ""
    for statement in attempts:
        try:
            db.execute(statement)
        except duckdb.Error as error:
            failure = failure or str(error).splitlines()[0]
        else:
            if wheel and statement == attempts[0]:
                _checked[wheel] = seal
            return
    package = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
    raise LakeError(f"DuckDB's extension {name!r} cannot be loaded: {failure}", hint=f"pip install {package}")


def wheel_file(name: str) -> Path | None:
    """The extension's file in an installed wheel built for this DuckDB, or None."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        file = Path(folder) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.is_file():
            return file
    return None
