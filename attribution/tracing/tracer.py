"""Watches a training run and keeps its ledger: for every item, which samples moved it, in amounts that add up.

    tracer = Tracer(probes)
    ... any training that calls observers (training.observer), with tracer among them ...
    tracer.contributions()          # who moved what, with what samples share out at the close
    tracer.intervals                # the same as it was booked; rows.balances makes lines of it that add up

What happens when, within one optimizer step:

    step_started     a mark if one is due: the items' values and gradients; the interval is settled when it is full
    observed         the samples' shares of the gradient
    before_update    their sum is compared with the gradient, which tells the clip factor or refuses
    after_update     the optimizer's movement is taken apart and compared with what the parameters did
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from attribution.capturing.capture import Capture, Recorded, common_factor, quick_factor
from attribution.capturing.layout import layout_of
from attribution.errors import CannotTrace
from attribution.ledger.book import Book
from attribution.ledger.coverage import coverage
from attribution.ledger.ledger import Interval
from attribution.ledger.movement import Pending, momentum_of, read_after, read_before, rule_of
from attribution.ledger.plan import MemoryPlan, memory_plan, tail_steps
from attribution.ledger.pushes import Pushes
from attribution.ledger.refresh import Refresh
from attribution.ledger.removal import WIDTH, Removal
from attribution.ledger.rows import balances, contribution_tables, transfers
from attribution.tracing.items import Bank, Probe, bank, names_of
from attribution.tracing.marking import Marks, Reach, Times
from attribution.tracing.processes import first, summed
from attribution.tracing.state import Saved, load, save
from training.observer import MicroBatch, RunStarted, Watching

if TYPE_CHECKING:
    import pyarrow as pa
    from torch import Tensor

_LOG = logging.getLogger("govern.attribution")
_STORAGE = {"full": None, "bfloat16": torch.bfloat16, "float32": torch.float32}


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """How a run is traced.

    Attributes:
        refresh: the spacing of marks.
        interval: steps after which the ledger is settled, at the next mark.
        marks: banks of item gradients held at a time; the interval is settled early when there are as many.
        tail: share of a gradient in the momentum below which its samples are let go.
        middle: whether a single step that leaves much unexplained gets a mark at its middle.
        storage: precision in which gradients are held: "full" (that of sums), "float32" or "bfloat16".
        leave_out: glob patterns of trainable parameters that are not traced; what they move ends in the residual.
        removal: whether the removal score is gathered too.
        sharing: whether what is booked is shared out in the end, see `ledger.sharing`.
        sketch: numbers in a sample's sketch for either.
    """

    refresh: Refresh = field(default_factory=Refresh)
    interval: int = 40
    marks: int = 8
    tail: float = 0.01
    middle: bool = True
    storage: str = "full"
    leave_out: tuple[str, ...] = ()
    removal: bool = True
    sharing: bool = True
    sketch: int = WIDTH


class Tracer(Watching):
    """An observer that keeps the ledger of a run.

    Attributes:
        probes: the items.
        settings: how.
        names: the M lines of the ledger.
        intervals: settled so far, ascending.
        plan: the memory it takes, known from the first optimizer step on.
        removal: what the removal score is made of; None where it is not gathered.
        pushes: what bookings are shared out by; None where they are not.
        layout: the traced parameters, known from the run's start on.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        settings: TraceSettings = TraceSettings(),
        *,
        resume: str | Path | None = None,
        say: Callable[[str], None] = _LOG.info,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.probes, self.settings = tuple(probes), settings
        self.names = names_of(self.probes)
        self.intervals: list[Interval] = []
        self.plan: MemoryPlan | None = None
        self.removal: Removal | None = None
        self.pushes: Pushes | None = None
        self.samples: Sequence[str] = ()
        self._resume, self._say, self._clock = resume, say, clock
        self._times = Times(self._now)
        self._marks: Marks | None = None
        self._run: RunStarted | None = None
        self._book: Book | None = None
        self._recorded: list[Recorded] = []
        self._pending: tuple[Tensor, float, Pending] | None = None
        self._due = 0

    def run_started(self, run: RunStarted) -> None:
        """Taps go on the model; what cannot be traced is refused here, before the first step."""
        rule_of(run.optimizer)
        self.layout = layout_of(run.model, self.settings.leave_out)
        self.capture = Capture(run.model, self.layout, _STORAGE[self.settings.storage])
        self.samples, self._run = run.samples, run
        self._due = run.first_step
        self._marks = self._marks_of(run)
        sizes = len(run.samples), len(self.names), self.settings.sketch
        if self.settings.removal:
            self.removal = Removal(self.layout, *sizes)
        if self.settings.sharing:
            self.pushes = Pushes(self.layout, *sizes)
        if self._resume is not None and run.first_step:
            self._restore(self._resume, run.first_step)

    def step_started(self, step: int) -> None:
        """A mark, if one is due."""
        if self._book is None:
            momentum = momentum_of(self.layout, self._running.optimizer)
            splits = self.settings.refresh.adaptive
            self._book = Book(self.layout, self.names, momentum, self.settings.tail, splits=splits)
        last = self._book.last_mark
        if step >= self._due and last is not None:
            self._due = self._marking.due(last, step)
        if step >= self._due:
            self._mark(step)
        self._recorded = []
        self._times.step_begins()

    @contextmanager
    def observed(self, batch: MicroBatch) -> Iterator[None]:
        """The samples' shares are recorded."""
        with self.capture.recording(batch.segments, rows_of(batch.inputs)) as recorded:
            yield
        self._recorded.append(recorded)

    def before_update(self, step: int) -> None:
        """The sum of shares against the gradient; the optimizer's settings as they are for this step."""
        if not self._recorded:
            raise CannotTrace("no batch was observed in this step", where=f"step {step}")
        shares = _stacked([r.shares for r in self._recorded])
        self._announce(len(shares))
        gradient = self.layout.gradients()
        total = summed(shares.sum(0, dtype=self.layout.work))
        factor = quick_factor(self.layout, total, gradient, self.capture.tolerance)
        idle = factor is None and not bool(gradient.isfinite().all())
        if idle:
            # a loss scaler holds such a step back: its samples move nothing
            shares, gradient, factor, self._recorded = shares[:0], torch.zeros_like(gradient), 1.0, []
        elif factor is None:
            factor = common_factor(self.layout, total, gradient, self.capture.tolerance)
        pending = read_before(self.layout, self._running.optimizer, gradient, idle=idle)
        assert factor is not None  # noqa: S101 - 1 where the step is idle
        self._pending = shares, factor, pending

    def after_update(self, step: int) -> None:
        """The movement, taken apart."""
        if self._pending is None:
            raise CannotTrace("an update came without before_update", where=f"step {step}")
        shares, factor, pending = self._pending
        movement = read_after(self.layout, self._running.optimizer, pending)
        samples = [s.sample for r in self._recorded for s in r.segments]
        self._open.add(step, samples, shares, factor, movement)
        self._pending, self._recorded = None, []
        self._times.step_ends()

    def checkpoint_saved(self, step: int, folder: str) -> None:
        """The ledger is settled here, and what is needed to go on is put beside the checkpoint."""
        self.settle(step)
        arrays = {name: gathering.arrays() for name, gathering in self._gathering.items()}
        if first():
            save(Saved(step, self._lines, self.refresh.every, tuple(self.intervals), arrays), folder)

    def run_finished(self, steps: int) -> None:
        """The last mark; all is settled, and the taps come off."""
        self.settle(steps)
        self.capture.remove()
        for gathering in self._gathering.values():
            gathering.finish()
        found = coverage(balances(self.intervals, self.names))
        self._say(f"{found}; marks and settlements took {100 * self.overhead:.0f} % of the step time")
        self._book = None  # the close needs the memory

    def contributions(self) -> Iterator[pa.Table]:
        """CONTRIBUTIONS as they were booked, interval by interval, and last what samples give each other of it.

        Over several processes only once the run has finished, which puts together what each has gathered.
        """
        yield from contribution_tables(self.intervals, self.names, self.samples)
        if self.pushes is not None and self.intervals:
            given = self.pushes.transfers()
            yield transfers(*given, self.intervals[-1].stop, self.names, self.samples)

    def settle(self, step: int) -> None:
        """The ledger is settled up to the state after `step` steps, with a mark there if there is none."""
        if self._book is None:
            return
        if self._open.last_mark != step:
            self._mark(step)
        self._settle()

    def _settle(self) -> None:
        book = self._open
        if not book.windows:
            return
        if not self._times.settlements:  # loads kernels: on a GPU a second that is no measure of anything
            with self._times.settling(0):
                book.amounts()
        with self._times.settling(book.unsettled):
            amounts = book.amounts()
            for gathering in self._gathering.values():
                gathering.add(book.windows, book.due)
            self.intervals.append(book.settle(amounts))
            for gathering in self._gathering.values():
                gathering.book(self.intervals[-1])

    def _restore(self, folder: str | Path, step: int) -> None:
        """Goes on from the state beside a checkpoint, if there is one."""
        saved = load(folder, self._lines)
        if saved is None:
            self._say(f"no trace lies beside the checkpoint of step {step}: the ledger begins here")
            return
        if saved.step != step:
            raise CannotTrace(f"the trace is of step {saved.step}, the run of step {step}", where=str(folder))
        self.intervals = list(saved.intervals)
        self._marking.refresh = replace(self.refresh, every=saved.every)
        for name, gathering in self._gathering.items():
            arrays = saved.gathered.get(name)
            if not arrays:
                self._say(
                    f"no {name} lie beside the checkpoint of step {step}: they are gathered from here on"
                )
            elif arrays["sketches"].shape != gathering.sketches.shape:
                raise CannotTrace(
                    f"the trace has {arrays['sketches'].shape[1]:,} numbers a sketch, not {self.settings.sketch:,}",
                    where=str(folder),
                    hint="go on with the number it was begun with",
                )
            else:
                gathering.restore(arrays)

    @property
    def refresh(self) -> Refresh:
        """The spacing of marks as it is now."""
        return self.settings.refresh if self._marks is None else self._marks.refresh

    @property
    def marks(self) -> int:
        """How many times the items were computed so far."""
        return self._times.banks

    @property
    def reached(self) -> tuple[Reach, ...]:
        """The windows between marks, since this process began."""
        return () if self._marks is None else tuple(self._marks.reached)

    @property
    def overhead(self) -> float:
        """Seconds of marks and settlements over seconds of steps with their capture; what the ceiling bounds."""
        return self._times.overhead

    @property
    def _gathering(self) -> dict[str, Removal | Pushes]:
        """Who is told of the steps of each interval before it is settled, and of its amounts."""
        known: dict[str, Removal | Pushes | None] = {"removal": self.removal, "pushes": self.pushes}
        return {name: gathering for name, gathering in known.items() if gathering is not None}

    @property
    def _lines(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((n.suite, n.item, n.functional) for n in self.names)

    @property
    def _running(self) -> RunStarted:
        if self._run is None:
            raise CannotTrace("the run has not started", hint="run_started comes first")
        return self._run

    @property
    def _open(self) -> Book:
        if self._book is None:
            raise CannotTrace("no step has started", hint="step_started comes first")
        return self._book

    @property
    def _marking(self) -> Marks:
        if self._marks is None:
            raise CannotTrace("the run has not started", hint="run_started comes first")
        return self._marks

    def _marks_of(self, run: RunStarted) -> Marks:
        return Marks(
            self.layout,
            self.refresh,
            middle=self.settings.middle,
            most=self.settings.marks,
            directions=[n.direction for n in self.names],
            compute=self._bank,
            settle=self._settle,
            times=self._times,
            grain=lambda: self.capture.grain,
            total=run.total_steps,
        )

    def _mark(self, step: int) -> None:
        with self._times.marking():
            right = self._bank(step)
            if self._open.last_mark is None:
                self._open.begin(right)
            else:
                self._marking.close(self._open, right)
                if self._full():
                    self._settle()
        self._due = step + self.refresh.every

    def _full(self) -> bool:
        """True where another window would hold more steps or more banks than the settings allow.

        The first window is settled at once, which tells what settling costs.
        """
        if self.refresh.adaptive and self.refresh.ceiling is not None and not self._times.settlements:
            return True
        steps = self._open.unsettled + self.refresh.every > self.settings.interval
        return steps or self._open.banks >= self.settings.marks

    def _bank(self, step: int) -> Bank:
        self._times.banks += 1
        return bank(self._running.model, self.capture, self.probes, step)

    def _announce(self, samples: int) -> None:
        """Says once what memory the trace takes, before the first step has moved anything."""
        if self.plan is not None:
            return
        groups = self._running.optimizer.param_groups
        keep = max(float(g["betas"][0]) if "betas" in g else float(g["momentum"]) for g in groups)
        spacing = self.refresh.most if self.refresh.adaptive else self.refresh.every
        self.plan = memory_plan(
            self.layout.size,
            len(self.names),
            samples,
            interval=min(max(self.settings.interval, spacing), self._running.total_steps),
            marks=self.settings.marks,
            tail=tail_steps(keep, self.settings.tail),
            apart=min(spacing, self._running.total_steps) if self.refresh.adaptive else 0,
            stored=self.capture.storage.itemsize,
            worked=self.layout.work.itemsize,
            sketched=sum(g.size(samples * self._running.total_steps) for g in self._gathering.values()),
        )
        self._say(str(self.plan))

    def _now(self) -> float:
        if self._run is not None and self.layout.device.type == "cuda":
            torch.cuda.synchronize(self.layout.device)
        return self._clock()


def _stacked(shares: Sequence[Tensor]) -> Tensor:
    """The shares of all micro-batches; one is not copied, as it may be gigabytes."""
    return shares[0] if len(shares) == 1 else torch.cat(list(shares))


def rows_of(inputs: Any) -> int:
    """Rows of a batch."""
    for name in ("input_ids", "inputs_embeds"):
        if name in inputs:
            return int(inputs[name].shape[0])
    return int(next(v.shape[0] for v in inputs.values() if hasattr(v, "shape")))
