"""What others give for the same run: their own packages where there is one, and published formulas.

Every method gets the same costs: an item's loss, and minus its margin. Positive scores mean that the row helped.
kronfluence and dattri-LLM see linear layers only, as they are made to; the output layer, which is tied to the
embedding, is one of them in full training. A package that is not installed is left out with a line that says so.
"""

from __future__ import annotations

import importlib.util
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from attribution.capturing.capture import Capture
from attribution.capturing.layout import layout_of
from attribution.ledger.intervals import Floats
from attribution.tracing.items import bank
from benchmarks.truth.corpus import Row
from benchmarks.truth.course import WIDTH, Case, tensors, train
from training.observer import RunStarted, Segment, Watching

CHECKPOINTS = 4
Batch = dict[str, torch.Tensor]
Missing = Callable[[str], None]


# --- the costs ------------------------------------------------------------------------------------------------------


def asked(case: Case) -> Batch:
    """The costs as rows of one batch: first every item's loss, then minus the margins of those that flipped."""
    batch = tensors(case.corpus.items)
    margin = case.probes[1].batch
    place = margin.gold.answer_mask.long().argmax(1) - 1  # the position that predicts the answer
    rows = torch.arange(len(place))
    gold, rival = margin.gold.input_ids[rows, place + 1], margin.other.input_ids[rows, place + 1]
    twice = {name: torch.cat([tensor, tensor]) for name, tensor in batch.items()}
    which = torch.cat([torch.zeros(len(place)), torch.ones(len(place))])
    both = {
        **twice,
        "margin": which,
        "place": place.repeat(2),
        "gold": gold.repeat(2),
        "rival": rival.repeat(2),
    }
    return {name: tensor[case.lines] for name, tensor in both.items()}


