"""Runs one rule over a few rows, as an audit would."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from governance.rules.base import Rule, RuleResult, Scalar, Setup
from governance.rules.registry import option_values
from governance.samples import SampleBatch
from governance.spill import Spill
from tests.builders import Turn, batch

Conversation = str | Sequence[Turn]
DEGENERATE: tuple[Conversation, ...] = (
    "", " ", "\n", "😀", "😀" * 200, "\u3000", "a", "的", "0", "\u200b", "e\u0301", "𠀀" * 20, [],
    [("user", ""), ("assistant", "")], [("assistant", "\n")], [("tool", "x")],
    [("user", "￥"), ("assistant", "¯\\_(ツ)_/¯")],
    "word " * 3 + "x" * 100_000, "字词" * 3 + "，" * 100_000,
)  # fmt: skip


def run(rule: Rule, *batches: SampleBatch, **options: Scalar) -> RuleResult:
    """What a rule finds in these batches."""
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(options={rule.info.id: option_values(rule.info, options)}, scratch=Path(folder))
        partials = {}
        for number, mapper in enumerate(rule.mappers):
            spill = Spill(setup.scratch / f"{number}.arrow", 1 << 30)
            for rows in batches:
                table = mapper.map(rows, setup)
                if table is not None:
                    spill.add(table)
            spill.finish()
            partials[mapper.name] = spill
        return rule.reduce(partials, setup)


def kinds(rule: Rule, *conversations: Conversation, **options: Scalar) -> list[str]:
    """The kinds that a rule finds, sorted."""
    return sorted(run(rule, batch(*conversations), **options).findings["kind"].to_pylist())


def spans(rule: Rule, conversation: Conversation, **options: Scalar) -> list[str]:
    """The places of a conversation that the evidence names, as text."""
    turns = [conversation] if isinstance(conversation, str) else [content for _, content in conversation]
    evidence = run(rule, batch(conversation), **options).evidence.to_pylist()
    return [turns[e["turn"]][e["start"] : e["end"]] for e in evidence]


def prints(rule: Rule, *batches: SampleBatch, **options: Scalar) -> list[str]:
    """Fingerprints of the findings, sorted: what must not depend on the order of rows."""
    return sorted(run(rule, *batches, **options).findings["fingerprint"].to_pylist())


def check_order_free(rule: Rule, conversations: Sequence[Conversation], **options: Scalar) -> None:
    """Shuffled and cut into batches, the rows give the same findings; there are some."""
    whole = prints(rule, batch(*conversations), **options)
    assert whole
    assert whole == prints(rule, batch(*conversations[::-1]), **options)
    cut = len(conversations) // 2
    halves = batch(*conversations[:cut]), batch(*conversations[cut:], first_row=cut)
    assert whole == prints(rule, *halves, **options)


def check_degenerate(rule: Rule) -> None:
    """Nothing breaks on rows that hold next to nothing, or one thing 100,000 times."""
    result = run(rule, batch(*DEGENERATE))

    assert result.findings["message"].null_count == 0
    assert 0 == run(rule, batch()).findings.num_rows


def asked(question: str, answer: str) -> list[Turn]:
    """A question and its answer."""
    return [("user", question), ("assistant", answer)]
