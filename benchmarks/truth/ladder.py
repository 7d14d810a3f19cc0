"""Why do the bookings predict halves less well than In-Run's amounts? From one to the other, one change at a time.

    python -m benchmarks.truth.ladder                            # AdamW, all parameters, seeds 0, 1, 2
    python -m benchmarks.truth.ladder --optimizer sgd            # the same with SGD
    python -m benchmarks.truth.ladder --rows 64                  # with larger steps
    python -m benchmarks.truth.ladder --world own                # against another way of leaving rows out

One run of each seed is watched. What each row's gradient did to each item is summed in several forms, for every
parameter tensor by itself, and the forms are held against training on halves.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from attribution.capturing.layout import cut
from attribution.ledger.intervals import Floats
from attribution.ledger.ledger import HeldStep, Window
from benchmarks.truth.corpus import LEAKED, WRONG
from benchmarks.truth.course import ADAMW, FULL, LORA, SGD, Case, Course, case_of, train
from benchmarks.truth.figures import Seed, correlated, ranked
from benchmarks.truth.ours import SETTINGS, InRun, Watched
from benchmarks.truth.store import Store
from benchmarks.truth.together import Move, clipped, weighted_together
from benchmarks.truth.truth import halves, measured

HALVES, OWN, MOST, HELD = "halves", "own", "most", "held"
WORLDS = {
    HALVES: "halves of the rows, the divisor of each step's loss as it was",
    OWN: "halves of the rows, each step's loss divided by its own tokens",
    MOST: "nine tenths of the rows",
    HELD: "halves of the rows, Adam's second moments and the clipping as in the whole run",
}
KINDS = {"embedding": ("embed",), "attention": ("attn",), "mlp": ("mlp",), "norms": ("norm",)}
"""Of tensors, by what stands in their names; the first that fits, norms of attention being attention."""
Parts = dict[str, dict[str, Floats]]


# --- amounts, in several forms --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """How a step's gradients are turned into amounts.

    Attributes:
        preconditioned: with the optimizer's rate of every parameter, not one learning rate for all.
        momentum: a gradient counts in all steps that its momentum reaches, not at its own alone.
        middle: the items' gradients are those in the middle of the step, not before it.
    """

    preconditioned: bool = False
    momentum: bool = False
    middle: bool = False


IN_RUN, RATED, BOOKED = "in-run", "+ rates", "bookings"
FORMS = {
    IN_RUN: Form(),
    "+ middle": Form(middle=True),
    "+ momentum": Form(momentum=True),
    "+ momentum + middle": Form(momentum=True, middle=True),
    RATED: Form(preconditioned=True),
    "+ rates + momentum": Form(preconditioned=True, momentum=True),
    BOOKED: Form(preconditioned=True, momentum=True, middle=True),
}


class Forms(InRun):
    """Amounts by form, tensor, row and item; told of what the removal score is told of.

    Attributes:
        sums: (tensors, N, M) by form.
        tracer: whose layout says where tensors lie; set before the run.
    """

    tracer: Watched

    def __init__(self, samples: int, items: int) -> None:
        self.shape = samples, items
        self.sums: dict[str, Floats] = {}

    def add(self, windows: Sequence[Window], held: Sequence[HeldStep]) -> None:
        """The steps of an interval."""
        layout = self.tracer.layout
        for name, form in FORMS.items():
            sums = self.sums.setdefault(name, np.zeros((len(layout.names), *self.shape)))
            for tensor, piece in enumerate(zip(layout.starts, layout.starts[1:], strict=False)):
                for h, amounts in _pushed(form, windows, held, *piece):
                    np.add.at(sums[tensor], list(h.samples), h.factor * amounts.double().numpy())


def _pushed(
    form: Form, windows: Sequence[Window], held: Sequence[HeldStep], first: int, last: int
) -> list[tuple[HeldStep, torch.Tensor]]:
    """What the shares of each step did through the places first..last, before clipping: equation (2) by form."""
    steps, found = {h.step: h for h in held}, []
    brings = torch.zeros(len(windows[0].left.values), last - first)
    keep = 0.0
    for window in reversed(windows):
        for step in reversed(window.steps):
            h = steps[step]
            assert h.rates is not None and isinstance(h.coefficients.keep, float)
            beta = h.coefficients.keep
            grown = 1 - beta ** (step + 1)  # the bias correction of momentum, which is in the rates
            rates = h.rates[first:last] if form.preconditioned else h.rate / grown
            item = window.left.gradients[:, first:last].float()
            if form.middle:
                item = window.between(step, first, last, torch.float32)
            brings = item * rates + keep * brings if form.momentum else item * rates * grown
            gain = 1 - beta if form.momentum else 1.0
            found.append((h, gain * h.shares[:, first:last].float() @ brings.T))
            keep = beta
    if form.momentum and keep:
        early = (h for h in held if h.step < windows[0].left.step)
        left = keep * brings
        found += [(h, h.shares[:, first:last].float() @ (left * cut(h.weight, first, last)).T) for h in early]
    return found


def netted(parts: Floats) -> Floats:
    """(N, M) amounts with the same sums over rows, of which what cancels within a tensor is shared out equally.

    Of a tensor's amounts (N, M) the part κ = Σ_j |Σ_i φ_ij| / Σ_ij |φ_ij| stays with the rows; the rest, which other
    rows took back, goes to all rows alike, so that each item's sum stays what it was.

    Args:
        parts: (tensors, N, M).
    """
    net, gross = np.abs(parts.sum(1)).sum(1), np.abs(parts).sum((1, 2))
    kept = np.divide(net, gross, out=np.zeros_like(net), where=gross > 0)[:, None, None]
    return np.asarray((kept * parts + (1 - kept) * parts.mean(1, keepdims=True)).sum(0))


def watched(case: Case) -> Forms:
    """The course once more, with the items' losses watched."""
    forms = Forms(len(case.corpus.rows), case.items)
    forms.tracer = Watched(case.probes[:1], SETTINGS, forms)
    train(case.course, case.model(), case.corpus.rows, [forms.tracer])
    return forms