def cost(model: Any, batch: Batch) -> torch.Tensor:
    """(B,) nats: the loss of the answer, or minus the margin; of training rows, which have no margin, the loss."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    losses = cross_entropy(
        logits[:, :-1].transpose(1, 2), batch["labels"][:, 1:], ignore_index=-100, reduction="none"
    ).sum(1)
    if "margin" not in batch:
        return losses
    own = logits[torch.arange(len(losses)), batch["place"]]
    margins = (own.gather(1, batch["gold"][:, None]) - own.gather(1, batch["rival"][:, None])).squeeze(1)
    return torch.where(batch["margin"] > 0, -margins, losses)


def _one_by_one(batch: Batch) -> list[Batch]:
    return [{name: tensor[n] for name, tensor in batch.items()} for n in range(len(batch["input_ids"]))]


# --- formulas -------------------------------------------------------------------------------------------------------


def chance(case: Case) -> Floats:
    """Random numbers."""
    return np.random.default_rng(case.course.seed).normal(size=(len(case.corpus.rows), len(case.lines)))


def lexical(case: Case) -> Floats:
    """Cosine of bags of words of question and answer, words weighted by idf over the training rows."""
    rows, items = (
        [Counter(f"{r.prompt} {r.answer}".split()) for r in part]
        for part in (case.corpus.rows, case.corpus.items)
    )
    seen = Counter(word for row in rows for word in row)
    weight = {word: math.log((1 + len(rows)) / (1 + count)) for word, count in seen.items()}
    words = {word: place for place, word in enumerate(weight)}

    def matrix(bags: list[Counter[str]]) -> Floats:
        found = np.zeros((len(bags), len(words)))
        for place, bag in enumerate(bags):
            for word in bag.keys() & words.keys():
                found[place, words[word]] = weight[word]
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)

    return np.tile(matrix(rows) @ matrix(items).T, (1, 2))[:, case.lines]


class Kept(Watching):
    """Parameters, second moments and learning rate after each of a few steps, evenly spread, the last among them."""

    def __init__(self, checkpoints: int) -> None:
        self.checkpoints = checkpoints
        self.found: list[tuple[dict[str, torch.Tensor], list[torch.Tensor], float]] = []

    def run_started(self, run: RunStarted) -> None:
        """Whose parameters they are."""
        self._model, self._optimizer, self._steps = run.model, run.optimizer, run.total_steps

    def after_update(self, step: int) -> None:
        """Every so many steps."""
        if (step + 1) % (self._steps // self.checkpoints):
            return
        state = {k: v.detach().clone() for k, v in self._model.state_dict().items()}
        group = self._optimizer.param_groups[0]
        seconds = [self._optimizer.state[p]["exp_avg_sq"].clone() for p in group["params"]]
        self.found.append((state, seconds, float(group["lr"])))


def cosines(case: Case) -> dict[str, Floats]:
    """TracIn (Pruthi et al., 2020), its cosine, and LESS (Xia et al., 2024), each over four checkpoints."""
    model, kept = _checkpoints(case)
    layout = layout_of(model)
    capture = Capture(model, layout)
    names = ("TracIn, 4 checkpoints", "TracIn-cos, 4 checkpoints", "LESS, 4 checkpoints")
    scores = {name: np.zeros((len(case.corpus.rows), len(case.lines))) for name in names}
    try:
        for state, seconds, rate in kept.found:
            model.load_state_dict(state)
            items = bank(model, capture, case.watched, 0).gradients
            ours = shares(model, capture, case.corpus.rows)
            second = layout.flat(seconds)
            direction = 0.1 * ours / ((0.999 * second + 0.001 * ours.square()).sqrt() + 1e-8)
            for name, found in zip(
                names, (ours @ items.T, _cosine(ours, items), _cosine(direction, items)), strict=True
            ):
                scores[name] += rate * found.double().numpy()
    finally:
        capture.remove()
    return scores


def _checkpoints(case: Case) -> tuple[Any, Kept]:
    """(the trained model, what was kept on the way)."""
    model, kept = case.model(), Kept(CHECKPOINTS)
    train(case.course, model, case.corpus.rows, [kept])
    return model, kept


def shares(model: Any, capture: Capture, rows: tuple[Row, ...]) -> torch.Tensor:
    """(N, P) gradient of each row's loss, the mean over its answer's tokens."""
    model.eval()
    found = []
    for first in range(0, len(rows), 32):
        part = tensors(rows[first : first + 32])
        whole = tuple(Segment(n, n, 0, WIDTH) for n in range(len(part["input_ids"])))
        with capture.recording(whole, len(whole)) as recorded:
            (cost(model, part) / 2).sum().backward()
        found.append(recorded.shares)
    model.zero_grad()
    return torch.cat(found)


def _cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(a, dim=1) @ torch.nn.functional.normalize(b, dim=1).T


# --- packages -------------------------------------------------------------------------------------------------------


def kronfluence_ekfac(
    case: Case, state: dict[str, torch.Tensor], dampings: tuple[float | None, ...]
) -> dict[str, Floats]:
    """EK-FAC of kronfluence at the end of the run; a damping of None is its own heuristic, 0.1 of the mean."""
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments, ScoreArguments
    from kronfluence.task import Task

    class Answers(Task):
        def compute_train_loss(self, batch: Batch, model: Any, sample: bool = False) -> torch.Tensor:
            if not sample:
                return cost(model, batch).sum()
            logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[
                :, :-1
            ]
            counted = batch["labels"][:, 1:] != -100
            with torch.no_grad():
                drawn = torch.distributions.Categorical(logits=logits[counted]).sample()
            return cross_entropy(logits[counted], drawn, reduction="sum")

        def compute_measurement(self, batch: Batch, model: Any) -> torch.Tensor:
            return cost(model, batch).sum()

        def get_influence_tracked_modules(self) -> list[str]:
            return linear_layers(case)

        def get_attention_mask(self, batch: Batch) -> torch.Tensor:
            return batch["attention_mask"]

    model, task = _at(case, state), Answers()
    model = prepare_model(model, task)
    found = {}
    with TemporaryDirectory() as folder, _quiet():
        analyzer = Analyzer("truth", model, task, cpu=True, disable_tqdm=True, output_dir=folder)
        rows, items = _one_by_one(tensors(case.corpus.rows)), _one_by_one(asked(case))
        torch.manual_seed(0)
        analyzer.fit_all_factors("f", rows, 32, factor_args=FactorArguments(strategy="ekfac"))
        for damping in dampings:
            analyzer.compute_pairwise_scores(
                "s",
                "f",
                items,
                rows,
                32,
                32,
                score_args=ScoreArguments(damping_factor=damping),
                overwrite_output_dir=True,
            )
            scores = analyzer.load_pairwise_scores("s")["all_modules"]
            found[f"kronfluence EK-FAC {damping if damping is None else format(damping, 'g')}"] = (
                scores.double().numpy().T
            )
    return found


def dattri_tracin(case: Case) -> dict[str, Floats]:
    """TracIn and its cosine of dattri over the four checkpoints, with all trained parameters and no projection.

    Its EK-FAC does not run on this model (README). The rows go in without a mask, which transformers would look into
    where `vmap` forbids it: padding is at the right, so causality hides it.
    """
    from dattri.algorithm import TracInAttributor
    from dattri.task import AttributionTask
    from torch.utils.data import DataLoader, TensorDataset

    _, kept = _checkpoints(case)
    model = case.model().eval()
    rows, items = tensors(case.corpus.rows), asked(case)

    def costs(names: Sequence[str]) -> Callable[[Any, tuple[torch.Tensor, ...]], torch.Tensor]:
        def of(parameters: Any, row: tuple[torch.Tensor, ...]) -> torch.Tensor:
            def forward(input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
                return torch.func.functional_call(model, parameters, kwargs={"input_ids": input_ids})

            return cost(forward, {n: value[None] for n, value in zip(names, row, strict=True)}).sum()

        return of

    found = {}
    with _quiet():
        for name, cosine in (("dattri TracIn", False), ("dattri TracIn-cos", True)):
            states, rates = [state for state, _, _ in kept.found], [rate for _, _, rate in kept.found]
            task = AttributionTask(costs(tuple(rows)), model, states, target_func=costs(tuple(items)))
            attributor = TracInAttributor(task, torch.tensor(rates), cosine)
            attributor.projector_kwargs = None  # not to 512 numbers; None given would be its default
            parts = (DataLoader(TensorDataset(*part.values()), batch_size=32) for part in (rows, items))
            found[f"{name}, {CHECKPOINTS} checkpoints"] = attributor.attribute(*parts).double().numpy()
    return found


def dattri_llm(case: Case, state: dict[str, torch.Tensor], dampings: tuple[float, ...]) -> dict[str, Floats]:
    """dattri-LLM at the end of the run: gradient products (its TracIn at one checkpoint), cosine, and EK-FAC."""
    from dattri_llm import (
        AttributionArguments,
        AttributionTask,
        EKFACAttributor,
        HookManagerConfig,
        TracInAttributor,
    )

    def total(model: Any, batch: Batch) -> torch.Tensor:
        return cost(model, batch).sum()

    model = _at(case, state)
    rows, whole = _one_by_one(tensors(case.corpus.rows)), _one_by_one(asked(case))
    parts = (
        whole[: case.items],
        whole[case.items :],
    )  # it knows items by their tokens, which loss and margin share
    task = AttributionTask(total, model, target_func=total)
    hooks = HookManagerConfig(hook_types=dict.fromkeys(linear_layers(case), "linear_io"))
    found = {}
    with TemporaryDirectory() as folder, _quiet():
        arguments = AttributionArguments(
            output_dir=folder, per_device_train_batch_size=32, per_device_eval_batch_size=32,
            use_cpu=True, max_grad_norm=None,
        )  # fmt: skip

        def scored(attributor: Any, **options: Any) -> Floats:
            scores = [attributor.attribute(rows, part, hook_config=hooks, **options) for part in parts]
            return np.hstack([_by_hash(score, rows, part) for score, part in zip(scores, parts, strict=True)])

        found["dattri-LLM TracIn, end"] = scored(TracInAttributor(arguments, task=task))
        found["dattri-LLM GradCos, end"] = scored(
            TracInAttributor(arguments, task=task), normalized_grad=True
        )
        for damping in dampings:
            for relative in (True, False):
                ekfac = EKFACAttributor(arguments, task=task)
                scores = scored(
                    ekfac, damping=damping, relative_damping=relative, fisher_dir=f"{folder}/fisher"
                )
                found[f"dattri-LLM EK-FAC {damping:g}{' of the mean' if relative else ''}"] = scores
    return found


def _by_hash(score: Any, rows: list[Batch], items: list[Batch]) -> Floats:
    """Its scores in our order: it names a sample by a hash of the tokens, so equal ones share a line of their sum."""
    from dattri_llm import hash_sample

    def identity(row: Batch) -> str:
        return hash_sample({name: row[name] for name in ("input_ids", "attention_mask")})

    ids, matrix = score.agnostic_matrix()
    place = {name: n for n, name in enumerate(ids)}
    ours = [identity(row) for row in rows]
    shared = torch.tensor([ours.count(name) for name in ours])
    lines = matrix[[place[name] for name in ours]] / shared[:, None]
    return lines[:, [score.test_index[identity(item)] for item in items]].double().numpy()


def linear_layers(case: Case) -> list[str]:
    """Names of the linear layers that are trained."""
    model = case.model()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module.weight.requires_grad
    ]


def installed(package: str) -> bool:
    """Whether a peer is there."""
    return importlib.util.find_spec(package) is not None


def _at(case: Case, state: dict[str, torch.Tensor]) -> Any:
    model = case.model()
    model.load_state_dict(state)
    return model.eval()


@contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    try:
        with redirect_stderr(StringIO()):  # bars of progress
            yield
    finally:
        logging.disable(logging.NOTSET)
