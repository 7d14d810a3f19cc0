"""Per-sample shares of the real loss's gradient, taken while backward runs.

Every module with a traced parameter gets a forward hook that passes its output through `_Tap`, an identity whose
backward sees the gradient that comes back. The model's own operations stay as they are, so a traced run takes
bit for bit the same course as an untraced one. What the tap needs later goes through `save_for_backward`, so that
gradient checkpointing may drop and recompute it.

    with capture.recording(segments) as recorded:
        loss.backward()
    recorded.shares          # (n, P), one row a segment

`common_factor` compares the sum of all shares with the gradient that the optimizer gets, parameter by parameter.
It runs at every step: whatever the taps did not see (a fused output layer, a kernel that goes around a module, a
parameter used elsewhere) shows there, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from attribution.capturing.gradients import SharesOf, shares_of
from attribution.capturing.layout import Layout
from attribution.errors import ParametersNotCovered, SharesDoNotAdd
from training.observer import Segment

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCES = {torch.float64: 1e-8, torch.float32: 1e-3, torch.bfloat16: 5e-2, torch.float16: 2e-2}
"""How far, relative to a parameter's gradient, the sum of shares may be from it. Sums of a few thousand products in
another order differ by 1e-6 in float32; bfloat16 keeps 8 bits, so each share is off by up to 4e-3. What is missed
when a tap does not fire is of the order of 1."""

_FLOOR = 1e-2
"""Gradients this much smaller than the whole one's norm are judged against that norm: a key bias has a gradient of
rounding noise only, as softmax does not see it."""


@dataclass(frozen=True)
class Recorded:
    """What one forward and backward left.

    Attributes:
        segments: whose shares they are, in order.
        shares: (n, P), in the storage precision.
    """

    segments: tuple[Segment, ...]
    shares: Tensor

    @property
    def whole_rows(self) -> bool:
        """True where row i of the batch is segment i: a row's share then needs no positions."""
        return [s.row for s in self.segments] == list(range(len(self.segments)))


class Capture:
    """The taps of one model. Use `recording`, and `remove` at the end."""

    def __init__(self, model: torch.nn.Module, layout: Layout, storage: torch.dtype | None = None) -> None:
        self.layout = layout
        self.trainable = tuple(p for p in model.parameters() if p.requires_grad)
        self.storage = storage or layout.work
        self.coarsest = self.storage
        self._recorded: Recorded | None = None
        self._rows = 0
        self._hooks = [
            module.register_forward_hook(_hook(self, name, shares), with_kwargs=True)
            for name, module, shares in _tapped(model, layout)
        ]

    @contextmanager
    def recording(self, segments: Sequence[Segment], rows: int) -> Iterator[Recorded]:
        """Shares of what is forwarded and sent back inside, for a batch of `rows` rows."""
        empty = torch.zeros(len(segments), self.layout.size, dtype=self.storage, device=self.layout.device)
        self._recorded, self._rows = Recorded(tuple(segments), empty), rows
        try:
            yield self._recorded
        finally:
            self._recorded = None

    @property
    def active(self) -> bool:
        """True inside `recording`."""
        return self._recorded is not None

    def remove(self) -> None:
        """Takes the taps off the model."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def take(self, name: str, module: torch.nn.Module, shares: SharesOf, x: Tensor, back: Tensor) -> None:
        """Adds one module's shares; called from backward."""
        recorded = self._recorded
        if recorded is None:
            return
        self._note_precision(back.dtype)
        if back.shape[0] != self._rows or x.shape[0] != self._rows:
            raise SharesDoNotAdd(
                f"its input has {x.shape[0]} rows where the batch has {self._rows}, so rows are no samples",
                where=name,
                hint="freeze it, or declare it as not traced (leave_out)",
            )
        if recorded.whole_rows and len(recorded.segments) == self._rows:
            self._add(recorded.shares, module, shares(module, x, back))
            return
        for n, segment in enumerate(recorded.segments):
            positions = slice(segment.start, segment.stop)
            inside = (
                x[segment.row : segment.row + 1, positions],
                back[segment.row : segment.row + 1, positions],
            )
            self._add(recorded.shares[n : n + 1], module, shares(module, *inside))

    @property
    def tolerance(self) -> float:
        """What the check allows, by the coarsest precision that shares went through so far."""
        return TOLERANCES[self.coarsest]

    def _note_precision(self, dtype: torch.dtype) -> None:
        if TOLERANCES.get(dtype, 0.0) > self.tolerance:
            self.coarsest = dtype

    def _add(self, into: Tensor, module: torch.nn.Module, shares: Iterator[tuple[str, Tensor]]) -> None:
        for own, value in shares:
            places = self.layout.places.get(id(getattr(module, own)))
            if places is not None:
                into[:, places].add_(value.reshape(len(value), -1))  # += would write the slice twice


