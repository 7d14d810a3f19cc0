"""The file that says how many rows of each label the next split shall hold: `govern allocate` writes it, people may
edit it, and `govern curate --allocation` takes it. TOML, or JSON where the name ends so.

    format = 1
    unit = "rows"

    [[label]]
    label = "banking/consultation"
    rows = 1200

is enough. Everything else is the reason, for those who read it: what was measured, and how the number came about.
A label that is not named keeps whatever rows it has; rows without a label are named by the empty label.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from governance.errors import ConfigError
from governance.safe_text import brief

LARGEST_FILE = 16 << 20  # bytes; 100,000 labels with their reasons
Unit = Literal["rows", "tokens"]
Action = Literal["grow", "keep", "revert", "renew", "unmeasured"]
"""What becomes of a label: it gets more; it stays; its last addition is taken back; the same, and data of another
kind are asked for; it was not measured, so it stays."""
Origin = Literal["measured", "carried", "prior"]
"""Where an efficiency comes from: this iteration, the last one that added rows, or no iteration at all."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[int, Field(ge=0, le=1 << 53)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelAllocation(_Model):
    """One label of the next split.

    Attributes:
        label: the label, as `scene/task`; empty for rows without one.
        rows: how many rows (or tokens, by the file's unit) of it the next split shall hold, in all.
        previous: how many it held before; `rows - previous` is what changes.
        action: why it changes, as one word; see `Action`.
        reason: the same as a sentence.
        items: evaluation items of the label; null where none was measured.
        pass_at_1: share of them that were solved, p_t (equation 17).
        target: what p_t shall be.
        gap: max(0, target - p_t) (18).
        efficiency: gain of p_t for a row that was added, e_t (19).
        efficiency_from: where that comes from; see `Origin`.
        priority: gap * efficiency * exp(-lambda * rows) (20), before it is made a share of the budget.
    """

    label: Annotated[str, Field(max_length=1_000)]
    rows: Amount
    previous: Amount | None = None
    action: Action | None = None
    reason: Annotated[str, Field(max_length=2_000)] = ""
    items: Amount | None = None
    pass_at_1: Share | None = None
    target: Share | None = None
    gap: Share | None = None
    efficiency: Number | None = None
    efficiency_from: Origin | None = None
    priority: Number | None = None

    @property
    def added(self) -> int:
        """What is added to what was there before; negative where an addition is taken back."""
        return self.rows - (self.rows if self.previous is None else self.previous)


class Allocation(_Model):
    """How much of each label the next split shall hold, and why.

    Attributes:
        unit: what is counted.
        name: the loop it belongs to: iterations of one name follow each other.
        iteration: k, counted from 1; 0 in a file somebody wrote by hand.
        budget: B_k (21), what may be added in this iteration.
        unspent: what of it could not be given to any label, because no more rows of those with a gap are to be had.
        stop: why the loop should end, as a sentence; empty where it goes on. Nothing is added then.
        settings: every constant in force, by name.
        label: the labels, each once.
    """

    format: Literal[1] = 1
    unit: Unit = "rows"
    name: Annotated[str, Field(max_length=1_000)] = ""
    iteration: Amount = 0
    budget: Amount | None = None
    unspent: Amount = 0
    stop: Annotated[str, Field(max_length=2_000)] = ""
    settings: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    label: tuple[LabelAllocation, ...] = ()

    @model_validator(mode="after")
    def _each_label_once(self) -> Allocation:
        twice = [name for name, n in Counter(one.label for one in self.label).items() if n > 1]
        if twice:
            raise ValueError(f"label {brief(twice[0], 100)!r} is named twice")
        return self

    @property
    def rows(self) -> dict[str, int]:
        """Rows (or tokens) by label: all that curation needs."""
        return {one.label: one.rows for one in self.label}


def read_allocation(path: Path) -> Allocation:
    """The allocation of a TOML or JSON file.

    Raises:
        ConfigError: the file cannot be read, or something in it makes no sense; the place is named.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"the file is larger than {LARGEST_FILE >> 20} MiB", where=str(path), hint=HINT)
        text = path.read_bytes().decode("utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"the allocation cannot be read: {error.strerror}", where=str(path), hint="check the path"
        ) from error
    except (ValueError, RecursionError) as error:  # both parsers' errors are ValueErrors
        raise ConfigError(f"not valid TOML or JSON: {error}", where=str(path), hint=HINT) from error
    return allocation_of(values, str(path))


HINT = "`govern allocate -o FILE` writes such a file"


def allocation_of(values: Any, where: str) -> Allocation:
    """The allocation of parsed values; ConfigError naming the first place that makes no sense."""
    try:
        return Allocation.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{place}: {first['msg']}" if place else first["msg"], where=where, hint=HINT
        ) from error


def allocation_text(allocation: Allocation, suffix: str = ".toml") -> str:
    """The file's text, which `read_allocation` takes back to an equal value."""
    values = allocation.model_dump(mode="json", exclude_none=True)
    if suffix == ".json":
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    import tomlkit

    head = tomlkit.document()
    head.add(
        tomlkit.comment("Rows of each label in the next split; `govern curate --allocation` takes this file.")
    )
    head.update({key: value for key, value in values.items() if key != "label" and value not in ("", {})})
    tables = tomlkit.aot()
    for one in values["label"]:
        tables.append(tomlkit.item(one))
    if values["label"]:
        head.add("label", tables)
    return tomlkit.dumps(head)
