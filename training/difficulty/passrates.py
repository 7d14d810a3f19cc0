"""Pass rates of reference models from a file, label by label.

A file holds lines of `label` and either `pass_rate` (0 to 1) or the counts `n` and `c`: n answers to one instance, c of
them right; several lines of a label are several instances. `model` may name who answered; each model's rate is made
first, then the mean over models. Formats, by the file's ending:

    .csv     label,model,n,c                        with a header
    .json    [{"label": "a", "pass_rate": 0.5}]     or {"a": 0.5}
    .toml    [[rates]] tables with the same keys    or a table [pass_rates] with "a" = 0.5
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from governance.errors import InputError
from training.difficulty.weights import Pass, pass_rate, reference_rates

FORMATS = (".csv", ".json", ".toml")
LIMIT = 64 << 20
"""Bytes of the largest file that is read."""
HINT = "each line has a label and a pass_rate from 0 to 1, or the counts n and c with 0 <= c <= n"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: a rate, or the counts of one instance."""

    label: str
    model: str
    rate: float | None
    counts: Pass | None


def read_pass_rates(path: Path, k: int) -> dict[str, float]:
    """Label -> mean pass rate over the models of the file; pass@k where the file has counts.

    Raises:
        InputError: naming the file, and the line where there is one that does not fit.
    """
    lines = [_line(entry, f"{path}: {place}", k) for place, entry in _entries(path)]
    if not lines:
        raise InputError("no pass rate is in the file", where=str(path), hint=HINT)
    models = sorted({line.model for line in lines})
    return reference_rates(_rates([x for x in lines if x.model == m], path, k) for m in models)


def _rates(lines: list[Line], path: Path, k: int) -> dict[str, float | None]:
    """The rates of one model."""
    found: dict[str, float | None] = {}
    for label in sorted({line.label for line in lines}):
        own = [line for line in lines if line.label == label]
        rates = [line.rate for line in own if line.rate is not None]
        if rates and len(own) > 1:
            model = f" of model {own[0].model!r}" if own[0].model else ""
            raise InputError(
                f"label {label!r}{model} has {len(own)} lines, and a rate can stand once only",
                where=str(path),
                hint="name the models in a column `model`, or give counts n and c for each instance",
            )
        found[label] = rates[0] if rates else pass_rate([x.counts for x in own if x.counts is not None], k)
    return found


def _entries(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """(place in words, keys and values) of each line."""
    text = _text(path)
    if path.suffix == ".csv":
        reader = csv.DictReader(StringIO(text), strict=True)
        try:
            return [(f"line {reader.line_num}", row) for row in reader]
        except csv.Error as error:
            raise InputError(
                f"the file is not CSV: {error}", where=f"{path}: line {reader.line_num}", hint=HINT
            ) from error
    found = _parsed(text, path)
    if isinstance(found, dict):
        rates = found.get("rates", found.get("pass_rates", found))
        found = [{"label": x, "pass_rate": y} for x, y in rates.items()] if isinstance(rates, dict) else rates
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InputError("the file holds no list of labels and rates", where=str(path), hint=HINT)
    return [(f"entry {i}", entry) for i, entry in enumerate(found, start=1)]


def _text(path: Path) -> str:
    if path.suffix not in FORMATS:
        raise InputError(
            f"pass rates cannot be read from a file that ends in {path.suffix!r}",
            where=str(path),
            hint=f"endings are: {', '.join(FORMATS)}",
        )
    try:
        if path.stat().st_size > LIMIT:
            raise InputError(
                "the file is too large for pass rates", where=str(path), hint="64 MB is the most"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8", where=str(path), hint="save it as UTF-8") from error
    except OSError as error:
        raise InputError(
            f"the file cannot be read: {error.strerror}", where=str(path), hint="check the path"
        ) from error


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        name = path.suffix.removeprefix(".").upper()
        raise InputError(f"the file is not {name}: {error}", where=str(path), hint=HINT) from error


def _line(entry: Mapping[str, Any], where: str, k: int) -> Line:
    """The line with its values checked."""
    label, model = entry.get("label"), entry.get("model")
    if not isinstance(label, str) or not label.strip():
        raise InputError("a line has no label", where=where, hint=HINT)
    rated, counted = entry.get("pass_rate") not in (None, ""), entry.get("n") not in (None, "")
    if rated == counted:
        said = "both a pass_rate and counts" if rated else "neither a pass_rate nor counts"
        raise InputError(f"label {label!r} has {said}", where=where, hint=HINT)
    name = str(model) if model not in (None, "") else ""
    if rated:
        return Line(label, name, _rate(entry["pass_rate"], where), None)
    n, c = (_count(entry.get(key), key, where) for key in ("n", "c"))
    if c > n:
        raise InputError(f"label {label!r} has {c} right answers of {n}", where=where, hint=HINT)
    if n < k:
        raise InputError(
            f"label {label!r} has {n} answers, and pass@{k} takes at least {k}",
            where=where,
            hint="set k to less",
        )
    return Line(label, name, None, Pass(n, c))


def _rate(value: Any, where: str) -> float:
    try:
        rate = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        rate = float("nan")
    if not 0 <= rate <= 1:  # NaN is not
        raise InputError(f"{value!r} is not a pass rate", where=where, hint=HINT)
    return rate


def _count(value: Any, key: str, where: str) -> int:
    text = "" if isinstance(value, bool) else str(value).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"{value!r} is not a count {key!r}", where=where, hint=HINT)
    return int(text)
