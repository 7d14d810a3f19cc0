"""Evaluation items that found their way into training rows, and rows that only look as if."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from governance.demo.bench import Bench, Draft
from governance.demo.evaluation import Item
from governance.demo.grammar import choose, words
from governance.demo.overlap import tokens
from governance.demo.rows import Turn
from governance.demo.say import LANGUAGES

VERBATIM, ANSWERED, REWORDED = 6, 4, 3  # items per language
TOO_SHORT = 6  # words from which on an item can be told apart inside a longer text


def verbatim(bench: Bench, rng: random.Random) -> list[Draft]:
    """Items to the letter inside a longer prompt, half with options, and a hint instead of the answer."""
    drafts = []
    for language in LANGUAGES:
        for number in range(VERBATIM):
            item = bench.item(language, _unedited("numeric" if number >= 4 else "choice"))
            drafts.append(_hinted(bench, item, item.question, number % 2 == 0, rng))
    return drafts


def _unedited(kind: str) -> Callable[[Item], bool]:
    return lambda item: item.kind == kind and not item.edited and not item.reworded


def edited(bench: Bench, rng: random.Random) -> list[Draft]:
    """Items in slightly other words."""
    drafts = []
    for language in LANGUAGES:
        for number in range(5):
            item = bench.item(language, lambda i: bool(i.edited))
            drafts.append(_hinted(bench, item, item.edited, number % 2 == 0, rng))
    return drafts


def reworded(bench: Bench, rng: random.Random) -> list[Draft]:
    """Items told anew: the same figures, other words. The rule misses bolder ones, which are not planted."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(REWORDED):
            item = bench.item(language, lambda i: bool(i.reworded))
            drafts.append(_hinted(bench, item, item.reworded, False, rng))
    return drafts


def answered(bench: Bench, rng: random.Random) -> list[Draft]:
    """Items with their options and the right answer."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(ANSWERED):
            item = bench.item(language, _unedited("choice"))
            told = {"letter": item.answer, "answer": item.answer_text}
            solution = _said(language, "leak_solution", told, rng)
            reason = _said(language, "leak_reason", {}, rng)
            text = f"{solution.text}{LANGUAGES[language].space}{reason.text}"
            draft = _leak(bench, item, [*_question(item, item.question, True), Turn("assistant", text)])
            drafts.append(replace(draft, also=("CON001",)))
    return drafts


def short(bench: Bench, rng: random.Random) -> list[Draft]:
    """Items of a few words: the shortest as a whole turn with their answer, the others in a longer prompt."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(4):
            item = bench.item(language, lambda i: i.kind == "short")
            if len(tokens(item.question)) < TOO_SHORT:
                answer = _said(language, "leak_open_solution", {"answer": item.answer}, rng)
                leak = _leak(bench, item, [*_question(item, item.question, False), answer])
                drafts.append(replace(leak, also=("CON003",)))
            else:
                drafts.append(_hinted(bench, item, item.question, False, rng))
    return drafts


def recurring_stems(bench: Bench, rng: random.Random) -> list[Draft]:
    """Questions whose stem is also that of evaluation items, with other options: different questions."""
    drafts = []
    for language in LANGUAGES:
        for record in words(f"{language}_faults")["stem_rows"]:
            like = bench.take(language)
            asked = record["question"] + listed_options(record["options"])
            told = {"letter": record["answer"], "answer": record["options"]["ABCD".index(record["answer"])]}
            solution = _said(language, "leak_solution", told, rng)
            text = f"{solution.text}{LANGUAGES[language].space}{record['why']}"
            drafts.append(Draft((bench.add(like, [Turn("user", asked), Turn("assistant", text)]).key,)))
    return drafts


def quoted_statutes(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows that quote a statute which an evaluation item quotes as well, and ask something else."""
    drafts = []
    for language in LANGUAGES:
        page = words(f"{language}_faults")
        parts = (page["statute_lead"], page["statute_ask"], page["statute_answers"])
        for lead, ask, answer in zip(*parts, strict=True):
            like = bench.take(language)
            asked = _said(language, "statute_rows", {"lead": lead, "ask": ask}, rng)
            turns = [Turn("user", asked.content), Turn("assistant", answer)]
            drafts.append(Draft((bench.add(like, turns).key,)))
    return drafts


def listed_options(options: tuple[str, ...] | list[str]) -> str:
    """The options as a lettered list on lines of their own."""
    return "".join(f"\n{letter}. {option}" for letter, option in zip("ABCD", options, strict=False)) + "\n"


def _hinted(bench: Bench, item: Item, question: str, with_options: bool, rng: random.Random) -> Draft:
    """A row that holds the question in a longer prompt and answers with a hint."""
    shown = with_options and bool(item.options)
    hint = _said(item.language, "leak_hint" if shown else "leak_open_hint", {}, rng)
    leak = _leak(bench, item, [*_prompt(item, question, shown, rng), hint])
    return replace(leak, also=("LBL003",)) if shown else leak


def _leak(bench: Bench, item: Item, turns: list[Turn]) -> Draft:
    like = bench.take(item.language)
    return Draft((bench.add(like, turns).key,), item.peer)


def _question(item: Item, question: str, with_options: bool) -> list[Turn]:
    options = listed_options(item.options) if with_options and item.options else ""
    return [Turn("user", (question + options).strip())]


def _prompt(item: Item, question: str, with_options: bool, rng: random.Random) -> list[Turn]:
    """A user turn in which the question stands among other things."""
    options = listed_options(item.options) if with_options and item.options else ""
    return [_said(item.language, "leak_lead", {"question": question, "options": options}, rng, role="user")]


def _said(
    language: str, name: str, told: dict[str, str], rng: random.Random, role: str = "assistant"
) -> Turn:
    """A turn made from one of the texts of that name."""
    say = LANGUAGES[language]
    page = words(f"{language}_faults")
    known: dict[str, Any] = {**say.common, "wish": page["leak_wish"], **told}
    found = page[name]
    return Turn(role, choose([found] if isinstance(found, str) else found, known, rng))
