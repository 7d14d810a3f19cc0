"""Two versions of a dataset for the tests of the drift rules, and what a rule says between them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from governance.detectors.drift.counting import profile_of
from governance.lake.profiles import Earlier
from governance.rules.base import Rule
from governance.samples import SampleBatch
from tests.builders import batch
from tests.rules.duplicates import run

BONDS = ("bond", "yield", "coupon", "maturity", "price", "issuer", "rating", "curve", "spread", "duration")
LOANS = (
    "borrower",
    "bank",
    "loan",
    "collateral",
    "repayment",
    "credit",
    "branch",
    "mortgage",
    "deposit",
    "fee",
)
BONDS_ZH = "债券收益率票面期限发行人评级曲线久期投资者市场"
LAW_ZH = "公司股东章程决议登记合同违约责任仲裁条款监管处罚"


@dataclass(frozen=True)
class Part:
    """Some rows of a version.

    Attributes:
        rows: how many. words: what they are drawn from, words or Chinese characters. length: least and most of them.
    """

    rows: int
    words: str | Sequence[str] = BONDS
    length: tuple[int, int] = (10, 40)
    source: str | None = "exam"


def version(parts: Sequence[Part], seed: int) -> SampleBatch:
    """The rows of some parts, drawn at random, in random order."""
    rng = random.Random(seed)
    rows = [(_text(part, rng), part.source) for part in parts for _ in range(part.rows)]
    rng.shuffle(rows)
    return batch(*(text for text, _ in rows), source=[source for _, source in rows])


def _text(part: Part, rng: random.Random) -> str:
    joint = "" if isinstance(part.words, str) else " "
    return joint.join(rng.choices(part.words, k=rng.randint(*part.length)))


@dataclass(frozen=True)
class Before:
    """The profiles of a lake that holds one earlier version."""

    rows: SampleBatch

    def stage(self, parts: Any) -> None:
        """Nothing is kept."""

    def earlier(self, _: Any) -> Earlier:
        return Earlier("sft@1", profile_of(self.rows))


def drifted(rule: Rule, before: Sequence[Part], now: Sequence[Part]) -> list[str]:
    """The kinds of what the rule says of the version that is now."""
    found = run(rule, version(now, 2), profiles=Before(version(before, 1)))
    return found.findings["kind"].to_pylist()
