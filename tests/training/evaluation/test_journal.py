from __future__ import annotations

from pathlib import Path

import pytest

from governance.errors import InputError, LakeBusy
from governance.evaluations import ItemResult, ItemState
from training.evaluation.journal import Heading, discard, open_journal, peek

HEADING = Heading("20261126-140000-abcdef", "a" * 64, "2026-11-26T14:00:00+00:00")
DONE = ItemResult("test/0", ItemState.SCORED, output="一\u2028\n", option_logliks=(-1.5, -2.25), strict=1.0)
FAILED = ItemResult("test/1", ItemState.FAILED, "the answer broke off")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evaluations" / "one.jsonl"


def test_results_come_back_equal(path: Path):
    with open_journal(path, HEADING) as journal:
        journal.append([DONE, FAILED])

    with open_journal(path, Heading("another", HEADING.plan, "later")) as again:
        assert HEADING == again.heading
        assert {"test/0": DONE, "test/1": FAILED} == again.results
    assert (HEADING, 1) == peek(path)


def test_what_failed_is_asked_again_and_the_last_result_counts(path: Path):
    with open_journal(path, HEADING) as journal:
        journal.append([DONE, FAILED])
        assert (True, False, False) == tuple(journal.has(i) for i in ("test/0", "test/1", "test/2"))
        journal.append([ItemResult("test/1", ItemState.SCORED, strict=0.0)])

    with open_journal(path, HEADING) as again:
        assert again.has("test/1")


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_half_a_line_at_the_end_is_cut_off(path: Path, cut: int):
    with open_journal(path, HEADING) as journal:
        journal.append([DONE])
        whole = path.stat().st_size
        journal.append([FAILED])
    path.write_bytes(path.read_bytes()[:-cut])

    with open_journal(path, HEADING) as again:
        assert {"test/0": DONE} == again.results
        assert whole == path.stat().st_size
        again.append([FAILED])
    with open_journal(path, HEADING) as again:
        assert {"test/0": DONE, "test/1": FAILED} == again.results


def test_half_a_heading_is_no_journal(path: Path):
    open_journal(path, HEADING).close()
    path.write_bytes(path.read_bytes()[:-4])

    assert peek(path) is None
    with open_journal(path, HEADING) as again:
        assert {} == again.results
    assert (HEADING, 0) == peek(path)


def test_a_journal_that_is_damaged_or_of_another_plan_is_not_taken_up(path: Path):
    open_journal(path, HEADING).close()
    with pytest.raises(InputError, match="of another evaluation"):
        open_journal(path, Heading("x", "b" * 64, ""))

    path.write_bytes(path.read_bytes() + b"nonsense\n")
    with pytest.raises(InputError, match="damaged"):
        open_journal(path, HEADING)


def test_one_process_at_a_time_runs_an_evaluation(path: Path):
    with open_journal(path, HEADING):
        with pytest.raises(LakeBusy, match="another process runs this evaluation"):
            open_journal(path, HEADING)
        with pytest.raises(LakeBusy):
            discard(path)
    discard(path)

    assert peek(path) is None
    discard(path)


def test_only_the_user_may_read_it(path: Path):
    open_journal(path, HEADING).close()

    assert 0o600 == path.stat().st_mode & 0o777
