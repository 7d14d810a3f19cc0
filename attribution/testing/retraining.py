"""The claim put to the test: the run done again without some of its samples, and what the items are worth then.

A sample is taken out by giving it the weight 0. So it adds nothing to any gradient, while the order of all others, the
number of steps and what each step's loss is divided by stay as they were: the difference is the sample's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from attribution.entries import MARGIN
from attribution.explaining.why import Cause, Order, Why
from attribution.ledger.intervals import Floats
from attribution.testing.lds import lds
from attribution.testing.planted import Flip
from attribution.tracing.items import VALUES, ItemName, Probe, moved
from governance.errors import UsageError
from governance.lake.contributions import Check, Ledger
from training.observer import RunStarted, Watching

if TYPE_CHECKING:
    from training.supervised.sft import SftRequest

Progress = Callable[[str, int, int | None], None]
Retrain = Callable[[Collection[int]], Floats]
"""Given the numbers of the samples to leave out: (M,) what each item is worth after training, more being better."""


@dataclass(frozen=True)
class Verified:
    """One item's explanation, tested.

    Attributes:
        named: numbers of the samples that were left out: the first of those that pushed the way the item moved.
        control: as many others, drawn by a seed.
        after: worth of the item after training on all samples; minus the loss, or the margin, in nats.
        without: the same without the named samples.
        without_control: the same without the others.
        claimed: what the ledger says the named samples brought, nats.
        order: the column by which they were named.
    """

    item: ItemName
    named: tuple[int, ...]
    control: tuple[int, ...]
    before: float
    after: float
    without: float
    without_control: float
    claimed: float
    order: Order = "contribution"

    @property
    def flip(self) -> Flip | None:
        """The flip, and what became of it; None where there was none to revert."""
        found = Flip(self.before, self.after, self.without)
        return found if self.item.functional == MARGIN and found.flipped else None

    @property
    def beyond_control(self) -> float:
        """Nats that the named samples moved the item beyond what the others did, in the direction claimed."""
        sign = 1.0 if self.claimed > 0 else -1.0
        return sign * (self.without_control - self.without)

    def check(self) -> Check:
        """What the lake keeps of it."""
        record = {
            "suite": self.item.suite, "item": self.item.item, "functional": self.item.functional,
            "named": list(self.named), "control": list(self.control), "before": self.before, "after": self.after,
            "without": self.without, "without_control": self.without_control, "claimed": self.claimed,
        }  # fmt: skip
        if self.flip is not None:
            return Check("flip", self.order, float(self.flip.reverted), None, None, 1, record)
        return Check("retrain", self.order, self.beyond_control, None, None, 1, record)


def verify(found: Why, retrain: Retrain, samples: Collection[int], top: int, seed: int = 0) -> Verified:
    """The item after training without the causes named first, and without as many others.

    Args:
        retrain: of this one item.
        samples: numbers of all samples of the run.

    Raises:
        UsageError: no sample pushed the way the item moved.
    """
    causes = pushing(found)[:top]
    if not causes:
        hint = "-k N lists samples"
        raise UsageError("no sample pushed the item the way it moved", where=found.line.item, hint=hint)
    named = tuple(c.sample for c in causes)
    others = np.array(sorted(set(samples) - {c.sample for c in found.causes}), np.int64)
    drawn = np.random.default_rng(seed).choice(others, min(len(named), len(others)), replace=False)
    control = tuple(int(n) for n in np.sort(drawn))
    line = found.line
    sign = 1.0 if line.functional == MARGIN else -1.0
    return Verified(
        item=ItemName(line.suite, line.item, line.functional),
        named=named,
        control=control,
        before=sign * line.before,
        after=sign * line.after,
        without=float(retrain(named)[0]),
        without_control=float(retrain(control)[0]),
        claimed=sum(c.amount for c in causes),
        order=found.order,
    )


def pushing(found: Why) -> tuple[Cause, ...]:
    """The samples that pushed the way the item moved, as they are listed."""
    return found.helped if found.line.sums.change > 0 else found.harmed


def validate(
    ledger: Ledger,
    names: Sequence[ItemName],
    retrain: Retrain,
    subsets: int,
    seed: int = 0,
    progress: Progress = lambda words, done, total: None,
) -> list[Check]:
    """The linear datamodelling score of contributions and of removal scores, over random halves of the samples.

    Args:
        names: the items, in the order of what `retrain` gives.
    """
    numbers = np.sort(ledger.samples.column("sample").to_numpy())
    random = np.random.default_rng(seed)
    masks = np.zeros((subsets, len(numbers)), np.bool_)
    measured = np.zeros((subsets, len(names)))
    for row in range(subsets):
        masks[row, random.permutation(len(numbers))[: len(numbers) // 2]] = True
        measured[row] = retrain([int(n) for n in numbers[~masks[row]]])
        progress("subsets", row + 1, subsets)
    tables = {"contribution": (ledger.contributions, "amount"), "removal": (ledger.removals, "score")}
    return [
        _scored(method, matrix_of(table, column, numbers, names), masks, measured, seed)
        for method, (table, column) in tables.items()
        if table.num_rows
    ]


def _scored(method: str, scores: Floats, masks: npt.NDArray[np.bool_], measured: Floats, seed: int) -> Check:
    found = lds(scores, masks, measured, seed=seed)
    low, high = found.interval or (None, None)
    items = [float(v) for v in found.items if np.isfinite(v)]
    record = {"seed": seed, "items": len(found.items), "by_item": items}
    return Check("lds", method, float(np.nan_to_num(found.value)), low, high, found.subsets, record)


def matrix_of(
    table: pa.Table, column: str, numbers: npt.NDArray[np.int64], names: Sequence[ItemName]
) -> Floats:
    """(N, M) sums of a column by sample and item; 0 where a sample did nothing."""
    import polars as pl

    places = {(n.suite, n.item, n.functional): j for j, n in enumerate(names)}
    sums = (
        pl.DataFrame(pl.from_arrow(table))
        .group_by("sample", "suite", "item", "functional")
        .agg(pl.col(column).sum())
    )
    matrix = np.zeros((len(numbers), len(names)))
    for (suite, item, functional), part in sums.group_by("suite", "item", "functional"):
        place = places.get((str(suite), str(item), str(functional)))
        if place is not None:
            matrix[np.searchsorted(numbers, part["sample"].to_numpy()), place] = part[column].to_numpy()
    return matrix


class Worth(Watching):
    """What items are worth at the end of a run, more being better.

    Attributes:
        values: (M,) nats, known once the run has finished.
    """

    def __init__(self, probes: Sequence[Probe]) -> None:
        self.probes = tuple(probes)
        self.values: Floats = np.zeros(0)
        self._model: Any = None

    def run_started(self, run: RunStarted) -> None:
        """The model is the one to be asked in the end."""
        self._model = run.model

    def run_finished(self, steps: int) -> None:
        """The items are worked out, without dropout and without gradients."""
        import torch

        training = self._model.training
        self._model.eval()
        device = next(self._model.parameters()).device
        with torch.no_grad():
            found = [
                -p.direction
                * (p.value or VALUES[p.functional])(self._model, moved(p.batch, device)).double().cpu()
                for p in self.probes
            ]
        self._model.train(training)
        self.values = np.concatenate([f.numpy() for f in found])


def retrainer(request: SftRequest, probes: Sequence[Probe], positions: npt.NDArray[np.int64]) -> Retrain:
    """What trains the request's run without some samples.

    Args:
        positions: (N,) place in the split of each sample of the run.
    """

    def retrain(without: Collection[int]) -> Floats:
        from training.supervised.sft import train_sft

        gone = pa.array(positions[np.array(sorted(without), np.int64)], pa.int64())
        split = replace(request.split, members=lambda: weightless(request.split.members(), gone))
        worth = Worth(probes)
        with TemporaryDirectory(prefix="govern-retrain-") as folder:
            train_sft(replace(request, split=split, folder=Path(folder) / "run"), [worth])
        return worth.values

    return retrain


def weightless(members: Iterable[pa.Table], positions: pa.Array) -> Iterable[pa.Table]:
    """The members, those at the positions with the weight 0."""
    for table in members:
        gone = pc.is_in(table.column("position"), value_set=positions)
        weights = pc.if_else(gone, 0.0, table.column("weight"))
        place = table.column_names.index("weight")
        yield table.set_column(place, table.schema.field("weight"), weights)
