"""How a module's input and the gradient of its output come together, whatever autograd does with what it saves.

Saved as usual: the hook on the output holds the input, the very tensor that the module's product keeps for its own
gradient, until the gradient comes.

Checkpointed: nothing is held. The hook stays on the output of the first forward, through which backward goes, and the
input is handed over when that forward is computed again. Backward may reach the output of a region's last module
before it computes the region again; then the gradient waits for the input.

Packed in another way (offloading): `capture.tapped` saves the input through autograd, as the module does.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from attribution.capturing.page import Page

Taken = Callable[["Tensor", "Tensor"], None]
"""What is called with a module's input and what came back."""

FIRST, AGAIN, OTHER = "first", "again", "other"
"""Within a checkpointed region, when it is computed again, or where something else packs what is saved."""

_KINDS = {"_checkpoint_hook": FIRST, "_recomputation_hook": AGAIN}
_hooks_on_saved = getattr(torch._C._autograd, "_top_saved_tensors_default_hooks", None)


def packing() -> tuple[str, Any] | None:
    """(what packs the tensors that autograd saves now, the function that unpacks them); None where nothing does."""
    if _hooks_on_saved is None:  # this version of torch does not tell
        return OTHER, None
    hooks = _hooks_on_saved(False)
    if hooks is None:
        return None
    kind = getattr(hooks[1], "__qualname__", "").partition(".")[0]
    return _KINDS.get(kind, OTHER), hooks[1]


class Waiting:
    """A hook on an output; it lets go of the input once the gradient has come, as autograd does."""

    __slots__ = ("back", "taken", "x")

    def __init__(self, taken: Taken, x: Tensor | None) -> None:
        self.taken, self.x = taken, x
        self.back: Tensor | None = None

    def __call__(self, back: Tensor) -> None:
        """The gradient is there. A second one through the same graph waits in vain: the common factor has it, or the
        check refuses it."""
        x, self.x = self.x, None
        if x is None:
            self.back = back
        elif torch.is_grad_enabled():  # a backward that builds a graph
            with torch.no_grad():
                self.taken(x, back)
        else:
            self.taken(x, back)

    def give(self, x: Tensor) -> None:
        """The input is there."""
        back, self.back = self.back, None
        self.x = x
        if back is not None:
            self(back)


class Recomputed:
    """One module's calls in checkpointed regions. Regions are computed again from the last to the first."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        self._page: Page | None = None
        self._regions: list[tuple[Any, deque[Waiting]]] = []
        self._now: tuple[Any, deque[Waiting]] | None = None

    def expect(self, page: Page, region: Any) -> Waiting:
        """The hook for a call in a region that is computed for the first time."""
        if self._page is not page:
            self._page, self._regions, self._now = page, [], None
        if not self._regions or self._regions[-1][0]() is not region:
            self._regions.append((weakref.ref(region), deque()))
        call = Waiting(self.taken, None)
        self._regions[-1][1].append(call)
        return call

    def give(self, page: Page, region: Any, x: Tensor) -> None:
        """The input of the next call in a region that is computed again."""
        if self._page is not page:
            return
        if self._now is None or self._now[0]() is not region:
            self._now = weakref.ref(region), self._regions.pop()[1] if self._regions else deque()
        if self._now[1]:
            self._now[1].popleft().give(x)


def operand(x: Tensor, output: Tensor) -> Tensor:
    """The input as a product under autocast keeps it for its own gradient; `x` where that is not found.

    x itself would be kept for us alone, in float32: at 0.6B parameters and 8 x 1,024 tokens 9 GB.
    """
    if x.dtype is output.dtype:
        return x
    node: Any = output.grad_fn
    for _ in range(3):
        kept = getattr(node, _KEPT.get(type(node).__name__, ""), None)
        if isinstance(kept, torch.Tensor):
            return kept.view(x.shape) if kept.numel() == x.numel() and kept.is_contiguous() else x
        following = node.next_functions
        if not following or following[0][0] is None:
            break
        node = following[0][0]
    return x


_KEPT = {"MmBackward0": "_saved_self", "AddmmBackward0": "_saved_mat1", "BmmBackward0": "_saved_self"}
