"""Small suites and rows, and the contamination rules run over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from governance.benchmarks.suite import RawItem, Reading, build_suite
from governance.rules.base import Rule, RuleResult, Setup
from governance.rules.con001_eval_item_verbatim import RULE as VERBATIM
from governance.rules.con002_eval_ngram_overlap import RULE as OVERLAP
from governance.rules.con003_eval_answer_present import RULE as ANSWER
from governance.rules.contamination import MAPPER
from governance.samples import SampleBatch
from tests.builders import Turn, batch

RULES = (VERBATIM, OVERLAP, ANSWER)
Conversation = str | Sequence[Turn]

LOAN = (
    "Maria borrows 4800 euros from her credit union at a yearly simple interest rate of 6 percent and repays "
    "everything after 15 months. How much interest does she pay in total?"
)
BOND = "某公司发行面值为1000元、票面利率为8%、期限为5年的债券，市场利率为10%，则该债券的发行价格应当____。"
CHOICES = ("高于面值", "等于面值", "低于面值", "无法确定")
STORY = (
    "The library of a small town owns 1260 books. Two fifths of them are novels, a third of the remaining ones are "
    "about history, and all others are for children. During the summer the town receives a gift of 90 more books for "
    "children from a retired teacher. How many books for children does the library own at the end of the summer?"
)
PROSE = "The committee met on Tuesday. Nothing was decided, and the members went home early. "


class Kept:
    """Partials in memory."""

    def __init__(self, tables: Sequence[pa.Table]) -> None:
        self._tables = list(tables)

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        return iter(self._tables)

    def read(self, columns: list[str] | None = None) -> pa.Table:
        return pa.concat_tables(self._tables)

    @property
    def rows(self) -> int:
        return sum(t.num_rows for t in self._tables)


def item(
    question: str,
    *options: str,
    answer: str | None = None,
    context: str | None = None,
    name: str = "",
) -> RawItem:
    """An evaluation item; without a name it is called by its place in the suite."""
    return RawItem(item=name, question=question, options=options, answer=answer, context=context)


def suite(*items: RawItem, name: str = "s") -> pa.Table:
    """The ITEMS table of some items, called s/0, s/1 ... where they have no name."""
    named = [
        RawItem(r.item or str(i), r.question, r.options, r.answer, None, r.context)
        for i, r in enumerate(items)
    ]
    return build_suite(name, "memory", Reading(named)).items


def setup(items: pa.Table, threshold: float = 0.8) -> Setup:
    """What the rules are given."""
    options = {"CON001": {}, "CON002": {"threshold": threshold}, "CON003": {}}
    return Setup(options, Path(), items=items)


def results(items: pa.Table, batches: Sequence[SampleBatch], threshold: float = 0.8) -> dict[str, RuleResult]:
    """The result of each rule over some batches."""
    given = setup(items, threshold)
    partials = [found for b in batches if (found := MAPPER.map(b, given)) is not None]
    return {rule.info.id: _reduced(rule, partials, given) for rule in RULES}


def _reduced(rule: Rule, partials: Sequence[pa.Table], given: Setup) -> RuleResult:
    return rule.reduce({MAPPER.name: Kept(partials)}, given)


def found(items: pa.Table, *conversations: Conversation, threshold: float = 0.8) -> set[tuple[str, str, int]]:
    """(rule, item, row) of everything found."""
    triples = set()
    for rule, result in results(items, [batch(*conversations)], threshold).items():
        for line in result.evidence.to_pylist():
            triples.add((rule, line["peer"].removeprefix("item:s/"), line["row"]))
    return triples


def codes(items: pa.Table, *conversations: Conversation, threshold: float = 0.8) -> list[str]:
    """The rules that found something, sorted."""
    return sorted({rule for rule, _, _ in found(items, *conversations, threshold=threshold)})


def asked(question: str, answer: str = "I do not know.") -> list[Turn]:
    """A user turn and an assistant turn."""
    return [("user", question), ("assistant", answer)]


def listed(question: str, *options: str) -> str:
    """A question with its options below it, lettered."""
    lines = [f"{letter}. {option}" for letter, option in zip("ABCDEFGH", options, strict=False)]
    return "\n".join([question, *lines])
