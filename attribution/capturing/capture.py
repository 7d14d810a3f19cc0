"""Per-sample shares of the real loss's gradient, taken while backward runs.

Every module with a traced parameter gets a forward hook that leaves a hook on its output, which sees the gradient that
comes back. The model's own operations stay as they are, so a traced run takes bit for bit the same course as an
untraced one.

    with capture.recording(segments, rows) as recorded:
        loss.backward()
    recorded.shares          # (n, P), one row a segment

`taps` tells how the two come together; under gradient checkpointing too, without holding what it lets go of.

`common_factor` compares the sum of all shares with the gradient that the optimizer gets, parameter by parameter.
It runs at every step: whatever the taps did not see (a kernel that goes around a module, a parameter used elsewhere)
shows there, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import torch

from attribution.capturing.fused import fused_taps
from attribution.capturing.gradients import SharesOf, shares_of
from attribution.capturing.layout import Layout
from attribution.capturing.page import Page
from attribution.capturing.taps import AGAIN, FIRST, OTHER, Recomputed, Taken, Waiting, operand, packing
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


class Capture:
    """The taps of one model. Use `recording`, and `remove` at the end.

    Attributes:
        layout: of the traced parameters.
        trainable: all trainable parameters, traced or not.
        storage: precision of shares.
        coarsest: the coarsest precision that shares went through so far, their storage included.
        computed: the coarsest precision in which the model sent gradients back so far.
        page: where shares are put together inside `recording`.
    """

    def __init__(self, model: torch.nn.Module, layout: Layout, storage: torch.dtype | None = None) -> None:
        self.layout = layout
        self.trainable = tuple(p for p in model.parameters() if p.requires_grad)
        self.storage = storage or layout.work
        self.coarsest = self.storage
        self.computed = layout.work
        self._weights = max(torch.finfo(p.dtype).eps for p in model.parameters() if p.dtype in TOLERANCES)
        self.page: Page | None = None
        self._modules: list[tuple[torch.nn.Module, Recomputed]] = []
        self._watching = False
        self._hooks = []
        for name, module, shares in _tapped(model, layout):
            taken = self.taker(name, module, shares)
            again = Recomputed(taken)
            self._hooks.append(module.register_forward_hook(_hook(self, taken, again), with_kwargs=True))
            self._modules.append((module, again))
        self._hooks += fused_taps(self, model, tapped)

    def watch_recomputation(self) -> None:
        """Called where a checkpointed region is met: what is computed again is listened to from now on."""
        if not self._watching:
            self._watching = True
            for module, again in self._modules:
                before = _hook_before(self, again)
                self._hooks.append(module.register_forward_pre_hook(before, with_kwargs=True))

    @contextmanager
    def recording(
        self, segments: Sequence[Segment], rows: int, into: Tensor | None = None
    ) -> Iterator[Recorded]:
        """Shares of what is forwarded and sent back inside, for a batch of `rows` rows; whole once it is left.

        Args:
            into: (n, P) in the storage precision, where they are written; None for a new matrix.
        """
        shares = self.empty(len(segments)) if into is None else into
        self.page = Page(self.layout, segments, rows, shares)
        try:
            yield Recorded(tuple(segments), shares)
            self.page.finish()
        finally:
            self.page = None

    def empty(self, count: int) -> Tensor:
        """(count, P) room for shares, in the storage precision."""
        return torch.empty(count, self.layout.size, dtype=self.storage, device=self.layout.device)

    @property
    def active(self) -> bool:
        """True inside `recording`."""
        return self.page is not None

    def remove(self) -> None:
        """Takes the taps off the model."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def take(self, name: str, module: torch.nn.Module, shares: SharesOf, x: Tensor, back: Tensor) -> None:
        """Adds one module's shares; called from backward."""
        page = self.page
        if page is None:
            return
        self._admit(page, name, x, back)
        for who, inputs, sent in page.by_sample(x, back):
            for own, value in shares(module, inputs, sent):
                place = self.layout.index.get(id(getattr(module, own)))
                if place is not None:
                    page.add(place, who, value)

    def taker(self, name: str, module: torch.nn.Module, shares: SharesOf) -> Taken:
        """`take` of one module; of a linear layer the products are written where they belong at once."""
        place = self.layout.index.get(id(getattr(module, "weight", None)))
        if (
            not isinstance(module, torch.nn.Linear)
            or place is None
            or getattr(module, "bias", None) is not None
        ):
            return lambda x, back: self.take(name, module, shares, x, back)

        weight = module.weight

        def product(x: Tensor, back: Tensor) -> None:
            page = self.page
            if page is not None and weight.requires_grad:
                if x.size(0) != page.rows or back.size(0) != page.rows or back.dtype is not self.computed:
                    self._admit(page, name, x, back)
                page.add_product(place, x, back)

        return product

    @property
    def grain(self) -> float:
        """eps of the coarsest precision that the model is known to compute in.

        Adapters in float32 may sit on weights in bfloat16, and autocast computes in less than weights are kept in.
        """
        return max(self._weights, torch.finfo(self.computed).eps)

    @property
    def tolerance(self) -> float:
        """What the check allows, by the coarsest precision that shares went through so far."""
        return TOLERANCES[self.coarsest]

    def _admit(self, page: Page, name: str, x: Tensor, back: Tensor) -> None:
        """Refuses what has other rows than the batch."""
        if TOLERANCES.get(back.dtype, 0.0) > TOLERANCES[self.computed]:
            self.computed = back.dtype
            self.coarsest = max(self.coarsest, back.dtype, key=lambda dtype: TOLERANCES[dtype])
        if back.size(0) != page.rows or x.size(0) != page.rows:
            raise SharesDoNotAdd(
                f"its input has {x.size(0)} rows where the batch has {page.rows}, so rows are no samples",
                where=name,
                hint="freeze it, or declare it as not traced (leave_out)",
            )


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


