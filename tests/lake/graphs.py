"""A lake in which a split was trained on, evaluated and attributed, made of records alone."""

from __future__ import annotations

from dataclasses import replace

from governance.evaluations import ModelRecord, SuiteUsed
from governance.lake import Lake, trainings
from governance.lake.contributions import AttributionRecord, commit_attribution
from governance.lake.evaluations import commit_evaluation
from governance.lake.splits import find_split
from governance.lake.suites import save_suite
from governance.trainings import EXCLUSIONS, FINISHED
from tests.attribution.ledgers import ledger_of, sample_table
from tests.lake.builders import suite
from tests.lake.test_evaluations import evaluation
from tests.lake.test_trainings import RECORD, samples, steps

RUN, BEFORE, AFTER, TRACED = (
    RECORD.run,
    "20261126-090000-before",
    "20261126-110000-after",
    "20261126-120000-traced",
)


def train_on(lake: Lake, split: str) -> None:
    """A training run of the split, its base model and its checkpoint evaluated, and an attribution of the two."""
    record = find_split(lake, split)
    run = replace(RECORD, split=record.reference, split_id=record.split_id, split_hash=record.content_hash)
    trainings.start_training(lake, run, samples(), EXCLUSIONS.empty_table())
    trainings.add_progress(lake, RUN, steps(0, 2))
    trainings.finish_training(lake, RUN, FINISHED, {})
    kept = save_suite(lake, suite("finance", "What is a bond?"))
    used = SuiteUsed(kept.name, 1, kept.content_hash, "generic", 1, 0)
    base = ModelRecord("new:tiny", "transformers", run.model_hash)
    trained = ModelRecord("runs/x/checkpoint-2", "transformers", "d" * 64, run=RUN, step=2)
    for ident, model in ((BEFORE, base), (AFTER, trained)):
        commit_evaluation(lake, replace(evaluation(ident, []), model=model, suite=used), [])
    ledger = ledger_of(sample_table(3), {(i, "eval/0"): 1.0 - i for i in range(3)}, suite="finance")
    commit_attribution(lake, TRACED, AttributionRecord(RUN, evaluations=(BEFORE, AFTER)), ledger)
