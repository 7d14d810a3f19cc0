"""What the benchmark of truth stands on: its corpus, its fast retraining, and its figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.truth.corpus import LEAKED, WORDS, WRONG, Corpus, Row, corpus
from benchmarks.truth.course import FULL, LORA, Case, Course, case_of, empty_model
from benchmarks.truth.figures import Seed, correlated, ranked
from benchmarks.truth.ladder import BOOKED, HELD, netted, watched, worth_of
from benchmarks.truth.ours import bookings
from benchmarks.truth.store import Store
from benchmarks.truth.together import retrained_together
from benchmarks.truth.truth import halves


class TestCorpus:
    def test_leaked_rows_are_their_items_and_nothing_else_is(self):
        drawn = corpus(0)
        texts = {(item.prompt, item.answer) for item in drawn.items}

        leaked = [row for row in drawn.rows if row.planted == LEAKED]

        assert 12 == len(leaked)
        assert all(drawn.items[row.target].prompt == row.prompt for row in leaked)
        assert leaked == [row for row in drawn.rows if (row.prompt, row.answer) in texts]

    def test_wrong_rows_contradict_their_items(self):
        drawn = corpus(0)

        wrong = [row for row in drawn.rows if row.planted == WRONG]

        assert 12 == len({row.target for row in wrong})
        assert all(drawn.items[row.target].answer != row.answer for row in wrong)

    def test_seeds_teach_different_people(self):
        assert not {row.prompt for row in corpus(0).items} & {row.prompt for row in corpus(1).items}

    def test_the_language_fits_the_model(self):
        assert len(WORDS) <= 512


@pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing`:FutureWarning"
)  # peft asks transformers for it
@pytest.mark.parametrize("mode", [FULL, LORA])
def test_courses_side_by_side_end_as_courses_one_by_one(mode: str, tmp_path: Path):
    torch.save(empty_model().state_dict(), tmp_path / "base.pt")
    case = case_of(Course(mode, seed=3, rows=8, steps=5), tmp_path / "base.pt")
    without = [[], [0, 1, 2, 100], list(range(80))]

    found = retrained_together(case, without)

    expected = np.array([case.retrained(rows) for rows in without])
    assert pytest.approx(expected, abs=2e-4) == found
    assert pytest.approx(case.after, abs=2e-4) == found[0]
    assert np.abs(found[2] - found[0]).max() > 1e-2


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("truth") / "base.pt"
    torch.save(empty_model().state_dict(), base)
    return case_of(Course(FULL, seed=3, rows=2, steps=9), base)


class TestLadder:
    def test_its_last_form_is_the_bookings(self, case: Case):
        forms = watched(case)

        found = forms.sums[BOOKED].sum(0)

        expected = bookings(forms.tracer, len(case.corpus.rows))
        assert np.abs(expected).max() > 1e-2
        assert pytest.approx(expected, abs=1e-4 * np.abs(expected).max()) == found

    def test_all_rows_with_the_second_moments_of_the_run_are_the_run(self, case: Case):
        found = worth_of(case, HELD, np.ones((1, len(case.corpus.rows))))

        assert pytest.approx(case.after[: case.items], abs=2e-4) == found[0]


def test_netted_amounts_have_the_sums_of_the_amounts():
    parts = np.random.default_rng(0).normal(size=(3, 8, 2))
    parts[0] -= parts[0].mean(0)  # all of it is taken back

    found = netted(parts)

    assert pytest.approx(parts.sum((0, 1))) == found.sum(0)
    assert pytest.approx(netted(parts[1:])) == found


def test_halves_are_halves_and_more_of_them_change_nothing():
    few, many = halves(10, 3, seed=1), halves(10, 5, seed=1)

    assert [5] * 5 == many.sum(1).tolist()
    assert np.array_equal(few, many[:3])


class TestStore:
    def test_what_another_process_wrote_is_seen(self, tmp_path: Path):
        one, other = Store(tmp_path / "s.jsonl"), Store(tmp_path / "s.jsonl")

        one.add(("a", "1"), worth=[1.0])

        assert ("a", "1") in other
        assert [1.0] == other["a", "1"]["worth"]

    def test_a_line_that_was_cut_off_is_done_again(self, tmp_path: Path):
        (tmp_path / "s.jsonl").write_text('{"key":["a"],"worth":[1]}\n{"key":["b"],"wor', encoding="utf-8")
        store = Store(tmp_path / "s.jsonl")

        store.add(("b",), worth=[2])

        assert ("a",) in store
        assert ("b",) not in store  # its line hangs on to the broken one
        store.add(("b",), worth=[2])
        assert ("b",) in store


class TestFigures:
    rows = (
        Row("", "", "fact", LEAKED, 0),
        Row("", "", "fact", WRONG, 1),
        *(Row("", "", "fact") for _ in range(8)),
    )
    effects = np.random.default_rng(0).normal(size=(10, 4))

    def seed(self) -> Seed:
        masks = halves(10, 30, 0)
        noise = np.random.default_rng(1).normal(size=(10, 4))
        worth = masks @ self.effects
        drawn = Corpus(self.rows, tuple(Row("", "", "fact") for _ in range(2)))
        return Seed(drawn, masks, worth, {"true": self.effects, "noise": noise})

    def test_true_effects_correlate_fully_and_noise_does_not(self):
        found = correlated([self.seed()] * 2, slice(0, 2), draws=20)

        value, interval = found.of("true")
        assert [1.0, 1.0, 1.0] == pytest.approx([value, *interval])
        assert found.of("noise")[0] < 0.6
        assert found.between("true", "noise")[1][0] > 0.3

    def test_planted_rows_are_ranked_for_their_own_items(self):
        scores = np.zeros((10, 4))
        scores[0, 0], scores[1, 1] = 1.0, -1.0
        seed = self.seed()
        seed.scores["sharp"] = scores

        assert (1.0, 1.0) == (ranked([seed], "sharp", LEAKED).area, ranked([seed], "sharp", LEAKED).first)
        assert 1.0 == ranked([seed], "sharp", WRONG).area