def _hook(capture: Capture, taken: Taken, again: Recomputed) -> Any:
    def hook(_: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> Any:
        page = capture.page
        if page is None or not output.requires_grad:
            return None
        packed = packing()
        if packed is None:
            output.register_hook(Waiting(taken, operand(_input(args, kwargs), output)))
        elif packed[0] == OTHER:
            return tapped(output, _input(args, kwargs).detach(), taken)
        elif packed[0] == FIRST and torch._C._current_graph_task_id() == -1:
            capture.watch_recomputation()
            output.register_hook(again.expect(page, packed[1]))
        return None

    return hook


def _hook_before(capture: Capture, again: Recomputed) -> Any:
    """Before the module, as a region that is computed again ends within the last module that saves something."""

    def hook(_: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        page, packed = capture.page, packing()
        if page is not None and packed is not None and packed[0] == AGAIN:
            again.give(page, packed[1], _input(args, kwargs).detach())

    return hook


def _input(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return args[0] if args else next(iter(kwargs.values()))


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
    factor = quick_factor(layout, total, gradient, tolerance)
    return _factor(layout, total, gradient, tolerance) if factor is None else factor


def quick_factor(layout: Layout, total: Tensor, gradient: Tensor, tolerance: float) -> float | None:
    """The factor where all parameters agree on it, as they do but for errors; else None. Waits for the device once."""
    wide, other = total.double(), gradient.double()
    factor = torch.dot(wide, other) / torch.dot(wide, wide)
    del wide, other
    sizes = layout.quick_norms(gradient)
    distances = layout.quick_norms(torch.addcmul(gradient, total, factor.to(total.dtype), value=-1))
    allowed = tolerance * torch.maximum(sizes, _FLOOR * sizes.norm())
    value, worst = torch.stack([factor, (distances - allowed).amax()]).tolist()
    return value if worst <= 0 and isfinite(value) else None


def _factor(layout: Layout, total: Tensor, gradient: Tensor, tolerance: float) -> float:
    """The factor that most parameters agree on, or the name of the one that is furthest from it."""
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
