"""Label weights of a supervised run, estimated while it goes on: what `SftRequest.refresh` asks for.

Every estimate goes on from the one before (equation 14), also after a kill: the run's folder keeps them all, and one
for step s goes on from the last before s, whatever came later in a life that was cut short.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import LakeBusy
from governance.lake.label_rewards import rewind_labels
from governance.lake.label_weights import save_label_weights
from training.difficulty.answering import Sampling, answering
from training.difficulty.estimating import Answers, Estimator
from training.difficulty.weights import LabelWeight, WeightOptions, WeightState
from training.errors import ResumeError
from training.reward.instances import Instance
from training.reward.label_keeping import weight_rows
from training.reward.rewarding import Reward, reward
from training.runs.run import write_whole

if TYPE_CHECKING:
    from governance.lake import Lake

ESTIMATES = "label_weights.json"
_LOG = logging.getLogger("govern.training")


@dataclass(frozen=True)
class Reweighing:
    """Estimates the weights of a run's labels whenever the run asks.

    Attributes:
        run, folder: of the run.
        labels: every label of the split.
        instances: what can be judged of it.
        references: reference models; they answer once, at the first estimate.
        imported: label -> pass rate of reference models, from a file.
        before: the weights to go on from at the first estimate, of an earlier stage.
    """

    run: str
    folder: Path
    labels: Sequence[str]
    instances: Sequence[Instance]
    options: WeightOptions = field(default_factory=WeightOptions)
    sampling: Sampling = field(default_factory=Sampling)
    references: Sequence[Answers] = ()
    imported: Mapping[str, float] = field(default_factory=dict)
    before: WeightState = field(default_factory=WeightState)
    lake: Lake | None = None
    reward: Reward = reward

    def __call__(self, model: Any, tokenizer: Any, step: int) -> Mapping[str, float]:
        """The weights by label from that step on."""
        known = [each for each in estimates(self.folder) if each[0] < step]
        estimator = Estimator(
            self.labels,
            self.instances,
            answering(model, tokenizer, self.sampling),
            self.reward,
            self.options,
            () if known else self.references,
            _reference(known[-1][1]) if known else self.imported,
            state=known[-1][1] if known else self.before,
        )
        state = estimator.estimate()
        _keep(self.folder, [*known, (step, state)])
        if self.lake is not None:
            _tell(self.lake, self.run, step, [*known, (step, state)])
        return state.by_label


def _tell(lake: Lake, run: str, step: int, found: Sequence[tuple[int, WeightState]]) -> None:
    """The lake has every estimate until now; one that a busy lake did not take comes with the next."""
    try:
        rewind_labels(lake, run, step)
        for each, state in found:
            if state.weights:
                save_label_weights(lake, run, weight_rows(each, state))
    except LakeBusy as busy:
        _LOG.warning("%s; the label weights go into the lake at the next estimate", busy.what)


def _reference(state: WeightState) -> Mapping[str, float]:
    """What references were measured to pass at an earlier estimate; they do not change."""
    return {w.label: w.pass_ref for w in state.weights if w.pass_ref is not None}


def last_weights(folder: Path) -> WeightState:
    """The weights a run ended with, for the stage after it; none where it estimated none."""
    found = estimates(folder)
    return found[-1][1] if found else WeightState()


def estimates(folder: Path) -> list[tuple[int, WeightState]]:
    """(step, weights) of every estimate in the run's folder, in order."""
    path = folder / ESTIMATES
    if not path.is_file():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [
            (int(r["step"]), WeightState(tuple(LabelWeight(**w) for w in r["weights"]), dict(r["carried"])))
            for r in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResumeError(
            "the label weights of the run are damaged", where=str(path), hint="start a new run"
        ) from error


def _keep(folder: Path, found: Sequence[tuple[int, WeightState]]) -> None:
    rows = [
        {"step": step, "weights": [asdict(w) for w in state.weights], "carried": dict(state.carried)}
        for step, state in found
    ]
    write_whole(folder / ESTIMATES, json.dumps(rows, ensure_ascii=False, indent=1))
