"""What is explained: numbers of nats, one an evaluation item, and their gradients in the traced parameters.

A probe names items and says how their number is computed, differentiably, from the model: the loss of the gold
answer, or its margin over a fixed competitor (`training.evaluation.functionals`; the competitor is a text that was
fixed beforehand, since a maximum over competitors has kinks where no ledger adds up). The bank of a mark is every
item's value there and the gradient of its COST: the loss, or minus the margin, so that less is better for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from attribution.capturing.capture import Capture, common_factor
from attribution.entries import ANSWER_LOSS, FUNCTIONALS, MARGIN
from attribution.errors import SharesDoNotAdd
from governance.errors import UsageError
from training.evaluation.functionals import answer_loss, margin
from training.observer import Segment

if TYPE_CHECKING:
    from torch import Tensor

Value = Callable[[torch.nn.Module, Any], "Tensor"]
"""(model, batch) -> (B,) nats, row i of the batch alone deciding number i."""

VALUES: dict[str, Value] = {ANSWER_LOSS: answer_loss, MARGIN: margin}
DIRECTIONS = {ANSWER_LOSS: 1.0, MARGIN: -1.0}
"""What turns a value into a cost."""


BATCH, TOKENS = 64, 4096
"""Items whose gradients are computed at a time, and tokens of them with padding: on a GPU a batch of a few short items
takes as long as one of many, as neither fills it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A few items that are computed in one batch.

    Attributes:
        suite: name of the suite.
        items: their ids, in the order of the batch's rows.
        functional: one of `entries.FUNCTIONALS`.
        batch: what the functional takes: tensors in dataclasses, mappings or sequences, on any device.
        value: how the number is computed; None for the functional's own way.
    """

    suite: str
    items: tuple[str, ...]
    functional: str
    batch: Any
    value: Value | None = None

    def __post_init__(self) -> None:
        if self.functional not in FUNCTIONALS:
            raise UsageError(
                "no such functional", where=self.functional, hint=f"one of {', '.join(FUNCTIONALS)}"
            )

    @property
    def direction(self) -> float:
        """1 for a cost, -1 for a value of which more is better."""
        return DIRECTIONS[self.functional]


@dataclass(frozen=True, slots=True)
class ItemName:
    """One line of the ledger: an item and what of it is explained."""

    suite: str
    item: str
    functional: str

    @property
    def direction(self) -> float:
        """See `Probe.direction`."""
        return DIRECTIONS[self.functional]


@dataclass(frozen=True, eq=False, slots=True)
class Bank:
    """All items at one mark.

    Attributes:
        step: steps done before it.
        values: (M,) float64 on the CPU; the functional's own numbers, not costs.
        gradients: (M, P) h_j, gradient of the cost, in the storage precision.
    """

    step: int
    values: Tensor
    gradients: Tensor


def names_of(probes: Sequence[Probe]) -> tuple[ItemName, ...]:
    """The M lines of the ledger, in the order of a bank's rows."""
    return tuple(ItemName(p.suite, item, p.functional) for p in probes for item in p.items)


def bank(model: torch.nn.Module, capture: Capture, probes: Sequence[Probe], step: int) -> Bank:
    """Values and gradients of all items at the parameters as they are.

    Neither the parameters' gradients nor the modules' modes nor any random number are touched.

    Raises:
        SharesDoNotAdd: the items' gradients do not sum to the gradient of their sum.
    """
    values = []
    gradients = capture.empty(sum(len(p.items) for p in probes))
    with evaluating(model), gradients_aside(capture.trainable):
        done = 0
        for probe in probes:
            values.append(_probed(model, capture, probe, gradients[done : done + len(probe.items)]))
            done += len(probe.items)
    return Bank(step, torch.cat(values), gradients)


def _probed(model: torch.nn.Module, capture: Capture, probe: Probe, into: Tensor) -> Tensor:
    """The items' values; their gradients are written where they belong."""
    rows = len(probe.items)
    batch = moved(probe.batch, capture.layout.device)
    whole = tuple(Segment(i, i, 0, 0) for i in range(rows))
    with capture.recording(whole, rows, into), torch.enable_grad():
        value = (probe.value or VALUES[probe.functional])(model, batch)
        if value.shape != (rows,):
            raise UsageError(
                f"a functional gave {tuple(value.shape)} for {rows} items",
                where=probe.functional,
                hint="one number a row",
            )
        (probe.direction * value).sum().backward()  # type: ignore[no-untyped-call]
    total = into.sum(0, dtype=capture.layout.work)
    factor = common_factor(capture.layout, total, capture.layout.gradients(), capture.tolerance)
    if abs(factor - 1) > capture.tolerance:
        raise SharesDoNotAdd(f"items' gradients sum to {factor:.4g} of the whole", where=probe.suite)
    for parameter in capture.trainable:
        parameter.grad = None
    return value.detach().double().cpu()


def moved(batch: Any, device: torch.device) -> Any:
    """The batch with every tensor on the device."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if is_dataclass(batch) and not isinstance(batch, type):
        return replace(batch, **{f.name: moved(getattr(batch, f.name), device) for f in fields(batch)})
    if isinstance(batch, Mapping):
        return {key: moved(value, device) for key, value in batch.items()}
    if isinstance(batch, (tuple, list)):
        return type(batch)(moved(value, device) for value in batch)
    return batch


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Every module in evaluation mode, and afterwards in the mode it was in."""
    training = [m for m in model.modules() if m.training]
    for (
        module
    ) in training:  # not eval(): at 0.6B parameters with adapters that takes a tenth of a mark, twice
        module.__dict__["training"] = False
    try:
        yield
    finally:
        for module in training:
            module.__dict__["training"] = True


@contextmanager
def gradients_aside(parameters: Sequence[torch.nn.Parameter]) -> Iterator[None]:
    """No parameter of these has a gradient inside; afterwards each has what it had."""
    model_gradients = [(p, p.grad) for p in parameters]
    for parameter, _ in model_gradients:
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, gradient in model_gradients:
            parameter.grad = gradient
