"""How much memory and disk a sketched run takes, worked out before its first step has moved anything."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.errors import CannotTrace
from attribution.ledger.plan import size_text

OVERHEAD = 20
"""Bytes a sample and step beside its numbers: who it is, when it came, and its scale."""


@dataclass(frozen=True, slots=True)
class SketchPlan:
    """Bytes beside the model, its optimizer and its checkpoints.

    Attributes:
        size: K, numbers in a sketch.
        samples: a step.
        items_held: what the items' layers saw at two marks.
        projections: the random matrices.
        block: the samples' sketches that are not on disk yet.
        window: steps of sketches that are settled together, at most, with the items' sketches of their marks.
        index: a vector a sample, once the run is settled.
        steps_on_disk: the samples' sketches of all steps.
        marks_on_disk: the items' sketches at all marks.
        kept: what stays when the run is done: a vector a sample, and the preconditioner.
    """

    size: int
    samples: int
    items_held: int
    projections: int
    block: int
    window: int
    index: int
    steps_on_disk: int
    marks_on_disk: int
    kept: int

    @property
    def memory(self) -> int:
        """Bytes of memory, at most; settling comes after training, and the index after settling."""
        return self.projections + max(self.items_held + self.block, self.window, self.index)

    @property
    def disk(self) -> int:
        """Bytes on disk, at most."""
        return self.steps_on_disk + self.marks_on_disk + self.kept

    def __str__(self) -> str:
        done = max(self.window, self.index)
        return (
            f"sketches of {self.size:,} numbers take up to {size_text(self.memory)} of memory beside the model "
            f"(items {size_text(self.items_held)}, projections {size_text(self.projections)}, "
            f"steps {size_text(self.block)}; after training {size_text(done)}) "
            f"and {size_text(self.disk)} of disk (samples {size_text(self.steps_on_disk)}, "
            f"items {size_text(self.marks_on_disk)}, index and preconditioner {size_text(self.kept)})"
        )


def within(plan: SketchPlan, limit: int | None, free: int) -> None:
    """Nothing where the disk allows the plan.

    Args:
        limit: bytes that the user allows; None for as many as are free.
        free: bytes that are free.

    Raises:
        CannotTrace: it does not.
    """
    allowed = free if limit is None else min(limit, free)
    if plan.disk > allowed:
        which = "free" if limit is None or free < limit else "the limit"
        raise CannotTrace(
            f"the sketches would take up to {size_text(plan.disk)} of disk, and {size_text(allowed)} is {which}",
            where="--disk-limit" if which == "the limit" else "disk",
            hint="a smaller --sketch-width, fewer items, marks further apart, or a higher --disk-limit",
        )