def _as_arrays(forms: Forms) -> dict[str, Floats]:
    return {**forms.sums, "names": np.array(forms.tracer.layout.names)}


# --- training again -------------------------------------------------------------------------------------------------


class Realised:
    """The second moments and clip factors of a run, for others to be moved by."""

    def __init__(self) -> None:
        self.moments: list[list[torch.Tensor]] = []
        self.factors: list[float] = []

    def kept(self, course: Course, trained: Sequence[torch.Tensor]) -> Move:
        """The course's own way, of one copy, remembered."""
        optimizer = course.optimizer_of(trained)

        def move(step: int) -> None:
            optimizer.param_groups[0]["lr"] = course.rate * course.share(step)
            self.factors.append(float(clipped(trained, course.most)[0]))
            optimizer.step()
            self.moments.append([optimizer.state[p]["exp_avg_sq"].clone() for p in trained])

        return move

    def followed(self, course: Course, trained: Sequence[torch.Tensor]) -> Move:
        """AdamW, but for what was remembered."""
        momentum = [torch.zeros_like(t) for t in trained]

        def move(step: int) -> None:
            rate = course.rate * course.share(step)
            with torch.no_grad():
                for t, m, v in zip(trained, momentum, self.moments[step], strict=True):
                    assert t.grad is not None
                    m.lerp_(t.grad * self.factors[step], 0.1)
                    root = (v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8
                    t.mul_(1 - rate * course.decay).sub_(rate / (1 - 0.9 ** (step + 1)) * m / root * (v > 0))

        return move


def masks_of(world: str, rows: int, subsets: int, seed: int) -> Floats:
    """(subsets, N) 1 where a row is kept."""
    if world != MOST:
        return halves(rows, subsets, seed).astype(float)
    random, masks = np.random.default_rng([11, seed]), np.zeros((subsets, rows))
    for mask in masks:
        mask[random.permutation(rows)[: round(0.9 * rows)]] = 1.0
    return masks


def worth_of(case: Case, world: str, masks: Floats) -> Floats:
    """(subsets, M) minus the items' losses after each training."""
    weights, realised = torch.tensor(masks, dtype=torch.float32), Realised()
    if world == HELD:
        weighted_together(case, torch.ones(1, len(case.corpus.rows)), realised.kept)
        return weighted_together(case, weights, realised.followed)[:, : case.items]
    return weighted_together(case, weights, own_divisor=world == OWN)[:, : case.items]


# --- the table ------------------------------------------------------------------------------------------------------


def main(given: Sequence[str] | None = None) -> None:
    """Watches, trains again, prints."""
    options = _options(given)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    found = [seed_of(options, seed) for seed in options.seeds]
    figures = correlated([seed for seed, _ in found], slice(None), options.draws)
    print(f"\n{options.mode}, {options.optimizer}, {options.rows} rows a step, {WORLDS[options.world]}\n")
    print("| form | LDS | by seed | to in-run | leaked: AUC | wrong: AUC |\n|---|---|---|---|---|---|")
    for place, method in enumerate(figures.methods):
        value, (low, high) = figures.of(method)
        change, (least, most) = figures.between(method, IN_RUN)
        seeds = " ".join(f"{v:.2f}" for v in figures.seeds[:, place])
        print(
            f"| {method} | {value:.3f} [{low:.3f}, {high:.3f}] | {seeds} | "
            f"{change:+.3f} [{least:+.3f}, {most:+.3f}] | {' | '.join(_areas(found, method))} |"
        )
    change, (least, most) = figures.between(BOOKED, RATED)
    print(
        f"\n{BOOKED} - in-run of the optimizer's own step (+ rates): {change:+.3f} [{least:+.3f}, {most:+.3f}]"
    )
    print("\n| tensors | in-run: gross, net | bookings: gross, net |\n|---|---|---|")
    for kind in found[0][1][BOOKED]:
        cells = [_sizes([parts[form] for _, parts in found], kind) for form in (IN_RUN, BOOKED)]
        print(f"| {kind} | {' | '.join(cells)} |")


def _areas(found: Sequence[tuple[Seed, object]], method: str) -> list[str]:
    return [f"{ranked([s for s, _ in found], method, planted).area:.3f}" for planted in (LEAKED, WRONG)]


def seed_of(options: argparse.Namespace, number: int) -> tuple[Seed, Parts]:
    """(what is held against what, amounts by form and kind of tensor); what was done is kept on disk."""
    steps = Course.rows * Course.steps // options.rows
    course = Course(options.mode, number, options.rows, steps, optimizer=options.optimizer)
    usual = options.rows == Course.rows
    name = f"{options.mode}-{options.optimizer}-{number}" + ("" if usual else f"-{options.rows}")
    case = case_of(course, options.work / "base.pt")
    forms = _once(options.work / f"forms-{name}.npz", lambda: _as_arrays(watched(case)))
    masks = masks_of(options.world, len(case.corpus.rows), options.subsets, number)
    if usual and (options.world, options.optimizer) == (HALVES, ADAMW):  # those of the benchmark itself
        store = Store(options.work / f"retrained-{options.mode}-{number}.jsonl")
        worth = measured(case, store, options.subsets)[:, : case.items]
    else:
        path = options.work / f"worth-{options.world}-{name}-{options.subsets}.npz"
        worth = _once(path, lambda: {"worth": worth_of(case, options.world, masks)})["worth"]
    scores, parts = scores_of(forms)
    return Seed(case.corpus, masks.astype(bool), worth, scores), parts


def scores_of(forms: dict[str, Floats]) -> tuple[dict[str, Floats], Parts]:
    """((N, M) of every line of the table, those of the two ends by kind of tensor)."""
    kinds = np.array([_kind(name) for name in forms["names"]])
    there = [kind for kind in KINDS if kind in kinds]
    parts = {form: {k: forms[form][kinds == k].sum(0) for k in there} for form in (IN_RUN, BOOKED)}
    scores = {form: forms[form].sum(0) for form in FORMS}
    for form, by_kind in parts.items():
        scores[f"{form}, netted by tensor"] = netted(forms[form])
        scores |= {f"{form}: {kind} alone": amounts for kind, amounts in by_kind.items()}
        scores[f"{form}: without attention"] = scores[form] - by_kind["attention"]
    return scores, parts


def _once(path: Path, made: Callable[[], dict[str, Floats]]) -> dict[str, Floats]:
    if not path.exists():
        np.savez_compressed(path, **made())  # type: ignore[arg-type]
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _kind(name: str) -> str:
    return next(kind for kind, words in KINDS.items() if any(word in name for word in words))


def _sizes(seeds: Sequence[dict[str, Floats]], kind: str) -> str:
    """Sums over rows and items of |amounts|, and of |sums over rows|, each of the whole's gross, in percent."""
    gross = sum(np.abs(part).sum() for parts in seeds for part in parts.values())
    mine = [parts[kind] for parts in seeds]
    sizes = sum(np.abs(m).sum() for m in mine), sum(np.abs(m.sum(0)).sum() for m in mine)
    return ", ".join(f"{100 * float(size) / float(gross):.0f} %" for size in sizes)


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mode", choices=(FULL, LORA), default=FULL)
    parser.add_argument("--optimizer", choices=(ADAMW, SGD), default=ADAMW)
    parser.add_argument("--world", choices=tuple(WORLDS), default=HALVES, help="how rows are left out")
    parser.add_argument("--rows", type=int, default=Course.rows, help="a step; the run sees as many in all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--subsets", type=int, default=50)
    parser.add_argument("--draws", type=int, default=200, help="of the bootstrap")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "govern-truth")
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
