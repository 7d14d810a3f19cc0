r"""From sketches on disk to scores: the ledger's recursion, over K numbers instead of P.

    score_ij = Σ_r c_r ⟨S(D⊙g_i(r)), Ũ_j(r)⟩,    Ũ_j(s) = q̃_s S(D^-1⊙P⊙h̄_j(s)) + β1 Ũ_j(s+1)

It is `recursion.amounts_of` itself, with sketches in the place of gradients and q̃_s, the scalar part of the rates, in
the place of q. The steps of an interval and those before it whose momentum still counts are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from attribution.capturing.layout import Layout, Spread
from attribution.ledger.ledger import HeldStep, Interval, Window, settled
from attribution.ledger.plan import tail_steps
from attribution.ledger.recursion import amounts_of
from attribution.sketching.folder import Folder, StepRows, WindowRows
from attribution.sketching.schedule import NAMES, coefficients
from attribution.sketching.sketcher import INTERVAL, TAIL
from attribution.tracing.items import Bank, ItemName

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEEP, GAIN, THROUGH, DIRECT, SCALE = (NAMES.index(n) for n in ("keep", "gain", "through", "direct", "scale"))


def intervals(folder: Folder, layout: Layout, names: Sequence[ItemName]) -> Iterator[Interval]:
    """The run's scores by interval, ascending, in bounded memory.

    Decay and carried momentum are not told apart: they are in what is left of the measured change.

    Args:
        layout: of the columns of a sketch.
        names: the M lines.
    """
    directions = [n.direction for n in names]
    for windows in _grouped(folder.windows()):
        start, stop = windows[0].start, windows[-1].stop
        rows = list(folder.read_steps(max(0, start - _tail(folder, start)), stop))
        held = _held(rows, layout, start)
        between = [_window(w, rows, layout) for w in windows]
        nothing = torch.zeros(layout.size, dtype=layout.work, device=layout.device)
        yield settled(between, held, amounts_of(between, held, nothing, nothing), directions)


def _grouped(windows: Iterator[WindowRows]) -> Iterator[list[WindowRows]]:
    """Successive windows of about `INTERVAL` steps together."""
    group: list[WindowRows] = []
    for window in windows:
        group.append(window)
        if window.stop - group[0].start >= INTERVAL:
            yield group
            group = []
    if group:
        yield group


def _tail(folder: Folder, start: int) -> int:
    """Steps before `start` whose momentum still counts."""
    last = next(folder.read_steps(start - 1, start), None) if start else None
    return 0 if last is None else tail_steps(float(last.numbers[:, KEEP].max()), TAIL)


def _held(rows: Sequence[StepRows], layout: Layout, start: int) -> list[HeldStep]:
    """The steps as the ledger's recursion takes them; the weight of earlier ones is what of them is in the momentum."""
    left = np.ones(len(layout.names))
    weights: dict[int, Spread] = {}
    for r in reversed([r for r in rows if r.step < start]):
        weights[r.step] = layout.spread((r.numbers[:, GAIN] * left).tolist())
        left = left * r.numbers[:, KEEP]
    held = []
    for r in rows:
        found, rates = coefficients(r.numbers, layout)
        shares = torch.from_numpy(r.sketches).to(layout.device)
        who = tuple(int(s) for s in r.samples)
        held.append(HeldStep(r.step, who, shares, r.factor, found, rates, 0.0, weights.get(r.step, 0.0)))
    return held


def _window(w: WindowRows, rows: Sequence[StepRows], layout: Layout) -> Window:
    """The window as the ledger has it; how far along its middle of a step is, is told by the rates."""
    lengths = np.array([r.numbers[:, SCALE].max() for r in rows if w.start <= r.step < w.stop])
    whole = lengths.sum()
    middles = (np.cumsum(lengths) - lengths / 2) / whole if whole > 0 else np.full(len(lengths), 0.5)
    left, right = (
        Bank(step, torch.from_numpy(values), torch.from_numpy(sketch).to(layout.device, layout.work))
        for step, values, sketch in ((w.start, w.before, w.left), (w.stop, w.after, w.right))
    )
    nothing = torch.zeros(len(w.before), dtype=torch.float64)
    return Window(left, right, tuple(middles.tolist()), nothing, nothing)


def step_weights(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """(steps, layers) by how much each step's gradients moved the parameters in all, preconditioner aside.

    Args:
        numbers: (steps, layers, 8) of all steps of the run.
    """
    found = np.zeros(numbers.shape[:2])
    brings = np.zeros(numbers.shape[1])
    for s in reversed(range(len(numbers))):
        n = numbers[s]
        brings = brings + n[:, THROUGH] * n[:, SCALE]
        found[s] = n[:, GAIN] * brings + n[:, DIRECT] * n[:, SCALE]
        brings = brings * n[:, KEEP]
    return found
