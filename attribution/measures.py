"""What was measured of each label: items, how many were solved, and how many rows there are."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from governance.errors import ConfigError
from governance.safe_text import brief

LARGEST_FILE = 64 << 20  # bytes
COLUMNS = "columns are: label, items, passed or pass_at_1, and if you like rows, available, target, best"
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Measured(BaseModel):
    """One label's measurement.

    Attributes:
        label: the label, as `scene/task`; empty for items without one.
        items: evaluation items of the label.
        passed: how many were solved; with several answers to an item, the sum of the shares that were right.
        pass_at_1: the same over `items`; either may be given.
        rows: rows of the label in the split that the model was trained on; where absent, what the history says.
        available: rows of the label that can be had in all; where absent, as many as are asked for.
        target: what pass@1 shall be; where absent, see `allocation.Settings`.
        best: the best pass@1 known of any model, from which a target is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Annotated[str, Field(max_length=1_000)]
    items: Annotated[int, Field(ge=0)]
    passed: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    pass_at_1: Share | None = None
    rows: Annotated[int, Field(ge=0)] | None = None
    available: Annotated[int, Field(ge=0)] | None = None
    target: Share | None = None
    best: Share | None = None

    @model_validator(mode="after")
    def _measured_once(self) -> Measured:
        if self.passed is None and self.pass_at_1 is None and self.items:
            raise ValueError("neither passed nor pass_at_1 is given")
        if self.passed is not None and self.pass_at_1 is not None:
            raise ValueError("both passed and pass_at_1 are given")
        if self.passed is not None and self.passed > self.items:
            raise ValueError("more items are passed than there are")
        return self

    @property
    def rate(self) -> float | None:
        """p_t = Pass@1(t) (17); None where no item was measured."""
        if not self.items:
            return None
        return self.pass_at_1 if self.passed is None else self.passed / self.items


def read_measures(path: Path) -> tuple[Measured, ...]:
    """The measurements of a CSV file with a head line, or of a JSON file that holds a list of objects.

    Raises:
        ConfigError: the file cannot be read, or a line of it makes no sense; the line is named.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(
                f"the file is larger than {LARGEST_FILE >> 20} MiB", where=str(path), hint=COLUMNS
            )
        text = path.read_bytes().decode("utf-8-sig")
        entries = _json(text) if path.suffix == ".json" else _csv(text)
    except OSError as error:
        raise ConfigError(
            f"the measurements cannot be read: {error.strerror}", where=str(path), hint="check the path"
        ) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise ConfigError(f"not valid CSV or JSON: {error}", where=str(path), hint=COLUMNS) from error
    return checked([_measured(entry, f"{path}: entry {n}") for n, entry in enumerate(entries, 1)], str(path))


def checked(found: Sequence[Measured], where: str) -> tuple[Measured, ...]:
    """The measurements, each label once; ConfigError where one is named twice."""
    twice = [label for label, n in Counter(one.label for one in found).items() if n > 1]
    if twice:
        raise ConfigError(f"label {brief(twice[0], 100)!r} is measured twice", where=where, hint=COLUMNS)
    return tuple(found)


def _json(text: str) -> list[Any]:
    values = json.loads(text)
    if not isinstance(values, list):
        raise ValueError("not a list of objects")
    return values


def _csv(text: str) -> list[Any]:
    """One object a line; empty cells are absent."""
    lines = csv.DictReader(io.StringIO(text), restkey="beyond the last column")
    return [{k: v for k, v in line.items() if v or k == "label"} for line in lines]


def _measured(entry: Any, where: str) -> Measured:
    try:
        return Measured.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        words = f"{place}: {first['msg']}" if place else first["msg"]
        raise ConfigError(words, where=where, hint=COLUMNS) from error