class _Tap(torch.autograd.Function):
    """Identity; its backward hands input and outgoing gradient to the capture."""

    @staticmethod
    def forward(ctx: Any, output: Tensor, x: Tensor, taken: Any) -> Tensor:
        ctx.save_for_backward(x)
        ctx.taken = taken
        return output.view_as(output)

    @staticmethod
    def backward(ctx: Any, *backs: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        with torch.no_grad():
            ctx.taken(x, backs[0])
        return backs[0], None, None


def tapped(output: Tensor, x: Tensor, taken: Callable[[Tensor, Tensor], None]) -> Tensor:
    """The output as it is; when backward comes through it, `taken` gets x and what came back."""
    tap: Tensor = _Tap.apply(output, x, taken)  # type: ignore[no-untyped-call]
    return tap


def _hook(capture: Capture, name: str, shares: SharesOf) -> Any:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> Any:
        if not capture.active or not output.requires_grad:
            return None
        x = args[0] if args else next(iter(kwargs.values()))
        return _Tap.apply(  # type: ignore[no-untyped-call]
            output, x.detach(), lambda x, back: capture.take(name, module, shares, x, back)
        )

    return hook


def _tapped(model: torch.nn.Module, layout: Layout) -> list[tuple[str, torch.nn.Module, SharesOf]]:
    """Modules that own a traced parameter, with how to take them apart."""
    tapped, known = [], set()
    for name, module in model.named_modules():
        own = {id(p) for p in module.parameters(recurse=False)} & layout.places.keys()
        shares = shares_of(module) if own else None
        if shares is not None:
            tapped.append((name, module, shares))
            known |= own
    missing = [n for n, p in zip(layout.names, layout.parameters, strict=True) if id(p) not in known]
    if missing:
        raise ParametersNotCovered(
            f"{len(missing)} trainable parameters are of a kind that cannot be traced exactly",
            where=", ".join(missing[:5]) + (" ..." if len(missing) > 5 else ""),
            hint="freeze them, or declare them as not traced (leave_out); their effect then ends in the residual",
        )
    return tapped


def common_factor(layout: Layout, total: Tensor, gradient: Tensor, tolerance: float) -> float:
    """The factor c with gradient = c * total, which clipping and the scaling of a loss leave.

    Args:
        layout: names for the message.
        total: (P,) sum of all samples' shares before clipping.
        gradient: (P,) what the optimizer gets.
        tolerance: see `TOLERANCES`.

    Raises:
        SharesDoNotAdd: a parameter's gradient is not c times its sum of shares. The median over parameters tells c,
            so that one parameter that was not seen does not spoil the factor that the others agree on.
    """
    lengths, products = layout.sums(total.double().square()), layout.sums(total.double() * gradient.double())
    seen = lengths > 0
    middle = float((products[seen] / lengths[seen]).median()) if bool(seen.any()) else 1.0
    sound = seen & (_errors(layout, middle * total, gradient) <= 2 * tolerance)
    factor = float(products[sound].sum() / lengths[sound].sum()) if bool(sound.any()) else middle
    errors = _errors(layout, factor * total, gradient)
    worst = int(errors.nan_to_num(nan=float("inf")).argmax())
    if not float(errors[worst]) <= tolerance:  # also where it is not a number
        raise SharesDoNotAdd(
            f"the samples' shares miss its gradient by {100 * float(errors[worst]):.3g} %",
            where=layout.names[worst],
            hint="a fused kernel or output layer may go around the module: switch it off, freeze the parameter, "
            "or declare it as not traced (leave_out)",
        )
    return factor


def _errors(layout: Layout, total: Tensor, gradient: Tensor) -> Tensor:
    """For each parameter the distance of the two, relative to its gradient."""
    distances = layout.norms(gradient - total)
    scale = torch.maximum(layout.norms(gradient), _FLOOR * gradient.double().norm())
    return torch.where(distances == 0, torch.zeros_like(distances), distances / scale)
