"""Watches a training run and keeps a sketch of every sample's gradient: for models whose shares do not fit in memory.

    sketcher = Sketcher(probes, folder)
    ... any training that calls observers, with sketcher among them ...
    settled(Folder(folder), sketcher.names)      # scores by sample and item: a ranking

What happens when, within one optimizer step:

    step_started     a mark if one is due: the items' values and gradients; their sketches for the window that ends
    observed         the samples' sketches, layer by layer while backward runs
    before_update    their sum against the sketch of the gradient, which tells the clip factor or refuses
    after_update     what the optimizer did, in a few numbers a layer; the step goes into a block
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from attribution.capturing.capture import TOLERANCES, common_factor
from attribution.errors import CannotTrace
from attribution.ledger.movement import rule_of
from attribution.ledger.plan import size_text, tail_steps
from attribution.ledger.refresh import Cost, Refresh, affordable
from attribution.sketching.covering import Covered, covered
from attribution.sketching.folder import Folder, StepRows, WindowRows
from attribution.sketching.importance import Importance, even, importance
from attribution.sketching.plan import OVERHEAD, SketchPlan, within
from attribution.sketching.projections import Projections, projections
from attribution.sketching.queries import HeldBank, held_bank, sketched, squares
from attribution.sketching.schedule import LayerStep, after, before, preconditioner, second_moment
from attribution.sketching.taps import Taps, by_segment
from attribution.tracing.items import Probe, names_of
from attribution.tracing.processes import count
from attribution.tracing.tracer import rows_of
from training.observer import MicroBatch, RunStarted, Segment, Watching

if TYPE_CHECKING:
    from torch import Tensor

_LOG = logging.getLogger("govern.attribution")
_BLOCK_STEPS, _BLOCK_BYTES = 16, 2**26
INTERVAL, TAIL = 40, 0.01
"""Steps that are settled together, and the share of a gradient in the momentum below which it is let go."""


@dataclass(frozen=True, slots=True)
class SketchSettings:
    """How a run is sketched.

    Attributes:
        width: k; a layer's sketch has k² numbers.
        fold: how many times wider than k the projections are before they are folded.
        separable: whether D of equation (6) is used; False is D = 1.
        cap: entries of the optimizer's P beyond so many times what the layer's mean v gives are cut to that; 0 cuts
            none. They are few, belong to v of next to nothing, and make most of the noise.
        refresh: the spacing of marks; they are denser at the start, see `spacing`.
        storage: precision on disk, "float16" or "float32".
        seed: of the projections.
        leave_out: glob patterns of weights that are not sketched.
        disk_limit: bytes on disk; None for what is free.
    """

    width: int = 16
    fold: int = 4
    separable: bool = True
    cap: float = 10.0
    refresh: Refresh = field(default_factory=lambda: Refresh(every=8, most=64))
    storage: str = "float16"
    seed: int = 0
    leave_out: tuple[str, ...] = ()
    disk_limit: int | None = None


class Sketcher(Watching):
    """An observer that keeps sketches.

    Attributes:
        probes: the items.
        folder: where sketches go.
        names: the M lines, in the order of every (M, ...) array.
        covered: what is sketched, known from the run's start on.
        plan: memory and disk, known from the first optimizer step on.
        samples: 64 hex ids of the run's samples.
        seconds: of marks, and of steps with their sketches, each.
    """

    covered: Covered
    projections: Projections

    def __init__(
        self,
        probes: Sequence[Probe],
        folder: str | Path,
        settings: SketchSettings = SketchSettings(),
        *,
        importances: Sequence[Importance] | None = None,
        say: Callable[[str], None] = _LOG.info,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """`importances` gives D for each covered layer instead of having it found."""
        self.probes, self.settings = tuple(probes), settings
        self.folder = Folder(Path(folder))
        self.names = names_of(self.probes)
        self.plan: SketchPlan | None = None
        self.samples: Sequence[str] = ()
        self._given, self._say, self._clock = importances, say, clock
        self._run: RunStarted | None = None
        self._goes_on = False
        self._left: HeldBank | None = None
        self._due = 0
        self._recorded: list[tuple[tuple[Segment, ...], Tensor]] = []
        self._pending: tuple[float, tuple[LayerStep, ...]] | None = None
        self._block: list[StepRows] = []
        self.seconds: dict[str, list[float]] = {"marks": [], "steps": []}
        self._step_from = 0.0
        self._coarsest = torch.float32

    def run_started(self, run: RunStarted) -> None:
        """Taps go on the model; what cannot be sketched is refused here."""
        if count() > 1:
            raise CannotTrace("sketches are made by one process", where="WORLD_SIZE", hint="use --mode exact")
        rule_of(run.optimizer)
        self.covered = covered(run.model, self.settings.leave_out)
        self._taps = Taps(self.covered)
        self._run, self.samples, self._due = run, run.samples, run.first_step
        self._goes_on = self.folder.begin(self._about(run), run.first_step)
        if run.first_step and not self._goes_on:
            self._say(f"no sketches reach up to step {run.first_step}: they begin here")
        self._say(str(self.covered))

    def step_started(self, step: int) -> None:
        """A mark, if one is due."""
        if step >= self._due:
            self._mark(step)
        self._recorded = []
        self._step_from = self._clock()

    @contextmanager
    def observed(self, batch: MicroBatch) -> Iterator[None]:
        """The samples' sketches are made."""
        rows = rows_of(batch.inputs)
        size, device = self.projections.size, self.projections.layout.device
        into = torch.zeros(len(batch.segments), size, dtype=self._dtype, device=device)

        def taken(layer: int, x: Tensor, back: Tensor) -> None:
            if TOLERANCES.get(back.dtype, 0.0) > TOLERANCES[self._coarsest]:
                self._coarsest = back.dtype
            columns = self.projections.columns(layer)
            for n, inputs, outgoing in by_segment(batch.segments, rows, x, back):
                into[n, columns] += self.projections.each[layer].of_tokens(inputs, outgoing)

        with self._taps.watching(taken, rows):
            yield
        self._recorded.append((batch.segments, into))

    def before_update(self, step: int) -> None:
        """The sum of the samples' sketches against the gradient's; the groups as they are for this step."""
        if not self._recorded:
            raise CannotTrace("no batch was observed in this step", where=f"step {step}")
        self._announce(sum(len(s) for s, _ in self._recorded))
        weights = self.covered.weights
        gradient = self.projections.of_gradients(weights)
        if not bool(gradient.isfinite().all()):  # a loss scaler holds such a step back
            self._recorded, gradient = [], torch.zeros_like(gradient)
        total = torch.zeros_like(gradient)
        for _, sketches in self._recorded:
            total += sketches.sum(0)
        factor = common_factor(self.projections.layout, total, gradient, TOLERANCES[self._coarsest])
        self._pending = factor, before(self._running.optimizer, weights)

    def after_update(self, step: int) -> None:
        """The step goes into the open block."""
        if self._pending is None:
            raise CannotTrace("an update came without before_update", where=f"step {step}")
        factor, pending = self._pending
        numbers = after(self._running.optimizer, self.covered.weights, pending)
        samples = np.array([s.sample for segments, _ in self._recorded for s in segments], np.int64)
        sketches = [part.float().cpu().numpy() for _, part in self._recorded]
        empty = np.zeros((0, self.projections.size), np.float32)
        self._block.append(StepRows(step, samples, np.concatenate([empty, *sketches]), factor, numbers))
        self._pending, self._recorded = None, []
        if len(self._block) >= _BLOCK_STEPS or sum(r.sketches.nbytes for r in self._block) >= _BLOCK_BYTES:
            self._flush()
        self.seconds["steps"].append(self._clock() - self._step_from)

    def checkpoint_saved(self, step: int, folder: str) -> None:
        """A mark, and all that is held goes to disk; a run that goes on from here finds it in the same folder."""
        if self._left is not None and self._left.step != step:
            self._mark(step)
        self._flush()

    def run_finished(self, steps: int) -> None:
        """The last mark; the preconditioner is kept for later questions, and the taps come off."""
        self.checkpoint_saved(steps, "")
        if self._left is not None:
            each = zip(self.covered.names, self.covered.weights, strict=True)
            self.folder.keep_preconditioner({n: self._p(w) for n, w in each})
        self._taps.remove()
        self._say(f"marks took {100 * self.overhead:.0f} % of the step time")

    @property
    def overhead(self) -> float:
        """Seconds of marks over seconds of steps with their sketches."""
        steps = sum(self.seconds["steps"])
        return sum(self.seconds["marks"]) / steps if steps else 0.0

    @property
    def _running(self) -> RunStarted:
        if self._run is None:
            raise CannotTrace("the run has not started", hint="run_started comes first")
        return self._run

    @property
    def _dtype(self) -> torch.dtype:
        wide = any(w.dtype == torch.float64 for w in self.covered.weights)
        return torch.float64 if wide else torch.float32

    def _about(self, run: RunStarted) -> dict[str, Any]:
        """What must be the same for sketches to be added to those on disk."""
        s = self.settings
        return {
            "version": 1,
            "layers": {
                n: list(w.shape) for n, w in zip(self.covered.names, self.covered.weights, strict=True)
            },
            "not_covered": list(self.covered.rest),
            "share": self.covered.share,
            "width": s.width,
            "fold": s.fold,
            "separable": s.separable,
            "cap": s.cap,
            "storage": s.storage,
            "seed": s.seed,
            "lines": [[n.suite, n.item, n.functional] for n in self.names],
            "samples": len(run.samples),
            "samples_hash": sha256("".join(run.samples).encode()).hexdigest(),
        }

    def _mark(self, step: int) -> None:
        start = self._clock()
        bank = held_bank(self._running.model, self._taps, self.covered, self.probes, step)
        if not hasattr(self, "projections"):
            self.projections = self._projections(bank)
        if self._left is not None:
            self._window(self._left, bank)
        self._left = bank
        self.seconds["marks"].append(self._clock() - start)
        self._due = step + self._spacing(step)

    def _window(self, left: HeldBank, right: HeldBank) -> None:
        """The window that ends now, with the preconditioner as it is now."""
        weights = self.covered.weights
        sides = [
            sketched(b, self.projections, lambda n: self._p(weights[n]), self._dtype) for b in (left, right)
        ]
        values = (left.values.numpy(), right.values.numpy(), *(s.float().cpu().numpy() for s in sides))
        self.folder.add_window(WindowRows(left.step, right.step, *values))

    def _p(self, weight: torch.nn.Parameter) -> Tensor:
        return preconditioner(self._running.optimizer, weight, self.settings.cap)

    def _projections(self, bank: HeldBank) -> Projections:
        """The run's projections, with the D that is kept, given or found."""
        if self._goes_on:
            each = self.folder.importance()
        else:
            each = tuple(self._given or (self._importance(bank, n) for n in range(len(self.covered.names))))
            self.folder.keep_importance(each)
        s = self.settings
        return projections(self.covered, each, width=s.width, fold=s.fold, seed=s.seed, dtype=self._dtype)

    def _importance(self, bank: HeldBank, layer: int) -> Importance:
        weight = self.covered.weights[layer]
        if not self.settings.separable:
            return even(weight, self._dtype)
        moment = second_moment(self._running.optimizer, weight)
        found = squares(bank, self.covered, layer, self._dtype) if moment is None else moment.to(self._dtype)
        return importance(found)

    def _spacing(self, step: int) -> int:
        """Steps to the next mark, or more where the ceiling asks for it."""
        refresh = self.settings.refresh
        wanted = spacing(step - self._running.first_step, refresh.every)
        steps = sorted(self.seconds["steps"][-20:])
        if not refresh.adaptive or not steps:
            return wanted
        marks, total = self.seconds["marks"], self._running.total_steps
        cost = Cost(sum(marks) / len(marks), steps[len(steps) // 2], sum(marks), total - step, total)
        return max(wanted, affordable(refresh, cost))

    def _flush(self) -> None:
        if self._block:
            self.folder.add_steps(self._block, self.settings.storage)
            self._block = []
            self._hold_to_the_limit()

    def _hold_to_the_limit(self) -> None:
        """The plan knows nothing of the marks at checkpoints, so what is on disk is looked at too."""
        limit, taken = self.settings.disk_limit, self.folder.bytes
        if limit is not None and taken > limit:
            hint = "fewer checkpoints, a smaller --sketch-width, or a higher --disk-limit"
            raise CannotTrace(
                f"the sketches take {size_text(taken)} of disk", where="--disk-limit", hint=hint
            )

    def _announce(self, samples: int) -> None:
        """Says once what memory and disk it takes, before the first step has moved anything, or refuses."""
        if self.plan is None:
            self.plan = self._planned(samples)
            self._say(str(self.plan))
            within(self.plan, self.settings.disk_limit, shutil.disk_usage(self.folder.path).free)

    def _planned(self, samples: int) -> SketchPlan:
        run, size, items = self._running, self.projections.size, len(self.names)
        stored = np.dtype(self.settings.storage).itemsize
        worked = 8 if self._dtype == torch.float64 else 4
        groups = run.optimizer.param_groups
        keep = max(float(g["betas"][0]) if "betas" in g else float(g["momentum"]) for g in groups)
        window = min(INTERVAL + self.settings.refresh.every, run.total_steps)
        held = window + min(tail_steps(keep, TAIL), run.total_steps) + 1
        marks = marks_of(run.total_steps - run.first_step, self.settings.refresh.every)
        numbers = 8 * 8 * len(self.covered.names)
        matrices = [m for p in self.projections.each for m in (p.sample_rows, p.sample_columns)]
        vectors = 4 * size * min(len(run.samples), samples * run.total_steps)
        return SketchPlan(
            size=size,
            samples=samples,
            items_held=2 * (self._left.bytes if self._left is not None else 0),
            projections=2 * worked * sum(m.numel() for m in matrices),
            block=_BLOCK_STEPS * samples * size * 4 + 2 * samples * size * worked,
            window=held * samples * size * worked + 2 * (window + 1) * items * size * worked,
            index=2 * vectors,
            steps_on_disk=run.total_steps * (samples * (size * stored + OVERHEAD) + numbers),
            marks_on_disk=marks * items * (2 * size * 4 + 16),
            kept=2 * vectors + 2 * self.covered.scalars,
        )


def spacing(done: int, every: int) -> int:
    """Steps to the next mark after so many: a quarter of them, since v changes by its own age, and at most `every`."""
    return min(every, max(1, done // 4))


def marks_of(steps: int, every: int) -> int:
    """Windows of a run of so many steps, at most."""
    done, windows = 0, 0
    while done < steps:
        done += spacing(done, every)
        windows += 1
    return windows
