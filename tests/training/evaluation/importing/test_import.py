"""A log becomes an evaluation of the lake: matched, scored, kept once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.benchmarks.suite import RawItem, Reading, build_suite
from governance.errors import InputError, NotFound
from governance.evaluations import ItemState
from governance.lake import Lake, open_lake
from governance.lake.evaluations import list_evaluations, load_results, verify_evaluation
from governance.lake.suites import save_suite
from tests.training.evaluation.importing.logs import (
    DUCKS,
    ROBES,
    choice_lines,
    gsm8k_lines,
    inspect_sample,
    write_inspect,
    write_lm_eval,
)
from training.evaluation.importing.load import find_logs, import_samples

OPTIONS = ("entropy", "energy", "heat", "work")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake with two suites."""
    with open_lake(str(tmp_path_factory.mktemp("import") / "lake"), create=True) as found:
        sums = [
            RawItem("test/0", DUCKS.upper(), answer="18", subject="eggs"),
            RawItem("test/1", ROBES, answer="3", label="sewing"),
            RawItem("test/2", "How many?", answer="1"),
        ]
        question = "Which quantity never falls in a closed system?"
        physics = [RawItem("recX", question, OPTIONS, "entropy", "entropy", subject="Thermodynamics")]
        save_suite(found, build_suite("gsm8k", "sums", Reading(sums)))
        save_suite(found, build_suite("gpqa", "physics", Reading(physics)))
        yield found


def test_generated_answers_become_results_of_the_suite(lake: Lake, tmp_path: Path):
    file = write_lm_eval(tmp_path, "gsm8k", gsm8k_lines({1: "<think>2</think>So the answer is 3."}))
    evaluation = import_samples(lake, file)[0].evaluation
    first, second = load_results(lake, evaluation.id)

    assert ("gsm8k", 1, "gsm8k", 3, 2) == (
        evaluation.suite.name, evaluation.suite.version, evaluation.suite.benchmark, evaluation.suite.items,
        evaluation.suite.asked,
    )  # fmt: skip
    assert ("test/0", "eggs", "18", 1.0, 1.0) == (
        first.item,
        first.subject,
        first.gold,
        first.official,
        first.strict,
    )
    # the log's own score stays the official one; ours reads the answer
    assert ("test/1", "sewing", 0.0, 1.0, "3") == (
        second.item, second.label, second.official, second.strict, second.extracted,
    )  # fmt: skip
    assert ("import", "Qwen/Qwen3-8B", "complete") == (
        evaluation.model.backend, evaluation.model.name, evaluation.state.value,
    )  # fmt: skip
    assert "2 of 2 items are those of gsm8k, by their content" in evaluation.notes
    assert verify_evaluation(lake, evaluation.id).ok


def test_a_log_is_kept_once(lake: Lake, tmp_path: Path):
    file = write_lm_eval(tmp_path, "gsm8k", gsm8k_lines({0: "#### 17"}))
    first, again = import_samples(lake, file)[0], import_samples(lake, file)[0]

    assert (False, True) == (first.already, again.already)
    assert first.evaluation == again.evaluation
    assert list(first.results) == list(again.results)


def test_options_that_were_shuffled_are_matched_and_scored_as_asked(lake: Lake, tmp_path: Path):
    file = write_inspect(
        tmp_path / "log.eval", [inspect_sample("rec1"), inspect_sample("rec2", input="Another?")]
    )
    evaluation = import_samples(lake, file, suite="gpqa")[0].evaluation
    results = load_results(lake, evaluation.id)

    assert ["recX", "gpqa_diamond/rec2", "gpqa_diamond/rec3"] == [r.item for r in results]
    assert ("Thermodynamics", "B", "B", 1.0) == tuple(
        getattr(results[0], n) for n in ("subject", "gold", "extracted", "strict")
    )
    assert (ItemState.MISSING, None) == (results[2].state, results[2].official)
    assert "incomplete" == evaluation.state.value
    assert any("2 are not in gpqa" in note for note in evaluation.notes)


def test_log_likelihoods_become_choice_and_margin(lake: Lake, tmp_path: Path):
    imported = import_samples(lake, write_lm_eval(tmp_path, "cmmlu", choice_lines()))[0]
    result = imported.results[0]

    assert ("B", 1.0, 1.75, "C", -0.25) == (
        result.choice, result.choice_score, result.margin, result.competitor, result.gold_loglik,
    )  # fmt: skip
    assert (1.0, None, "cmmlu/0", 2) == (result.official, result.strict, result.item, result.gold_bytes)
    assert ("cmmlu", 0) == (imported.evaluation.suite.name, imported.evaluation.suite.version)


def test_items_without_an_answer_are_listed_and_not_scored(lake: Lake, tmp_path: Path):
    lines = [gsm8k_lines()[0] | {"resps": []}, gsm8k_lines()[1]]
    imported = import_samples(lake, write_lm_eval(tmp_path, "gsm8k", lines))[0]

    assert {"scored": 1, "withheld": 0, "missing": 1, "failed": 0} == dict(imported.evaluation.counts)
    assert "the log holds no answer to this item" == imported.results[0].reason
    assert {"official": 0.0, "strict": 0.0} == dict(imported.evaluation.scores)


def test_a_folder_of_logs(lake: Lake, tmp_path: Path):
    write_lm_eval(tmp_path, "gsm8k", gsm8k_lines({0: "#### 16"}))
    write_inspect(tmp_path / "a.json", [inspect_sample()])
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "model.json").write_text('{"hidden": 1}')

    assert ["samples_gsm8k", "a.json"] == [f.name.split("_2026")[0] for f in find_logs(tmp_path)]
    before = len(list_evaluations(lake))
    assert 2 == len(import_samples(lake, tmp_path))
    assert before + 2 == len(list_evaluations(lake))


def test_mistakes(lake: Lake, tmp_path: Path):
    (tmp_path / "weights.pkl").write_bytes(b"\x80\x04")
    for place in (tmp_path / "absent", tmp_path / "weights.pkl", tmp_path):
        with pytest.raises(InputError):
            import_samples(lake, place)
    with pytest.raises(NotFound):
        import_samples(lake, write_lm_eval(tmp_path, "gsm8k", gsm8k_lines()), suite="absent")
