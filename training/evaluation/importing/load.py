"""Logs found and read, whatever program wrote them, and brought into a lake."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.benchmarks.files import first_object
from governance.errors import InputError
from training.evaluation.importing import inspect_log, lm_eval
from training.evaluation.importing.entries import Log

if TYPE_CHECKING:
    from governance.evaluations import Evaluation, ItemResult
    from governance.lake import Lake
    from training.evaluation.importing.convert import KnownSuite

AUTO = "auto"
FORMATS = (AUTO, lm_eval.NAME, inspect_log.NAME)
_READERS = {lm_eval.NAME: lm_eval.read, inspect_log.NAME: inspect_log.read}


@dataclass(frozen=True)
class Imported:
    """A log as an evaluation of the lake.

    Attributes:
        already: it was there before; nothing was written.
    """

    evaluation: Evaluation
    results: Sequence[ItemResult]
    already: bool = False


def import_samples(
    lake: Lake, path: Path, form: str = AUTO, *, suite: str = "", scorer: str = ""
) -> list[Imported]:
    """The logs at a path as evaluations in the lake, each file one; a file that is there already stays as it is.

    `suite` names the suite of the lake that the items are of (default: the one that has most of them), `scorer` the
    filter or scorer whose scores are taken (default: the first).

    Raises:
        InputError: nothing there is a log of either program.
        NotFound: there is no such suite.
    """
    from training.evaluation.importing.convert import known_suite

    files = find_logs(path, form)
    logs = [read_log(file, form, scorer) for file in files]
    named = known_suite(lake, suite) if suite else None
    return [_imported(lake, log, named) for log in logs]


def find_logs(path: Path, form: str = AUTO) -> list[Path]:
    """The log at a path, or all logs in a folder, sorted.

    Raises:
        InputError: there is none.
    """
    if not path.exists():
        raise InputError("there is no such log", where=str(path), hint="give a file or a folder of logs")
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    found = [f for f in files if format_of(f) is not None] if form == AUTO or path.is_dir() else files
    if not found:
        raise InputError(
            "this is no log of an evaluation",
            where=str(path),
            hint="give samples_*.jsonl of lm-evaluation-harness, or a .eval or .json log of Inspect",
        )
    return found


def format_of(path: Path) -> str | None:
    """Which program wrote a file; None where neither did."""
    if path.suffix == ".eval":
        return inspect_log.NAME
    if path.suffix == ".jsonl":
        return lm_eval.NAME if lm_eval.looks_like(first_object(path)) else None
    if path.suffix == ".json" and not path.name.startswith("results_"):
        return inspect_log.NAME if _begins_like_inspect(path) else None
    return None


def read_log(path: Path, form: str = AUTO, scorer: str = "") -> Log:
    """The log of a file."""
    name = form if form in _READERS else format_of(path) or lm_eval.NAME
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return _READERS[name](path, sha256, scorer)


def _begins_like_inspect(path: Path) -> bool:
    """Whether the beginning of a file has the keys that such a log begins with."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return head.lstrip()[:1] == b"{" and b'"eval"' in head and (b'"task"' in head or b'"samples"' in head)


def _imported(lake: Lake, log: Log, named: KnownSuite | None) -> Imported:
    from governance.lake.evaluations import commit_evaluation, list_evaluations, load_results
    from training.evaluation.importing.convert import evaluation_of, results_of
    from training.evaluation.importing.match import match

    for known in list_evaluations(lake):
        if known.settings.get("sha256") == log.sha256 and known.settings.get("method") == "import":
            return Imported(known, load_results(lake, known.id), already=True)
    suite = named or _suite_of(lake, log)
    matched = match(log.entries, suite.items if suite else ())
    results = results_of(log, matched, suite.name if suite else log.task)
    evaluation = evaluation_of(log, results, matched, suite, lake.actor)
    commit_evaluation(lake, evaluation, results)
    return Imported(evaluation, results)


def _suite_of(lake: Lake, log: Log) -> KnownSuite | None:
    """The suite of the lake that has most of the log's items; those of the task's benchmark are asked first."""
    from governance.lake.suites import list_suites
    from training.evaluation.importing.convert import best_suite, known_suite
    from training.scoring.registry import benchmark_of

    names = sorted({stored.name for stored in list_suites(lake)})
    wanted = benchmark_of(log.task)
    likely = [n for n in names if wanted != "generic" and benchmark_of(n) == wanted]
    found = best_suite(log, [known_suite(lake, n) for n in likely])
    return found or best_suite(log, [known_suite(lake, n) for n in names if n not in likely])
