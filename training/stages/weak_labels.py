"""Which labels a stage trains by reward, and why these, in words that go into the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from governance.errors import UsageError
from training.difficulty.estimating import passes, rates
from training.reward.instances import UNLABELLED, drawn, instances_of
from training.reward.rewarding import gold_of, reward

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.data.source import SplitData
    from training.models.loading import ModelSpec
    from training.stages.file import GrpoStage, StagePlan

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Chosen:
    """The labels of a stage; empty where there is nothing to train."""

    labels: tuple[str, ...]
    reason: str


def weak_labels(
    stage: GrpoStage, split: SplitData, model: ModelSpec, plan: StagePlan, lake: Lake | None
) -> Chosen:
    """The labels of the stage among those of the split whose answers can be judged.

    Where `weak_below` is set, their pass@1 is that of the file or the evaluation that the stage names, or else is
    measured now, on prompts of the split drawn as for label weights.

    Raises:
        UsageError: an evaluation is named and there is no lake to find it in, or none of its items has a label.
    """
    found = instances_of(split.members(), gold_of)
    judged = sorted({i.label for i in found.found})
    blind = [label for label in found.labels if label not in judged]
    have = "label has" if len(blind) == 1 else "labels have"
    aside = f"; {len(blind)} {have} no answer that can be judged" if blind else ""
    if stage.weak_below is None:
        labels = [x for x in judged if x in stage.labels] if stage.labels else judged
        return Chosen(tuple(labels), ("the stage names them" if stage.labels else "every label") + aside)
    if stage.evaluation:
        known: Mapping[str, float] = _of_evaluation(lake, stage.evaluation)
        aside = f", in evaluation {stage.evaluation}{aside}"
    else:
        known = stage.rates or _measured(stage, split, model, plan)
    weak = {label: rate for label, rate in known.items() if rate < stage.weak_below and label in judged}
    labels = sorted(weak, key=lambda label: (weak[label], label))
    shown = ", ".join(f"{label or 'no label'} {weak[label]:.2f}" for label in labels[:SHOWN])
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    if not labels:
        return Chosen((), f"none of {len(known)} labels has a pass@1 below {stage.weak_below:g}{aside}")
    return Chosen(tuple(sorted(labels)), f"pass@1 below {stage.weak_below:g}: {shown}{more}{aside}")


def evaluated_rates(results: pa.Table) -> dict[str, float]:
    """Label -> mean strict score over the scored items of an EVALUATION_ITEM table that have a label."""
    scored = results.filter(
        pc.and_(pc.is_valid(results.column("strict")), pc.is_valid(results.column("label")))
    )
    means = scored.group_by("label").aggregate([("strict", "mean")]).to_pylist()
    return {row["label"]: row["strict_mean"] for row in sorted(means, key=lambda row: str(row["label"]))}


def _of_evaluation(lake: Lake | None, evaluation: str) -> Mapping[str, float]:
    from governance.lake.evaluations import load_result_table

    if lake is None:
        hint = "give rates = FILE, or leave both out and let the model be asked"
        raise UsageError("there is no lake to find the evaluation in", where=evaluation, hint=hint)
    found = evaluated_rates(load_result_table(lake, evaluation))
    if not found:
        hint = "evaluate a suite whose items have labels, or leave it out and let the model be asked"
        raise UsageError("no scored item of the evaluation has a label", where=evaluation, hint=hint)
    return found


def _measured(stage: GrpoStage, split: SplitData, model: ModelSpec, plan: StagePlan) -> Mapping[str, float]:
    """pass@1 of the model by label."""
    from training.data.template import template_of
    from training.difficulty.answering import answering
    from training.failures import only_our_words
    from training.models.loading import load_model, load_tokenizer
    from training.models.placement import placed
    from training.settings import Lora

    settings = stage.chosen.settings.as_sft().model_copy(update={"lora": Lora()})  # nothing is trained here
    placement = placed(settings)
    tokenizer = load_tokenizer(model)
    tokenizer.chat_template = tokenizer.chat_template or template_of(tokenizer, settings.template).source
    with only_our_words():
        net = load_model(model, settings, placement, tokenizer, keep_base=Path()).model.to(placement.device)
    instances = [i for i in instances_of(split.members(), gold_of).found if i.label != UNLABELLED]
    asked = drawn(instances, plan.weights.instances, plan.weights.seed)
    found = passes(asked, answering(net, tokenizer, plan.sampling), reward, plan.weights.answers)
    return {label: rate for label, rate in rates(found, 1).items() if rate is not None}
