"""An item as the chat messages a model is asked with: one way of asking a benchmark, examples before it if wanted.

The words are ours, but for Finova, whose items are whole prompts with output formats of their own: those are asked as
they were published. Each benchmark is asked in its own language. Answers are asked for in a form that the strict
extractors of `governance.answers` take, so that a model is not marked wrong for its layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from governance.benchmarks.suite import LETTERS, letter_index
from training.evaluation.asking import Asked, Chat, Message
from training.scoring.base import Item
from training.scoring.gpqa import permuted

HAN = re.compile(r"[\u3400-\u9fff]")
YES_NO = ("是", "否")
CHINESE = frozenset({"fineval", "financeiq", "fineva", "finova"})


@dataclass(frozen=True, slots=True)
class Words:
    """How one kind of question is asked in one language; `{answer}` is the gold in an example.

    Attributes:
        ask: the instruction after the question, where the model may reason.
        direct: the instruction after the question, where the answer alone is to follow.
        example: how an example's answer is written.
    """

    ask: str
    direct: str
    example: str


LETTER_ZH = Words(
    "请选出正确的选项。可以先分析，最后一行写“答案：”和选项字母，例如“答案：A”。",
    "请选出正确的选项，只回答选项字母。",
    "答案：{answer}",
)
LETTER_EN = Words(
    "Reason step by step. The last line of your reply is “Answer: X”, where X is the letter of the right option.",
    "Answer with the letter of the right option and nothing else.",
    "Answer: {answer}",
)
YES_NO_ZH = Words(
    "请判断，回答“是”或者“否”。可以先分析，最后一行写“答案：是”或者“答案：否”。",
    "请判断，只回答“是”或者“否”。",
    "答案：{answer}",
)
NUMBER_EN = Words(
    "Reason step by step. The last line of your reply is “#### ” followed by the answer as a number.",
    "Answer with the number and nothing else.",
    "#### {answer}",
)
BOXED_EN = Words(
    "Reason step by step, and put your final answer within \\boxed{}.",
    "Answer with the final answer and nothing else.",
    "\\boxed{{{answer}}}",
)
PLAIN = Words("", "", "{answer}")


@dataclass(frozen=True, slots=True)
class Asking:
    """How the items of a suite are asked.

    Attributes:
        benchmark: fineval, financeiq, fineva, finova, math500, gpqa, gsm8k or generic.
        instruct: False asks the question alone, as suits a model that was trained on bare questions.
        option_text: the log-likelihood is that of an option's text, asked without options, not of its letter.
        shots: examples before each question.
        prompts: published prompt by item id, for benchmarks whose items are whole prompts.
    """

    benchmark: str
    instruct: bool = True
    option_text: bool = False
    shots: int = 0
    prompts: Mapping[str, str] | None = None


def asked(item: Item, how: Asking, examples: Sequence[Item] = ()) -> Asked:
    """The item as it is put to a model, after the examples."""
    item = arranged(item, how.benchmark)
    shown = [arranged(e, how.benchmark) for e in examples]
    names, choices = _choices(item, how)
    form = _form(item, how)
    gold = _gold(item, names, choices)
    return Asked(
        item=item,
        chat=_chat(item, shown, how, direct=False),
        direct=_chat(item, shown, how, direct=True),
        choices=tuple(form.format(answer=c) for c in choices),
        names=names,
        gold=None if gold is None else form.format(answer=gold),
    )


def arranged(item: Item, benchmark: str) -> Item:
    """The item with its options in the order they are asked in, and a letter for its gold where one option is it.

    GPQA has no order of its own, its right answer comes first: the order there follows from the item's id alone.
    """
    if benchmark == "gpqa":
        return permuted(item)
    if item.options.count(item.answer or "") == 1 and letter_index(item.answer, len(item.options)) is None:
        return replace(item, answer=LETTERS[item.options.index(item.answer or "")])
    return item


def is_chinese(item: Item, benchmark: str) -> bool:
    """True where a question is asked in Chinese: by its benchmark, else by its characters."""
    if benchmark != "generic":
        return benchmark in CHINESE
    return len(HAN.findall(item.question)) * 4 >= len(item.question)


def words(item: Item, benchmark: str) -> Words:
    """How this item is asked."""
    if item.options:
        return LETTER_ZH if is_chinese(item, benchmark) else LETTER_EN
    if item.answer in YES_NO:
        return YES_NO_ZH
    return {"gsm8k": NUMBER_EN, "math500": BOXED_EN}.get(benchmark, PLAIN)


def _chat(item: Item, examples: Sequence[Item], how: Asking, *, direct: bool) -> Chat:
    turns: list[Message] = []
    for example in examples:
        form = PLAIN.example if direct else words(example, how.benchmark).example
        answer = _text_of(example) if direct and how.option_text else example.answer
        turns.append(Message("user", _question(example, how, direct=direct)))
        turns.append(Message("assistant", form.format(answer=answer)))
    return (*turns, Message("user", _question(item, how, direct=direct)))


def _question(item: Item, how: Asking, *, direct: bool) -> str:
    """Context, question, options and instruction, a blank line between what belongs to different parts."""
    if how.prompts is not None:
        return how.prompts[item.item]
    cloze = direct and how.option_text
    asks = words(item, how.benchmark)
    instruction = (asks.direct if direct else asks.ask) if how.instruct and not cloze else ""
    options = [] if cloze else [f"{LETTERS[i]}. {text}" for i, text in enumerate(item.options)]
    parts = (item.context or "", "\n".join([item.question, *options]), instruction)
    return "\n\n".join(part for part in parts if part)


def _choices(item: Item, how: Asking) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names, texts) of the answers there are to choose from."""
    if item.options:
        names = tuple(LETTERS[: len(item.options)])
        return names, item.options if how.option_text else names
    return (YES_NO, YES_NO) if item.answer in YES_NO else ((), ())


def _form(item: Item, how: Asking) -> str:
    """How an answer follows the direct prompt: a published prompt may want it in a box."""
    boxed = how.prompts is not None and "\\boxed" in how.prompts[item.item]
    return BOXED_EN.example if boxed else PLAIN.example


def _gold(item: Item, names: Sequence[str], choices: Sequence[str]) -> str | None:
    """The right answer as it would follow the prompt."""
    if item.answer in names:
        return choices[list(names).index(str(item.answer))]
    return item.answer if item.options else item.answer_text or item.answer


def _text_of(item: Item) -> str | None:
    place = letter_index(item.answer, len(item.options))
    return item.answer if place is None else item.options[place]
