"""A training run in the lake is proven by the events it was written with."""

from __future__ import annotations

import pytest

from governance.lake import Lake, trainings
from governance.lake.training_proof import missing_trainings, verify_training
from governance.proof import verify_all
from governance.trainings import EXCLUSIONS, FAILED, FINISHED
from tests.lake.test_trainings import RECORD, samples, steps

RUN = RECORD.run


@pytest.fixture
def trained(lake: Lake) -> Lake:
    """A run of five steps that failed, went back behind what the lake held, and ended well."""
    trainings.start_training(lake, RECORD, samples(), EXCLUSIONS.empty_table())
    trainings.add_progress(lake, RUN, steps(0, 2))
    trainings.add_progress(lake, RUN, steps(2, 4))
    trainings.finish_training(lake, RUN, FAILED, {})
    trainings.rewind(lake, RUN)
    trainings.reopen_training(lake, RUN, {})
    trainings.add_progress(lake, RUN, steps(0, 3))
    trainings.add_progress(lake, RUN, steps(3, 5))
    trainings.finish_training(lake, RUN, FINISHED, {})
    return lake


def test_what_was_written_is_as_written(trained: Lake) -> None:
    assert [] == verify_training(trained, RUN)
    assert [] == missing_trainings(trained)
    assert (RUN,) == verify_all(trained, None, None, "log").trainings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE lake.trainings SET record = replace(record, 'ann', 'bob')", "the stored record is not"),
        ("UPDATE lake.training_samples SET weight = 2 WHERE number = 1", "the stored list of samples is not"),
        ("UPDATE lake.training_batches SET sample = 0 WHERE step = 3", "the batches of steps 3 to 4 are not"),
        ("UPDATE lake.training_steps SET loss = 0 WHERE step = 1", "the figures of steps 0 to 2 are not"),
        ("DELETE FROM lake.training_steps WHERE step = 4", "4 steps are stored, and 5 were committed"),
    ],
)
def test_what_was_changed_is_named(trained: Lake, change: str, said: str) -> None:
    trained.db.execute(change)

    problems = verify_training(trained, RUN)

    assert said in problems[-1]
    assert f"training {RUN}: {problems[-1]}" in verify_all(trained, None, None, "log").problems


def test_a_run_that_is_gone_is_missed_and_one_that_was_removed_is_not(trained: Lake) -> None:
    trained.db.execute("DELETE FROM lake.trainings")

    assert [RUN] == missing_trainings(trained)


def test_a_removed_run_is_not_missed(trained: Lake) -> None:
    trainings.remove_training(trained, RUN)

    assert [] == missing_trainings(trained)
