"""A run over several processes: each captures its own samples, and all keep the same ledger.

Every process has the same parameters, optimizer and items; only samples differ. The optimizer's gradient is the mean
over processes, so the common factor of the shares' sum over all of them carries 1 / processes by itself. What goes
between processes is one vector of P sums a step and the amounts of an interval, never a sample's gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor


def count() -> int:
    """Processes of this run; 1 where it is not distributed."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_world_size())
    return 1


def first() -> bool:
    """True in the one process that writes."""
    return count() == 1 or torch.distributed.get_rank() == 0


def summed(tensor: Tensor) -> Tensor:
    """The sum over all processes, in place."""
    if count() > 1:
        torch.distributed.all_reduce(tensor)
    return tensor


def largest(number: int) -> int:
    """The largest over all processes, so that all take the same decision."""
    return int(max(gathered(number)))


def gathered(value: Any) -> list[Any]:
    """Every process's value, in the order of their ranks."""
    if count() == 1:
        return [value]
    values: list[Any] = [None] * count()
    torch.distributed.all_gather_object(values, value)
    return values
