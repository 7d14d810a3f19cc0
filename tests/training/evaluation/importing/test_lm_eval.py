"""Sample logs of lm-evaluation-harness."""

from __future__ import annotations

import json

import pytest

from governance.errors import InputError
from tests.training.evaluation.importing.logs import DUCKS, choice_lines, gsm8k_lines, write_lm_eval
from training.evaluation.importing import lm_eval
from training.evaluation.importing.load import read_log


def test_generated_answers(tmp_path):
    log = read_log(write_lm_eval(tmp_path, "gsm8k", gsm8k_lines()))
    first, second = log.entries

    assert ("gsm8k", "Qwen/Qwen3-8B", "lm-eval") == (log.task, log.model, log.program)
    assert "2026-11-01T" == log.started[:11]
    assert {"gsm8k": 5} == log.settings["n-shot"]
    assert "secret" not in str(log.settings)
    assert ("0", DUCKS, "18", 1.0) == (first.key, first.question, first.answer, first.score)
    assert first.gold.endswith("#### 18")
    assert ("It takes 2 bolts, so 2.", "[invalid]", 0.0) == (second.output, second.answer, second.score)
    assert f"Question: {DUCKS}\nAnswer:" == json.loads(first.messages)[0]["content"]


def test_one_filter_is_taken_and_the_others_are_named(tmp_path):
    file = write_lm_eval(tmp_path, "gsm8k", gsm8k_lines())
    flexible = read_log(file, scorer="flexible-extract")

    assert ("scores are those of the filter strict-match; left out: flexible-extract",) == read_log(
        file
    ).notes
    assert ["18", "2"] == [e.answer for e in flexible.entries]
    with pytest.raises(InputError, match="no filter 'loose'"):
        read_log(file, scorer="loose")


def test_log_likelihoods_of_options(tmp_path):
    entry = read_log(write_lm_eval(tmp_path, "cmmlu_finance", choice_lines())).entries[0]

    assert ((-3.5, -0.25, -2.0, -4.0), (" A", " B", " C", " D")) == (entry.logliks, entry.texts)
    assert ("B", None, 1.0) == (entry.gold, entry.output, entry.score)
    assert ("上升", "下降", "不变", "无法判断") == entry.options


def test_a_task_name_may_hold_anything_and_the_model_may_be_unnamed(tmp_path):
    log = read_log(write_lm_eval(tmp_path, "my_own-task_v2", gsm8k_lines(), results=False))

    assert ("my_own-task_v2", "Qwen/Qwen3-8B", "") == (log.task, log.model, log.started)


@pytest.mark.parametrize(
    ("change", "output", "score"),
    [
        ({"resps": []}, None, 1.0),
        ({"resps": None}, None, 1.0),
        ({"resps": [["a", "b"]]}, "a", 1.0),
        ({"resps": [[""]]}, "", 1.0),
        ({"exact_match": True}, "9 * 2 = 18\n#### 18", 1.0),
        ({"exact_match": 2.5}, "9 * 2 = 18\n#### 18", None),
        ({"exact_match": "yes"}, "9 * 2 = 18\n#### 18", None),
        ({"metrics": ["bleu", "f1"], "bleu": 30.0, "f1": 0.5}, "9 * 2 = 18\n#### 18", 0.5),
        ({"metrics": None}, "9 * 2 = 18\n#### 18", 1.0),
        ({"arguments": [["prompt", {}]]}, "9 * 2 = 18\n#### 18", 1.0),
        ({"arguments": None}, "9 * 2 = 18\n#### 18", 1.0),
        ({"doc": "only a text"}, "9 * 2 = 18\n#### 18", 1.0),
        ({"doc": {"\ud800": 1}, "target": None}, "9 * 2 = 18\n#### 18", 1.0),
        ({"resps": [[["nan", "False"]]]}, None, 1.0),
        ({"resps": [[[["deep"]]]]}, "deep", 1.0),
    ],
)
def test_odd_lines_do_no_harm(tmp_path, change, output, score):
    entry = read_log(write_lm_eval(tmp_path, "gsm8k", [gsm8k_lines()[0] | change])).entries[0]

    assert (output, score) == (entry.output, entry.score)


def test_bad_lines_are_noted(tmp_path):
    lines = ["not JSON\n", "[1]\n", '{"a": 1}\n', *gsm8k_lines()[:2], gsm8k_lines()[0]]
    log = read_log(write_lm_eval(tmp_path, "gsm8k", lines), "lm-eval")

    assert 2 == len(log.entries)
    assert any("not JSON" in note for note in log.notes)
    assert any("1 lines are no samples" in note for note in log.notes)
    assert any("more than once" in note for note in log.notes)


def test_a_file_without_samples_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no samples of lm-evaluation-harness"):
        lm_eval.read(write_lm_eval(tmp_path, "gsm8k", ['{"a": 1}\n']), "")
