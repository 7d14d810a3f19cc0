from __future__ import annotations

from pathlib import Path

import pytest

from governance.answers.extract import boolean, boxed, letter, number
from governance.benchmarks import load_suite
from governance.benchmarks.suite import RawItem, Reading, build_suite
from governance.errors import InputError, UsageError
from tests.training.evaluation.builders import letter_suite, number_suite
from training.evaluation.plan import Choice, benchmark_of, items_of, plan, sample, shots
from training.evaluation.prompts import Asking, arranged, asked, words
from training.scoring.base import Item

FOUR = ("one", "two", "three", "four")
ENGLISH = Item("mine", "test/0", "Which is the second?", FOUR, "B", "two")
CHINESE = Item(
    "fineval", "accounting_val/0", "下列说法中正确的是____。", FOUR, "B", "two", subject="accounting"
)


def test_a_choice_is_asked_with_its_options_and_answered_by_a_letter():
    found = asked(ENGLISH, Asking("generic"))

    assert found.chat[0].content.startswith(
        "Which is the second?\nA. one\nB. two\nC. three\nD. four\n\nReason"
    )
    assert found.direct[0].content.endswith("Answer with the letter of the right option and nothing else.")
    assert (("A", "B", "C", "D"), ("A", "B", "C", "D"), "B") == (found.names, found.choices, found.gold)


def test_chinese_benchmarks_are_asked_in_chinese_and_generic_ones_by_their_characters():
    assert "选项字母" in asked(CHINESE, Asking("fineval")).chat[0].content
    assert "选项字母" in asked(CHINESE, Asking("generic")).chat[0].content
    assert "Reason" in asked(ENGLISH, Asking("generic")).chat[0].content


def test_what_an_instruction_asks_for_is_what_the_strict_extractors_take():
    zh = words(CHINESE, "fineval").example.format(answer="C")
    en = words(ENGLISH, "gpqa").example.format(answer="C")
    yes = words(Item("fineva", "a/0", "是吗？", answer="是"), "fineva").example.format(answer="否")
    gsm = words(Item("gsm8k", "test/0", "How many?", answer="18"), "gsm8k").example.format(answer="1,018")
    box = words(Item("math500", "test/0", "What?", answer="2"), "math500").example.format(
        answer="\\frac{1}{2}"
    )

    assert ["C", "C"] == [f.value for f in map(letter, (zh, en)) if f]
    assert "no" == (f.value if (f := boolean(yes)) else None)
    assert "1018" == (f.value if (f := number(gsm)) else None)
    assert "\\frac{1}{2}" == (f.value if (f := boxed(box)) else None)


def test_a_bare_question_is_the_question_alone():
    item = Item("gsm8k", "test/0", "How many?", answer="18", answer_text="18")

    assert "How many?" == asked(item, Asking("gsm8k", instruct=False)).chat[0].content
    assert asked(item, Asking("gsm8k")).chat[0].content.startswith("How many?\n\nReason step by step.")
    assert "18" == asked(item, Asking("gsm8k")).gold


def test_context_stands_before_the_question():
    item = Item("fineva", "a/0", "多少？", FOUR, "A", "one", context="一段话。")

    assert asked(item, Asking("fineva")).chat[0].content.startswith("一段话。\n\n多少？\nA. one")


def test_option_texts_are_measured_without_showing_options():
    found = asked(ENGLISH, Asking("generic", option_text=True))

    assert "Which is the second?" == found.direct[0].content
    assert (FOUR, ("A", "B", "C", "D"), "two") == (found.choices, found.names, found.gold)
    assert "A. one" in found.chat[0].content


def test_yes_or_no_is_a_choice_of_two():
    found = asked(Item("fineva", "a/0", "是吗？", answer="否", answer_text="否"), Asking("fineva"))

    assert (("是", "否"), ("是", "否"), "否") == (found.names, found.choices, found.gold)


def test_several_right_options_are_the_gold_together():
    found = asked(Item("fineva", "a/0", "哪些？", FOUR, "ABD", "one\ntwo\nfour"), Asking("fineva"))

    assert "ABD" == found.gold
    assert ("A", "B", "C", "D") == found.choices


def test_examples_stand_before_the_question_with_their_answers():
    example = Item("fineval", "accounting_dev/0", "甲？", FOUR, "C", "three")
    found = asked(CHINESE, Asking("fineval", shots=1), [example])

    assert ["user", "assistant", "user"] == [m.role for m in found.chat]
    assert ("答案：C", "C") == (found.chat[1].content, found.direct[1].content)
    cloze = asked(CHINESE, Asking("fineval", shots=1, option_text=True), [example])
    assert ("甲？", "three") == (cloze.direct[0].content, cloze.direct[1].content)


def test_gpqa_permutes_its_options_by_the_item_alone():
    items = [Item("gpqa", f"rec{n}", "Which?", FOUR, "one", "one") for n in range(40)]
    found = [arranged(i, "gpqa") for i in items]

    assert found == [arranged(i, "gpqa") for i in items]
    assert {"A", "B", "C", "D"} == {i.answer for i in found}
    assert all(i.options["ABCD".index(str(i.answer))] == "one" for i in found)


