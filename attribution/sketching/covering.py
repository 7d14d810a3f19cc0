"""Which parameters a sketch covers: the weights of linear layers, each used by one module. The rest is declared.

The sketch of a linear layer is made from what went in and what came back, without its gradient ever being formed.
Embeddings, and output layers tied to them, have no such form; norms and biases are vectors and few. They move all the
same, so what they did ends in the sketch residual, and their names and number are kept with the sketches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import cast

import torch

from attribution.errors import CannotTrace
from governance.errors import UsageError


@dataclass(frozen=True, eq=False)
class Covered:
    """What is sketched of a model.

    Attributes:
        names: of the covered weights, as `model.named_parameters` gives them.
        modules: the linear layer of each.
        rest: names of trainable parameters that are not covered.
        share: covered scalars over trainable ones.
    """

    names: tuple[str, ...]
    modules: tuple[torch.nn.Linear, ...]
    rest: tuple[str, ...]
    share: float

    @property
    def weights(self) -> tuple[torch.nn.Parameter, ...]:
        """The covered parameters, each (outputs, inputs)."""
        return tuple(cast("torch.nn.Parameter", m.weight) for m in self.modules)

    @property
    def scalars(self) -> int:
        """Numbers in them."""
        return sum(w.numel() for w in self.weights)

    def __str__(self) -> str:
        left = f"; {len(self.rest):,} others (embeddings, norms, biases) move unseen" if self.rest else ""
        return f"{len(self.names):,} linear weights are sketched, {100 * self.share:.1f} % of what is trained{left}"


def covered(model: torch.nn.Module, leave_out: Sequence[str] = ()) -> Covered:
    """The trainable weights of linear layers but those that are shared, or whose name matches a glob pattern.

    Raises:
        UsageError: a pattern matches nothing.
        CannotTrace: nothing is left.
    """
    trainable = {n: p for n, p in model.named_parameters() if p.requires_grad}
    for pattern in leave_out:
        if not any(fnmatchcase(n, pattern) for n in trainable):
            raise UsageError(
                "no trainable parameter has such a name", where=pattern, hint="see named_parameters()"
            )
    owners = Counter(id(p) for m in model.modules() for p in m.parameters(recurse=False))
    found = {
        name: module
        for name, module in _linears(model)
        if name in trainable
        and owners[id(module.weight)] == 1
        and not any(fnmatchcase(name, p) for p in leave_out)
    }
    if not found:
        raise CannotTrace("the model has no linear layer of its own that is trained", hint="unfreeze some")
    whole = sum(p.numel() for p in trainable.values())
    mine = sum(m.weight.numel() for m in found.values())
    rest = tuple(sorted(trainable.keys() - found.keys()))
    return Covered(tuple(found), tuple(found.values()), rest, mine / whole)


def _linears(model: torch.nn.Module) -> list[tuple[str, torch.nn.Linear]]:
    return [(f"{n}.weight", m) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)]
