"""Where the items are computed: at marks between steps, and afterwards within what two marks leave unexplained.

When a mark is there, the items' change since the one before is known, and so is what the ledger explains of it. Where
that is too little, the parameters go back to half the path between both for another mark: the steps' movements are
still held. Afterwards they are bit for bit what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

import torch

from attribution.capturing.layout import Layout
from attribution.ledger.book import Book
from attribution.ledger.ledger import Window
from attribution.ledger.refresh import Cost, Refresh, affordable, next_refresh, share_left, spare
from attribution.ledger.stretch import Stretch
from attribution.tracing.items import Bank
from attribution.tracing.processes import gathered, largest

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class Times:
    """Seconds of steps, marks and settlements since the run began.

    Attributes:
        clock: seconds now.
        steps: of each step with its capture.
        marks: of each mark that is done, with the marks within its window.
        settlements: of each settlement, and how many steps it settled.
        banks: how many times the items were computed.
    """

    clock: Callable[[], float]
    steps: list[float] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)
    settlements: list[tuple[float, int]] = field(default_factory=list)
    banks: int = 0
    _step_from: float = 0.0
    _mark_from: float | None = None

    @contextmanager
    def marking(self) -> Iterator[None]:
        """What is done inside is a mark, but for settlements."""
        self._mark_from = self.clock()
        yield
        self.marks.append(self.clock() - self._mark_from)
        self._mark_from = None

    @contextmanager
    def settling(self, steps: int) -> Iterator[None]:
        """What is done inside settles so many steps."""
        start = self.clock()
        yield
        took = self.clock() - start
        self.settlements.append((took, steps))
        if self._mark_from is not None:
            self._mark_from += took

    def step_begins(self) -> None:
        """A step's time runs from here."""
        self._step_from = self.clock()

    def step_ends(self) -> None:
        """It is done."""
        self.steps.append(self.clock() - self._step_from)

    @property
    def spent(self) -> float:
        """Seconds of marks and settlements."""
        running = 0.0 if self._mark_from is None else self.clock() - self._mark_from
        return sum(self.marks) + running + sum(took for took, _ in self.settlements)

    @property
    def overhead(self) -> float:
        """Seconds of marks and settlements over seconds of steps with their capture; what the ceiling bounds."""
        steps = sum(self.steps)
        return self.spent / steps if steps else 0.0

    def cost(self, step: int, total: int) -> Cost | None:
        """None before there is a step to compare with. Steps by their median, as single ones are noisy."""
        if not self.steps:
            return None
        last = sorted(self.steps[-20:])
        known = (
            self.settlements[1:] or self.settlements
        )  # the first one loads kernels, and settles next to nothing
        settled = sum(steps for _, steps in known)
        loading = self.marks[0] if self.banks > 1 and self.marks else 0.0  # so does the first mark
        marks = self.spent - sum(took for took, _ in self.settlements) - loading
        return Cost(
            mark=marks / max(1, self.banks - (loading > 0)),
            step=last[len(last) // 2],
            spent=self.spent,
            left=total - step,
            total=total,
            settle=sum(took for took, _ in known) / settled if settled else 0.0,
            unsettled=len(self.steps) - sum(steps for _, steps in self.settlements),
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one window reached.

    Attributes:
        start: steps done at its left mark.
        stop: at its right one.
        left: share of the measured change that it left unexplained.
        middle: whether it is a single step with a mark at its middle.
    """

    start: int
    stop: int
    left: float
    middle: bool


@dataclass(eq=False)
class Marks:
    """Decides where the items are computed, and how far the next window reaches.

    Attributes:
        refresh: the spacing as it is now.
        middle: whether a single step that left too much gets a mark at its middle.
        most: banks that may be held at a time.
        compute: (steps done) -> the bank at the parameters as they are.
        settle: settles the windows that are accepted.
        times: what marks and steps took.
        grain: eps of the precision that the model computes in.
        total: optimizer steps of the run.
        reached: every window so far.
    """

    layout: Layout
    refresh: Refresh
    middle: bool
    most: int
    directions: Sequence[float]
    compute: Callable[[int], Bank]
    settle: Callable[[], None]
    times: Times
    grain: Callable[[], float]
    total: int
    reached: list[Reach] = field(default_factory=list)

    def close(self, book: Book, right: Bank) -> None:
        """The windows since the last mark go into the book, and the next spacing is set."""
        assert book.left is not None  # noqa: S101 - there is a last mark
        stretch = book.stretch()
        steps, share = self._close(book, stretch, right, None, 1)
        spaced = next_refresh(
            self.refresh, steps, share, refined=steps < len(stretch), cost=self._cost(right.step)
        )
        self.refresh = replace(spaced, every=largest(spaced.every))

    def due(self, last: int, step: int) -> int:
        """The step of the mark that is due at `step`: that one, or a later one where the ceiling asks for it.

        Args:
            last: step of the last mark.
        """
        cost = self._cost(step)
        if not self.refresh.adaptive or self.refresh.ceiling is None:
            return step
        return max(
            step, largest(step if spare(self.refresh, cost) else last + affordable(self.refresh, cost))
        )

    def _close(
        self, book: Book, stretch: Stretch, right: Bank, beyond: Tensor | None, waiting: int
    ) -> tuple[int, float]:
        """Accepts the stretch's windows; returns the steps of the last one, and what the trapezoid left of it.

        Args:
            book: knows the mark at the stretch's start.
            stretch: the steps.
            right: the mark at their end.
            beyond: the movement since then; None where there is none.
            waiting: banks that are held for later windows, with `right`.
        """
        left = book.left
        assert left is not None  # noqa: S101 - there is a mark at its start
        window = stretch.window(left, right)
        share = self._share(window)
        enough = share <= self.refresh.target or share == inf
        if enough or not self._may_refine(book, stretch, right.step, waiting):
            self._accept(book, window, share)
        elif len(stretch) == 1:
            window = stretch.window(left, right, self._back(left.step, beyond, stretch.moved / 2))
            self._accept(book, window, self._share(window))
        else:
            first, second = stretch.split()
            between = self._back(second.first, beyond, second.moved)
            further = second.moved if beyond is None else second.moved + beyond
            self._close(book, first, between, further, waiting + 1)
            return self._close(book, second, right, beyond, waiting)
        return len(stretch), share

    def _accept(self, book: Book, window: Window, share: float) -> None:
        book.accept(window)
        self.reached.append(Reach(window.left.step, window.right.step, share, window.middle is not None))

    def _share(self, window: Window) -> float:
        """What the window left unexplained, as a share of the measured change; the same in all processes."""
        directions = torch.tensor(self.directions, dtype=torch.float64)
        change = (window.left.values - window.right.values) * directions
        residual = change - window.path.double().cpu()
        left, changed = float(residual.abs().sum()), float(change.abs().sum())
        uncertain = self.grain() * float(window.left.values.abs().sum())
        shares: list[float] = gathered(share_left(self.refresh, left, changed, len(change), uncertain))
        return max(shares)

    def _may_refine(self, book: Book, stretch: Stretch, step: int, waiting: int) -> bool:
        """Whether another mark may stand within the stretch; all processes say the same."""
        if not (self.middle if len(stretch) == 1 else self.refresh.adaptive):
            return False
        if self.refresh.adaptive and largest(not spare(self.refresh, self._cost(step))):
            return False
        if book.windows and book.banks + waiting >= self.most:
            self.settle()
        return book.banks + waiting <= self.most

    def _back(self, step: int, beyond: Tensor | None, movement: Tensor) -> Bank:
        """The bank at the parameters before so much movement."""
        with moved_back(self.layout, movement if beyond is None else movement + beyond):
            return self.compute(step)

    def _cost(self, step: int) -> Cost | None:
        return self.times.cost(step, self.total)


@contextmanager
def moved_back(layout: Layout, movement: Tensor) -> Iterator[None]:
    """Parameters before a movement inside, and bit for bit what they were afterwards."""
    kept = [p.detach().clone() for p in layout.parameters]
    with torch.no_grad():
        for parameter, back in zip(layout.parameters, layout.views(movement), strict=True):
            parameter.copy_(parameter.to(back.dtype) - back)
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in zip(layout.parameters, kept, strict=True):
                parameter.copy_(value)