def test_a_gold_that_is_an_options_text_is_its_letter():
    item = Item("mine", "test/0", "Which?", FOUR, "three", "three")

    assert "C" == arranged(item, "generic").answer
    assert ENGLISH == arranged(ENGLISH, "generic")


def test_a_suite_is_known_by_its_name_then_by_its_files(tmp_path: Path):
    file = tmp_path / "some.jsonl"
    file.write_text('{"question": "How many?", "answer": "Two. #### 2"}\n')

    assert "gsm8k" == benchmark_of(load_suite(str(file)))
    assert "math500" == benchmark_of(load_suite(f"MATH-500={file}"))
    assert "generic" == benchmark_of(number_suite(name="finance"))


def test_a_sample_is_the_same_whatever_the_order_and_grows_with_its_size():
    items = items_of(number_suite(50))
    few, words_few = sample(items, 10, 7)
    more, _ = sample(items, 20, 7)

    assert set(few) < set(more)
    assert set(few) == set(sample(items[::-1], 10, 7)[0])
    assert few == [i for i in items if i in few]
    assert set(few) != set(sample(items, 10, 8)[0])
    assert "10 of 50 items with an answer, drawn with seed 7" == words_few
    assert (items, "") == sample(items, 50, 7)
    assert (items, "") == sample(items, 0, 7)


def test_items_without_an_answer_are_listed_and_not_asked():
    items = [
        RawItem("a", "Known?", answer="1"),
        RawItem("b", "Unknown?"),
        RawItem("c", "Known too?", answer="2"),
    ]
    found = plan(build_suite("mine", "", Reading(items)), Choice())

    assert ["a", "c"] == [a.item.item for a in found.asked]
    assert ["b"] == [i.item for i in found.withheld]
    assert ("1 items have no answer and are not asked",) == found.notes


def test_items_are_chosen_by_their_ids():
    found = plan(number_suite(12), Choice(items="test/1*"))

    assert ["test/1", "test/10", "test/11"] == [a.item.item for a in found.asked]
    with pytest.raises(UsageError, match="no item of gsm8k is left") as refused:
        plan(number_suite(12), Choice(items="train/*"))
    assert "test/0" in refused.value.hint


def test_the_examples_of_a_benchmark_are_shown_and_never_asked():
    items = [
        RawItem("accounting_dev/0", "甲？", FOUR, "A", subject="accounting"),
        RawItem("banking_dev/0", "乙？", FOUR, "B", subject="banking"),
        RawItem("banking_val/0", "丙？", FOUR, "C", subject="banking"),
    ]
    found = plan(build_suite("fineval", "", Reading(items)), Choice(shots=1))

    assert ["banking_val/0"] == [a.item.item for a in found.asked]
    assert "乙？" in found.asked[0].chat[0].content
    assert "2 items are the benchmark's examples and are not asked" in found.notes


def test_examples_may_come_from_elsewhere_and_are_never_the_item_itself():
    suite = number_suite(3)
    found = plan(suite, Choice(shots=2), suite)

    assert all(len(a.chat) == 5 for a in found.asked)
    assert all(a.chat[-1] not in a.chat[:-1] for a in found.asked)
    with pytest.raises(UsageError, match="3 examples before each question are wanted and there are 2"):
        plan(suite, Choice(shots=3), suite)
    with pytest.raises(UsageError, match="there are 0"):
        plan(suite, Choice(shots=1))
    assert [] == shots(items_of(suite)[0], items_of(suite), 0)


def test_finova_is_asked_with_its_published_prompts(tmp_path: Path):
    folder = tmp_path / "finova" / "Reasoning"
    folder.mkdir(parents=True)
    prompt = "以下是判断题，把判断结果放到\\\\boxed{}中。\\n问题：可以吗？\\n回答："
    (folder / "题.json").write_text(f'[{{"prompt": "{prompt}", "ground_truth": "否", "from": "合规"}}]')
    suite = load_suite(str(tmp_path / "finova"))
    found = plan(suite, Choice()).asked[0]

    assert prompt.replace("\\n", "\n").replace("\\\\", "\\").strip() == found.chat[0].content
    assert ("\\boxed{否}", ("是", "否")) == (found.gold, found.names)
    with pytest.raises(InputError, match="published prompts"):
        plan(number_suite(2, "finova"), Choice())


def test_letters_are_asked_in_the_order_of_the_suite():
    found = plan(letter_suite(3), Choice())

    assert ["B", "C", "D"] == [a.gold for a in found.asked]


@pytest.mark.parametrize("name", ["fineval", "fineva", "finova", "math500", "gsm8k/test.jsonl"])
@pytest.mark.shared
def test_real_benchmarks_can_be_asked(shared_data: Path, name: str):
    found = plan(load_suite(str(shared_data / name)), Choice(limit=40))

    assert 40 == len(found.asked)
    assert name.split("/", maxsplit=1)[0] == found.how.benchmark
    assert all(a.gold and a.chat[-1].content for a in found.asked)
