"""What a sketched attribution says of one item: one that the run was asked about, or one that is new.

Of the first the scores are in the lake. A new one costs one forward and backward of the trained model, without any
training: its gradient is sketched as those of the run were, and the index is asked which samples lie along it.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.entries import ANSWER_LOSS
from attribution.errors import CannotTrace
from attribution.explaining.groups import sample_names
from attribution.explaining.why import Why, functionals_of, why
from attribution.sketching.covering import covered
from attribution.sketching.folder import Folder
from attribution.sketching.index import load
from attribution.sketching.projections import projections
from attribution.sketching.queries import held_bank, sketched
from attribution.sketching.running import FOLDER
from attribution.sketching.taps import Taps
from attribution.tracing.items import Probe
from attribution.tracing.probing import probes_of
from governance.errors import UsageError
from governance.lake.contributions import Ledger, StoredAttribution, find_attribution, load_ledger
from governance.lake.trainings import load_record
from training.evaluation.plan import Choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from governance.lake import Lake


@dataclass(frozen=True)
class Place:
    """A sample's place in a ranking.

    Attributes:
        rank: 1 for the first.
        name: its row in its dataset, where known.
    """

    rank: int
    sample: int
    sample_id: str
    name: str
    label: str | None
    source: str | None


@dataclass(frozen=True)
class Ranking:
    """What sketches say of one item.

    Attributes:
        helped, harmed: samples by how far they moved the item either way, first the most.
        new: the item was not traced, so it was asked of the index.
        change: measured change over the run, nats, positive is better; None for a new item.
        scored: what all samples' scores sum to; None likewise.
    """

    stored: StoredAttribution
    suite: str
    item: str
    functional: str
    helped: tuple[Place, ...]
    harmed: tuple[Place, ...]
    new: bool
    change: float | None = None
    scored: float | None = None

    @property
    def residual(self) -> float | None:
        """The sketch residual: measured change minus the sum of scores, nats."""
        return None if self.change is None or self.scored is None else self.change - self.scored


def rankings(
    lake: Lake, name: str, suite: str, item: str, functional: str | None, top: int, *, offline: bool
) -> tuple[Ranking, ...]:
    """One for each functional that was traced of the item; for a new item one of its loss.

    Raises:
        NotFound: there is no such attribution, suite or item, or its sketches are gone.
        UsageError: a margin of a new item is asked for, which has no competitor.
    """
    stored = find_attribution(lake, name)
    ledger = load_ledger(lake, stored.id)
    known = functionals_of(ledger, suite, item)
    if known:
        return tuple(
            _of_the_run(stored, ledger, why(ledger, suite, item, one, top))
            for one in ([functional] if functional else known)
        )
    if functional not in {None, ANSWER_LOSS}:
        raise UsageError(
            "a new item has no competitor, so no margin", where=item, hint="ask for its answer_loss"
        )
    return (_of_the_index(lake, stored, ledger, suite, item, top, offline=offline),)


def _of_the_run(stored: StoredAttribution, ledger: Ledger, found: Why) -> Ranking:
    line = found.line
    helped, harmed = (
        tuple(Place(c.rank, c.sample, c.sample_id, c.name, c.label, c.source) for c in causes)
        for causes in (found.helped, found.harmed)
    )
    listed = sum(c.amount for c in found.causes)
    scored = listed + found.helped_rest.amount + found.harmed_rest.amount
    return Ranking(
        stored, line.suite, line.item, line.functional, helped, harmed, False, line.sums.change, scored
    )


def _of_the_index(
    lake: Lake, stored: StoredAttribution, ledger: Ledger, suite: str, item: str, top: int, *, offline: bool
) -> Ranking:
    folder = Folder(Path(str(stored.record.settings[FOLDER])))
    index = load(folder.path)
    query = _query(lake, stored, folder, suite, item, offline=offline)
    helped, harmed = (
        _places(ledger, [number for number, score in hits if score > 0])
        for hits in (next(index.query(sign * query, top)) for sign in (1.0, -1.0))
    )
    return Ranking(stored, suite, item, ANSWER_LOSS, helped, harmed, new=True)


def _places(ledger: Ledger, numbers: Sequence[int]) -> tuple[Place, ...]:
    import polars as pl

    samples = pl.DataFrame(pl.from_arrow(ledger.samples)).with_columns(name=sample_names())
    rows = {row["sample"]: row for row in samples.filter(pl.col("sample").is_in(numbers)).to_dicts()}
    keys = ("sample_id", "name", "label", "source")
    return tuple(
        Place(rank, number, *(rows[number][key] for key in keys)) for rank, number in enumerate(numbers, 1)
    )


def _query(
    lake: Lake, stored: StoredAttribution, folder: Folder, suite: str, item: str, *, offline: bool
) -> NDArray[np.float32]:
    """(1, K) the item's sketch at the trained model."""
    from training.evaluation.generate import load_model
    from training.evaluation.rendering import Renderer
    from training.evaluation.request import find_suite

    record = load_record(lake, stored.record.run)
    found = find_suite(lake, suite)
    model, tokenizer = load_model(str(Path(record.folder) / "model"), offline=offline)
    choice = Choice(items=glob.escape(item))
    context = int(model.config.max_position_embeddings)
    probes = probes_of(found, Renderer(tokenizer), choice, context, {}).probes
    return query_of(model, folder, probes)


def query_of(model: Any, folder: Folder, probes: Sequence[Probe]) -> NDArray[np.float32]:
    """(M, K) sketches of items at the model as it is, with what the folder keeps of the run's end.

    Raises:
        CannotTrace: the model does not have the layers that were sketched.
    """
    import torch

    about = folder.about()
    out = [n for n, p in model.named_parameters() if n not in about["layers"] and p.requires_grad]
    layers = covered(model, [glob.escape(n) for n in out])
    shapes = {n: list(w.shape) for n, w in zip(layers.names, layers.weights, strict=True)}
    if shapes != about["layers"]:
        raise CannotTrace(
            "the model does not have the layers that were sketched",
            where=", ".join(sorted(shapes.keys() ^ about["layers"].keys())[:3]),
            hint="a run with adapters is asked about new items by tracing it again",
        )
    taps = Taps(layers)
    try:
        bank = held_bank(model, taps, layers, probes, 0)
    finally:
        taps.remove()
    own = projections(
        layers, folder.importance(), width=about["width"], fold=about["fold"], seed=about["seed"]
    )
    kept = folder.preconditioner()
    device = own.layout.device
    found = sketched(bank, own, lambda n: kept[layers.names[n]].to(device), torch.float32)
    return np.asarray(found.cpu().numpy())
