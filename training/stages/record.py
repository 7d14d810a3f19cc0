"""What has been done of a plan of stages: `stages.json` in its folder, and the lake's table of the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.lake.stages import save_stage
from training.difficulty.weights import LabelWeight, WeightState
from training.errors import ResumeError
from training.runs.run import new_run_id, write_whole
from training.stages.weak_labels import Chosen

if TYPE_CHECKING:
    from governance.lake import Lake

FILE = "stages.json"


@dataclass(frozen=True)
class Header:
    """What a plan was begun with, and is to be gone on with.

    Attributes:
        path: the stage file, absolute.
        split: what stages train on that name none.
        model, tokenizer: of the first stage.
    """

    path: str
    split: str
    model: str
    tokenizer: str = ""


@dataclass(frozen=True)
class StageRun:
    """One run of a plan.

    Attributes:
        run: its id; empty where there was nothing to do.
        before: the run whose model it goes on from; None for the first.
        labels: empty means every label.
        reason: why these labels.
        taken: label -> the step after which reward gave it up.
        weights: of labels, at the end; the next stage goes on from them.
    """

    position: int
    stage: str
    kind: str
    run: str
    before: str | None
    folder: str
    labels: tuple[str, ...]
    reason: str
    taken: Mapping[str, int] = field(default_factory=dict)
    weights: WeightState = field(default_factory=WeightState)


@dataclass(frozen=True, slots=True)
class Begun:
    """A run of the plan that comes next; `done` where it was finished before."""

    row: StageRun
    done: bool


class Book:
    """The record of a plan, kept up while it is carried out.

    Attributes:
        plan: its id.
        runs: those that are finished, in order.
    """

    def __init__(self, folder: Path, header: Header, plan: str, digest: str, lake: Lake | None) -> None:
        self.folder = folder
        self.header = header
        self.plan = plan
        self.runs: list[StageRun] = []
        self._digest = digest
        self._lake = lake
        self._place = 0
        self._current: StageRun | None = None
        self._choices: dict[str, Chosen] = {}

    @classmethod
    def opened(cls, folder: Path, header: Header, lake: Lake | None, *, resume: bool) -> Book:
        """The record of a new plan, or of the one in the folder to go on with; ResumeError where that is another."""
        digest = hashlib.sha256(Path(header.path).read_bytes()).hexdigest()
        if not holds_plan(folder):
            folder.mkdir(parents=True, exist_ok=True)
            book = cls(folder, header, new_run_id(), digest, lake)
            book._write()
            return book
        if not resume:
            hint = "give another folder with -o, or --resume to go on with what is there"
            raise ResumeError("the folder holds a plan of stages already", where=str(folder), hint=hint)
        return cls._read(folder, header, digest, lake)

    @classmethod
    def _read(cls, folder: Path, header: Header, digest: str, lake: Lake | None) -> Book:
        found = _values(folder)
        if found["file"] != digest or read_header(folder) != header:
            what = "stage file" if found["file"] != digest else "split or the model"
            hint = "resume with what the plan began with, or begin in another folder"
            raise ResumeError(
                f"the {what} has changed since the plan began", where=str(folder / FILE), hint=hint
            )
        try:
            book = cls(folder, header, found["plan"], digest, lake)
            book.runs = [_run(r) for r in found["runs"]]
            book._current = _run(found["current"]) if found["current"] else None
            book._choices = {k: Chosen(tuple(v["labels"]), v["reason"]) for k, v in found["choices"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(folder) from error
        for row in book.runs:  # a kill may have come between the file and the lake
            book._tell_lake(row)
        return book

    @property
    def last(self) -> StageRun | None:
        """The last finished run that left a model."""
        return next((r for r in reversed(self.runs) if r.run), None)

    @property
    def weights(self) -> WeightState:
        """Label weights as the last run left them."""
        return self.last.weights if self.last is not None else WeightState()

    def choice(self, stage: str) -> Chosen | None:
        """The labels that were chosen for a stage before a kill."""
        return self._choices.get(stage)

    def keep_choice(self, stage: str, chosen: Chosen) -> None:
        """The stage's labels are these, whatever the model says after a resume."""
        self._choices[stage] = chosen
        self._write()

    def next(
        self, stage: str, kind: str, labels: Sequence[str], reason: str, *, nothing: bool = False
    ) -> Begun:
        """The next run of the plan, begun; with `nothing` to do it is finished at once, without a run."""
        place, self._place = self._place, self._place + 1
        if place < len(self.runs):
            return Begun(self.runs[place], done=True)
        before = self.last.run if self.last is not None else None
        known = self._current
        if known is not None and (known.position, known.stage) == (place, stage):
            return Begun(known, done=False)
        folder = self.folder / f"{place + 1:02d}-{stage}"
        run = "" if nothing else new_run_id()
        row = StageRun(place, stage, kind, run, before, str(folder.absolute()), tuple(labels), reason)
        if nothing:
            self.finish(row)
            return Begun(row, done=True)
        self._current = row
        self._write()
        return Begun(row, done=False)

    def finish(self, row: StageRun) -> None:
        """The run is done, and the lake knows its place in the plan."""
        self.runs.append(row)
        self._current = None
        self._write()
        self._tell_lake(row)

    def _tell_lake(self, row: StageRun) -> None:
        if self._lake is None:
            return
        shown = {k: getattr(row, k) for k in ("position", "stage", "kind", "run", "before", "reason")}
        save_stage(self._lake, self.plan, {**shown, "labels": json.dumps(row.labels, ensure_ascii=False)})

    def _write(self) -> None:
        found = {
            "plan": self.plan,
            "header": asdict(self.header),
            "file": self._digest,
            "runs": [asdict(r) for r in self.runs],
            "current": asdict(self._current) if self._current else None,
            "choices": {k: asdict(v) for k, v in self._choices.items()},
        }
        write_whole(self.folder / FILE, json.dumps(found, ensure_ascii=False, indent=1))


def holds_plan(folder: Path) -> bool:
    """True where a plan was begun in the folder."""
    return (folder / FILE).is_file()


def read_header(folder: Path) -> Header:
    """What the plan in the folder was begun with."""
    try:
        return Header(**_values(folder)["header"])
    except (KeyError, TypeError) as error:
        raise _damaged(folder) from error


def _values(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {**found, "file": found["file"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder) from error


def _damaged(folder: Path) -> ResumeError:
    return ResumeError(
        "the record of the plan is damaged", where=str(folder / FILE), hint="begin in another folder"
    )


def _run(values: dict[str, Any]) -> StageRun:
    weights = values.pop("weights")
    state = WeightState(tuple(LabelWeight(**w) for w in weights["weights"]), weights["carried"])
    labels = tuple(values.pop("labels"))
    return StageRun(**values, labels=labels, weights=state)
