"""The tracer for people with a training script of their own, on transformers' Trainer or TRL's SFTTrainer.

    trainer = SFTTrainer(...)
    callback = AttributionCallback(probes)
    callback.attach(trainer)
    trainer.train()
    callback.tracer.contributions()

`attach` numbers the rows of the training set, lets the numbers travel with each batch, and takes them out again before
the model sees it. Rows are samples: packed rows hold several, so packing is refused here (`govern train` packs, and
knows who is where). Dropout makes an item's gradient, which is taken without it, differ from what training follows;
that shows as residual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from attribution.errors import CannotTrace
from attribution.tracing.items import Probe
from attribution.tracing.tracer import Tracer, TraceSettings
from training.callback import NUMBERS, PLACES, ObservedSteps, ObserverCallback

NUMBER = "sample_number"
"""Column of the training set that holds a row's number."""


class AttributionCallback(ObserverCallback):
    """A callback that traces the trainer it is attached to.

    Attributes:
        tracer: holds the ledger.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        settings: TraceSettings | None = None,
        *,
        samples: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        """Args as of `Tracer`; `samples` are 64 hex ids of the training set's rows, else their numbers in hex."""
        self.tracer = Tracer(probes, settings or TraceSettings(), **options)
        super().__init__([self.tracer], samples or ())
        self._given = samples

    def attach(self, trainer: Any) -> None:
        """Once, after the trainer was made and before `train`."""
        _refuse_packing(trainer)
        count = len(trainer.train_dataset)
        if self._given is not None and len(self._given) != count:
            raise CannotTrace(f"{len(self._given)} sample ids for {count} rows", where="samples")
        self.samples = self._given or [f"{n:064x}" for n in range(count)]
        trainer.train_dataset = numbered(trainer.train_dataset)
        trainer._set_signature_columns_if_needed()  # else the trainer drops the new column
        trainer._signature_columns = [*trainer._signature_columns, NUMBER]
        trainer.data_collator = marked(trainer.data_collator)
        kind = type(trainer)
        trainer.__class__ = type(f"Traced{kind.__name__}", (ObservedSteps, kind), {})
        trainer.observing = self
        trainer.add_callback(self)


def numbered(rows: Any) -> Any:
    """The data set with each row's number in a column of its own."""
    if hasattr(rows, "add_column"):
        return rows.add_column(NUMBER, list(range(len(rows))))
    return _Numbered(rows)


class _Numbered:
    """A map-style data set whose rows carry their number."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return {**self._rows[place], NUMBER: place}


def marked(collate: Callable[..., Any]) -> Callable[[list[Mapping[str, Any]]], dict[str, Any]]:
    """The collator, with the rows' numbers and places put into the batch beside what it makes."""

    def collated(features: list[Mapping[str, Any]]) -> dict[str, Any]:
        numbers = [int(f[NUMBER]) for f in features]
        rest = [{k: v for k, v in f.items() if k != NUMBER} for f in features]
        lengths = [len(f["input_ids"]) for f in rest]  # before collating, which may take rows apart
        batch = dict(collate(rest))
        batch[NUMBERS] = np.array(numbers)
        batch[PLACES] = np.array(places(lengths, *batch["input_ids"].shape))
        return batch

    return collated


def places(lengths: Sequence[int], rows: int, width: int) -> list[tuple[int, int, int]]:
    """(row, start, stop) of each sample in a batch of this shape: one a row, or all in one row, end to end.

    Raises:
        CannotTrace: the batch has another shape, so it is not known who is where.
    """
    if rows == len(lengths):
        return [(row, 0, width) for row in range(rows)]
    if rows == 1 and sum(lengths) == width:
        starts = [sum(lengths[:n]) for n in range(len(lengths))]
        return [(0, start, start + length) for start, length in zip(starts, lengths, strict=True)]
    raise CannotTrace(
        f"the collator made {rows} rows of {width} tokens from {len(lengths)} samples",
        where="data_collator",
        hint="use one row a sample, or all of them end to end in one row",
    )


def _refuse_packing(trainer: Any) -> None:
    if getattr(trainer.args, "packing", False):
        raise CannotTrace(
            "packed rows hold several samples, and which is not known any more",
            where="packing",
            hint="set packing=False, or train with `govern train`, which traces packed rows",
        )
