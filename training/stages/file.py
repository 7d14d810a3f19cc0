"""The stage file: what is trained one after another, in TOML.

    [weights]                      # of labels, by difficulty; see training/difficulty/weights.py
    alpha = 1.0
    reference = "rates.csv"        # pass rates of reference models, beside this file
    models = ["Qwen/Qwen3-8B"]     # reference models that answer themselves: folders or hub names

    [[stage]]
    name = "learn"
    kind = "sft"
    weighted = true                # label weights are estimated at the start, and every refresh_every steps
    settings = {epochs = 2, learning_rate = 1e-4, refresh_every = 200}

    [[stage]]
    name = "reward"
    kind = "grpo"
    weak_below = 0.6               # on labels whose pass@1 is below; or labels = ["a", "b"]
    # evaluation = "ID"            # of the lake: its strict scores say it; or rates = "FILE"; else the model is asked
    settings = {steps = 300, reestimate_steps = 100}
    takeover = {window = 20, patience = 3, min_gain = 0.02}
    targeted = {epochs = 3}        # settings of the SFT that takes over what reward does not teach
    rehearsal = 0.2                # what samples of the other labels count in it

Every stage trains the model that the one before it left. All of the file is checked before any work.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from governance.errors import ConfigError
from governance.settings import Strict
from training.difficulty.answering import Sampling
from training.difficulty.passrates import read_pass_rates
from training.difficulty.weights import WeightOptions
from training.reward.settings import ChosenGrpo, chosen_grpo
from training.settings import Chosen, flat, from_layers
from training.stages.takeover import TakeoverOptions
from training.tables import options, validated

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SAMPLING = ("max_new_tokens", "temperature", "top_p", "batch")
Table = dict[str, Any]


class _StageTable(Strict):
    name: str
    kind: Literal["sft", "grpo"]
    split: str = ""
    labels: tuple[str, ...] = ()
    weighted: bool = False
    weak_below: Annotated[float, Field(gt=0, le=1)] | None = None
    rates: str = ""
    evaluation: str = ""
    settings: Table = Field(default_factory=dict)
    takeover: Table | None = None
    targeted: Table | None = None
    rehearsal: Annotated[float, Field(ge=0, le=1)] = 0.0


class _FileTable(Strict):
    weights: Table = Field(default_factory=dict)
    stage: tuple[Table, ...] = Field(min_length=1)


@dataclass(frozen=True)
class SftStage:
    """Supervised training, on every label or on some.

    Attributes:
        split: what is trained on; empty for what the command names.
        labels: only these; empty for all.
        weighted: the loss is weighted by label, by difficulty.
    """

    name: str
    split: str
    labels: tuple[str, ...]
    weighted: bool
    chosen: Chosen


@dataclass(frozen=True)
class GrpoStage:
    """Training by reward, on the labels named, on those below a pass rate, or on every label.

    Attributes:
        weak_below: pass@1 below which a label is weak; None where it is not asked.
        rates: pass rates, label by label, from a file.
        evaluation: one of the lake's, by its id, whose strict scores say which labels are weak. With neither, the model
            is asked at the start of the stage.
        rule: when a label is taken over; None for never.
        targeted: settings of the supervised training that takes over; None for none.
        rehearsal: what samples of the other labels count in it; 0 leaves them out. A small model forgets what it is
            not shown: in our benchmark sums fell from 0.39 right to 0.08 with 0.
    """

    name: str
    split: str
    labels: tuple[str, ...]
    weak_below: float | None
    rates: Mapping[str, float]
    evaluation: str
    chosen: ChosenGrpo
    rule: TakeoverOptions | None
    targeted: Chosen | None
    rehearsal: float = 0.0


@dataclass(frozen=True)
class StagePlan:
    """A stage file, read and checked.

    Attributes:
        imported: label -> pass rate of reference models.
        models: reference models that answer themselves, by folder or hub name.
        sampling: how answers are sampled where labels are measured.
    """

    path: Path
    stages: tuple[SftStage | GrpoStage, ...]
    weights: WeightOptions = field(default_factory=WeightOptions)
    sampling: Sampling = field(default_factory=Sampling)
    imported: Mapping[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()


def read_stages(path: Path) -> StagePlan:
    """The plan of a stage file; ConfigError or InputError names the first thing that is wrong, and where."""
    found = validated(_FileTable, _toml(path), str(path))
    weights = dict(found.weights)
    reference, models = weights.pop("reference", ""), weights.pop("models", [])
    drawn = {key: weights.pop(key) for key in SAMPLING if key in weights}
    where = f"{path}: weights"
    if set(weights) - {f.name for f in fields(WeightOptions)}:
        weights |= drawn  # the message lists what there is
    given = options(WeightOptions, weights, where)
    sampling = options(Sampling, drawn | {"seed": given.seed}, where)
    imported = read_pass_rates(_beside(path, reference, where), given.k) if reference else {}
    stages = tuple(_stage(path, place, table) for place, table in enumerate(found.stage, start=1))
    if not isinstance(models, list) or not all(isinstance(name, str) and name for name in models):
        raise ConfigError(
            f"{models!r} does not fit 'models'", where=where, hint="a list of folders or hub names"
        )
    names = [s.name for s in stages]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"two stages are called {name!r}", where=str(path), hint="give each a name of its own"
            )
    return StagePlan(path, stages, given, sampling, imported, tuple(models))


def _stage(path: Path, place: int, table: Table) -> SftStage | GrpoStage:
    where = f"{path}: stage {place}"
    found = validated(_StageTable, table, where)
    if not NAME.fullmatch(found.name):
        hint = "small letters, digits, - and _, at most 40; the stage's folder is called so"
        raise ConfigError(f"{found.name!r} cannot be a stage's name", where=where, hint=hint)
    where = f"{path}: stage {found.name}"
    own = {
        "sft": {"weighted"},
        "grpo": {"weak_below", "rates", "evaluation", "takeover", "targeted", "rehearsal"},
    }
    other = own["grpo" if found.kind == "sft" else "sft"] & set(table)
    if other:
        raise ConfigError(
            f"{sorted(other)[0]!r} does not belong to a stage of kind {found.kind!r}",
            where=where,
            hint=f"remove it; keys of this kind are: settings, split, labels, {', '.join(sorted(own[found.kind]))}",
        )
    return _sft(found, where) if found.kind == "sft" else _grpo(path, found, where)


def _sft(found: _StageTable, where: str) -> SftStage:
    return SftStage(found.name, found.split, found.labels, found.weighted, _chosen(found.settings, where))


def _grpo(path: Path, found: _StageTable, where: str) -> GrpoStage:
    if found.labels and found.weak_below is not None:
        hint = "name the labels, or say below which pass rate a label is weak"
        raise ConfigError("'labels' and 'weak_below' exclude each other", where=where, hint=hint)
    if found.rates and found.evaluation:
        raise ConfigError("'rates' and 'evaluation' exclude each other", where=where, hint="keep one of them")
    if (found.rates or found.evaluation) and found.weak_below is None:
        what = (
            f"{'rates' if found.rates else 'evaluation'!r} says which labels are weak only with 'weak_below'"
        )
        raise ConfigError(what, where=where, hint="add weak_below")
    if found.targeted is not None and found.takeover is None:
        what = "'targeted' needs 'takeover', the rule that gives labels to it"
        raise ConfigError(what, where=where, hint="add takeover = {}")
    rule = None if found.takeover is None else options(TakeoverOptions, found.takeover, f"{where}: takeover")
    return GrpoStage(
        name=found.name,
        split=found.split,
        labels=found.labels,
        weak_below=found.weak_below,
        rates=read_pass_rates(_beside(path, found.rates, where), 1) if found.rates else {},
        evaluation=found.evaluation,
        chosen=chosen_grpo(found.settings, f"{where}: settings"),
        rule=rule,
        targeted=None if found.targeted is None else _chosen(found.targeted, f"{where}: targeted"),
        rehearsal=found.rehearsal,
    )


def _chosen(table: Table, where: str) -> Chosen:
    return from_layers({key: (value, where) for key, value in flat(table).items()})


def _beside(path: Path, name: Any, where: str) -> Path:
    """A file named in the stage file; relative to it."""
    if not isinstance(name, str):
        raise ConfigError(f"{name!r} is not the name of a file", where=where, hint="give a path in quotes")
    return path.parent / name


def _toml(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the stage file cannot be read: {error.strerror}", where=str(path), hint="check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            f"the stage file is not TOML: {error}", where=str(path), hint="see docs/stages.md"
        ) from error
