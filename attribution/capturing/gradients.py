"""A module's gradient for each sample alone, from what went in and what came back.

A weight's gradient is a sum over positions of input and outgoing gradient; summed over one sample's positions only,
it is that sample's share of it. The outgoing gradient is the one the real loss sent back, so masks, padding, token
counts and loss scales are already in it, and the shares of all samples sum to the parameter's gradient.

Shapes: n samples, t positions. Every function yields (own name of the parameter, its shares (n, *shape)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Shares: TypeAlias = "Iterator[tuple[str, Tensor]]"
SharesOf: TypeAlias = "Callable[[torch.nn.Module, Tensor, Tensor], Shares]"


def shares_of(module: torch.nn.Module) -> SharesOf | None:
    """How the module's own parameters are taken apart, or None where it is not known."""
    import torch

    for kind, shares in (
        (torch.nn.Linear, linear),
        (torch.nn.Embedding, embedding),
        (torch.nn.LayerNorm, layer_norm),
    ):
        if isinstance(module, kind):
            return shares
    return rms_norm if _is_rms_norm(module) else None


def linear(module: torch.nn.Module, x: Tensor, back: Tensor) -> Shares:
    """Linear: sum over positions of outer(back, x) for the weight, of back for the bias."""
    import torch

    rows = back.reshape(back.shape[0], -1, back.shape[-1])
    if _trained(module, "weight"):
        inputs = x.reshape(x.shape[0], -1, x.shape[-1]).to(rows.dtype)
        yield "weight", torch.bmm(rows.transpose(1, 2), inputs)
    if _trained(module, "bias"):
        yield "bias", rows.sum(1)


def embedding(module: torch.nn.Module, ids: Tensor, back: Tensor) -> Shares:
    """Embedding: back added to the row of each id. The padding id gets none, as in torch."""
    n, (vocabulary, width) = ids.shape[0], module.weight.shape  # type: ignore[misc]
    rows = back.reshape(n, -1, width)
    flat = ids.reshape(n, -1)
    padding = getattr(module, "padding_idx", None)
    if padding is not None:
        rows = rows * (flat != padding).unsqueeze(-1)
    shares = rows.new_zeros(n, vocabulary, width)
    shares.scatter_add_(1, flat.unsqueeze(-1).expand_as(rows), rows)
    yield "weight", shares


def rms_norm(module: torch.nn.Module, x: Tensor, back: Tensor) -> Shares:
    """RMSNorm, y = w * x / rms(x): sum over positions of back * x / rms(x)."""
    import torch

    wide = (
        x.to(torch.promote_types(x.dtype, torch.float32))
        if isinstance(module, torch.nn.RMSNorm)
        else x.float()
    )
    scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + _epsilon(module, wide.dtype))
    yield "weight", _over_positions(back * scaled.to(x.dtype))


def layer_norm(module: torch.nn.Module, x: Tensor, back: Tensor) -> Shares:
    """LayerNorm over the last axis: sum over positions of back * (x - mean) / deviation, and of back."""
    import torch

    if _trained(module, "weight"):
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        normal = torch.nn.functional.layer_norm(wide, (x.shape[-1],), eps=_epsilon(module, wide.dtype))
        yield "weight", _over_positions(back * normal.to(back.dtype))
    if _trained(module, "bias"):
        yield "bias", _over_positions(back)


def _is_rms_norm(module: torch.nn.Module) -> bool:
    """Every model family has a class of its own; a wrong guess is caught when shares and gradient are compared."""
    weight = getattr(module, "weight", None)
    named = type(module).__name__.endswith("RMSNorm")
    return named and weight is not None and weight.ndim == 1 and getattr(module, "bias", None) is None


def _epsilon(module: torch.nn.Module, dtype: torch.dtype) -> float:
    import torch

    for name in ("variance_epsilon", "eps"):
        value = getattr(module, name, None)
        if value is not None:
            return float(value)
    return float(torch.finfo(dtype).eps)


def _over_positions(per_position: Tensor) -> Tensor:
    """(n, ..., d) summed to (n, d); Qwen3's query and key norms have an axis of heads as well."""
    return per_position.reshape(per_position.shape[0], -1, per_position.shape[-1]).sum(1)


def _trained(module: torch.nn.Module, name: str) -> bool:
    parameter = getattr(module, name, None)
    return parameter is not None and parameter.requires_grad
