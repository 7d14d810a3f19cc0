"""The traced parameters as one long vector: where each lies in it, and ways in and out.

All of the ledger's algebra is over one vector of P numbers, P being the number of traced parameters, so that a
contraction is one matrix product. A parameter that stands in a model twice (tied embeddings) lies there once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, TypeAlias

import torch

from attribution.errors import CannotTrace, ParametersNotCovered
from governance.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

Spread: TypeAlias = "float | Tensor"
"""A number for each of P places: one float where all are equal, which is the rule, else a vector."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each traced parameter lies.

    Attributes:
        names: as `model.named_parameters` gives them.
        parameters: the parameters themselves, in that order.
        starts: first place of each; one more entry than parameters, the last is P.
        left_out: trainable parameters that the user declared as not traced; their movement ends in the residual.
    """

    names: tuple[str, ...]
    parameters: tuple[torch.nn.Parameter, ...]
    starts: tuple[int, ...]
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """P, the number of traced scalars."""
        return self.starts[-1]

    @property
    def device(self) -> torch.device:
        """Where the traced parameters lie."""
        return self.parameters[0].device

    @cached_property
    def places(self) -> dict[int, slice]:
        """Places of a parameter by its identity."""
        return {
            id(p): slice(a, b) for p, a, b in zip(self.parameters, self.starts, self.starts[1:], strict=False)
        }

    @cached_property
    def index(self) -> dict[int, int]:
        """Place of a parameter among the parameters, by its identity."""
        return {id(p): n for n, p in enumerate(self.parameters)}

    @cached_property
    def sizes(self) -> list[int]:
        """Number of scalars of each parameter."""
        return [b - a for a, b in zip(self.starts, self.starts[1:], strict=False)]

    @cached_property
    def grain(self) -> Spread:
        """Spacing of numbers next to one, in each parameter's own precision."""
        return self.spread([torch.finfo(p.dtype).eps for p in self.parameters])

    @cached_property
    def work(self) -> torch.dtype:
        """What sums are made in: float64 where a parameter is float64, else float32."""
        wide = any(p.dtype == torch.float64 for p in self.parameters)
        return torch.float64 if wide else torch.float32

    def flat(self, tensors: Iterable[Tensor]) -> Tensor:
        """One tensor a parameter as a new vector of P numbers in the working precision."""
        from torch._utils import (
            _flatten_dense_tensors,
        )  # one call for hundreds of small tensors, 20 times as fast

        given = list(tensors)
        with torch.no_grad():
            if len({t.dtype for t in given}) > 1:
                given = [t.to(self.work) for t in given]
            flat: Tensor = _flatten_dense_tensors(given)  # type: ignore[no-untyped-call]
            return flat.to(self.work) if len(given) > 1 else flat.to(self.work, copy=True)

    def values(self) -> Tensor:
        """The parameters as they are now, copied."""
        return self.flat(self.parameters)

    def gradients(self) -> Tensor:
        """The parameters' gradients as they are now, zero where there is none, copied."""
        return self.flat(torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters)

    def views(self, vector: Tensor) -> list[Tensor]:
        """The vector cut by parameter, in the parameters' shapes."""
        return [
            part.view(p.shape) for part, p in zip(_split(vector, self.sizes), self.parameters, strict=True)
        ]

    def share_views(self, shares: Tensor) -> list[Tensor]:
        """(n, P) shares cut by parameter, (n, *shape) each."""
        n = len(shares)
        return [
            part.view(n, *p.shape)
            for part, p in zip(_split(shares, self.sizes, 1), self.parameters, strict=True)
        ]

    def quick_norms(self, vector: Tensor) -> Tensor:
        """The vector's norms by parameter in a few kernels, precise to 1e-8 of the whole vector's."""
        sums = vector.to(torch.float64, copy=True).square_().cumsum_(0)[self._ends]
        return sums.diff(prepend=sums.new_zeros(1)).clamp_min_(0).sqrt_()

    @cached_property
    def _ends(self) -> Tensor:
        return torch.tensor(self.starts[1:], device=self.device) - 1

    @cached_property
    def lengths(self) -> Tensor:
        """`sizes` on the device."""
        return torch.tensor(self.sizes, device=self.device)

    def sums(self, vector: Tensor) -> Tensor:
        """The vector summed by parameter, in float64: one number each."""
        return torch.segment_reduce(vector.double(), "sum", lengths=self.lengths, unsafe=True)

    def norms(self, vector: Tensor) -> Tensor:
        """The vector's Euclidean norm by parameter, in float64."""
        return self.sums(vector.double().square()).sqrt()

    def spread(self, numbers: Sequence[float]) -> Spread:
        """One number a parameter, for every place of it."""
        if all(n == numbers[0] for n in numbers):
            return numbers[0]
        each = torch.tensor(numbers, dtype=self.work, device=self.device)
        return torch.repeat_interleave(each, self.lengths)


def _split(tensor: Tensor, sizes: list[int], dim: int = 0) -> tuple[Tensor, ...]:
    parts: tuple[Tensor, ...] = torch.split(tensor, sizes, dim)
    return parts


def cut(spread: Spread, first: int, last: int) -> Spread:
    """The places first..last of a spread number."""
    return spread if isinstance(spread, float) else spread[first:last]


def is_zero(spread: Spread) -> bool:
    """True where nothing is there, so that its term may be left out."""
    return isinstance(spread, float) and spread == 0.0


def layout_of(model: torch.nn.Module, leave_out: Sequence[str] = ()) -> Layout:
    """All trainable parameters of the model but those whose name matches one of the glob patterns.

    Raises:
        UsageError: a pattern matches nothing.
        CannotTrace: nothing is left to trace, or the parameters lie on several devices or have no storage.
    """
    trainable = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    for pattern in leave_out:
        if not any(fnmatchcase(n, pattern) for n, _ in trainable):
            raise UsageError(
                "no trainable parameter has such a name", where=pattern, hint="see named_parameters()"
            )
    out = {n for n, _ in trainable if any(fnmatchcase(n, p) for p in leave_out)}
    traced = [(n, p) for n, p in trainable if n not in out]
    if not traced:
        raise CannotTrace(
            "the model has no trainable parameter to trace", hint="unfreeze some, or add an adapter"
        )
    _one_device(traced)
    starts = [0]
    for _, p in traced:
        starts.append(starts[-1] + prod(p.shape))
    return Layout(tuple(n for n, _ in traced), tuple(p for _, p in traced), tuple(starts), tuple(sorted(out)))


def _one_device(traced: Sequence[tuple[str, torch.nn.Parameter]]) -> None:
    first = traced[0][1].device
    for name, parameter in traced:
        if parameter.device != first or parameter.device.type == "meta":
            raise CannotTrace(
                f"traced parameters lie on {first} and {parameter.device}",
                where=name,
                hint="train on one device, or trace the parameters of one device only",
            )
        if parameter.is_complex() or parameter.is_sparse:
            raise ParametersNotCovered("complex and sparse parameters are not traced", where=name)
        if hasattr(parameter, "to_local") or hasattr(
            parameter, "ds_id"
        ):  # a DTensor (FSDP), a ZeRO partition
            raise ParametersNotCovered(
                "this process holds a shard of the parameter only",
                where=name,
                hint="train with whole copies (DDP)",
            )
