"""Taps on the covered layers: what went in and what came back, while backward runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from attribution.capturing.capture import tapped
from attribution.errors import SharesDoNotAdd
from attribution.sketching.covering import Covered
from training.observer import Segment

if TYPE_CHECKING:
    from torch import Tensor

Taken: TypeAlias = "Callable[[int, Tensor, Tensor], None]"
"""(layer, what went in, what came back), both (rows, positions, width)."""


class Taps:
    """The hooks of one model. Inside `watching` each layer's backward is handed on; elsewhere they do nothing."""

    def __init__(self, covered: Covered) -> None:
        self._names = covered.names
        self._taken: Taken | None = None
        self._rows = 0
        self._hooks = [
            module.register_forward_hook(self._hook(layer), with_kwargs=True)
            for layer, module in enumerate(covered.modules)
        ]

    @contextmanager
    def watching(self, taken: Taken, rows: int) -> Iterator[None]:
        """Of a batch of `rows` rows."""
        self._taken, self._rows = taken, rows
        try:
            yield
        finally:
            self._taken = None

    def remove(self) -> None:
        """Takes the hooks off the model."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _hook(self, layer: int) -> Any:
        def hook(
            module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any
        ) -> Any:
            if self._taken is None or not output.requires_grad:
                return None
            x = args[0] if args else next(iter(kwargs.values()))
            return tapped(output, x.detach(), lambda x, back: self._take(layer, x, back))

        return hook

    def _take(self, layer: int, x: Tensor, back: Tensor) -> None:
        if self._taken is None:
            return
        if len(x) != self._rows or len(back) != self._rows:
            raise SharesDoNotAdd(
                f"its input has {len(x)} rows where the batch has {self._rows}, so rows are no samples",
                where=self._names[layer],
                hint="freeze it, or declare it as not traced (leave_out)",
            )
        self._taken(layer, _by_position(x), _by_position(back))


def by_segment(
    segments: Sequence[Segment], rows: int, x: Tensor, back: Tensor
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """(samples' places, x, back): all rows at once where each row is a sample, else one packed sample at a time."""
    if [s.row for s in segments] == list(range(rows)):
        yield slice(0, rows), x, back
        return
    for n, segment in enumerate(segments):
        row, positions = slice(segment.row, segment.row + 1), slice(segment.start, segment.stop)
        yield slice(n, n + 1), x[row, positions], back[row, positions]


def _by_position(values: Tensor) -> Tensor:
    return values.reshape(len(values), -1, values.shape[-1])
