"""How each language writes money, rates and dates, and which of its word files hold what."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from governance.demo.grammar import Words, words

CENT = Decimal("0.01")


def rounded(value: Decimal, unit: Decimal | str = CENT) -> Decimal:
    """The value to the nearest multiple of a power of ten, halves away from zero."""
    return value.quantize(Decimal(unit), ROUND_HALF_UP)


def between(rng: random.Random, low: str | int, high: str | int, step: str | int) -> Decimal:
    """One of low, low + step ... high."""
    first, last, width = Decimal(low), Decimal(high), Decimal(step)
    return first + width * rng.randrange(int((last - first) / width) + 1)


@dataclass(frozen=True)
class Language:
    """English or Chinese.

    Attributes:
        code: `en` or `zh`, the first letters of its word files.
        space: what stands between two sentences.
        comma: what stands between two members of a list.
    """

    code: str
    space: str
    comma: str

    @cached_property
    def common(self) -> dict[str, Any]:
        """Words that every row may draw on."""
        return words(f"{self.code}_common")

    @cached_property
    def scenes(self) -> dict[str, Any]:
        """Closing remarks, products and follow-ups by scene."""
        return words(f"{self.code}_scenes")

    @cached_property
    def values(self) -> dict[str, Any]:
        """Names and values that figures are made of."""
        return words(f"{self.code}_figures")

    @cached_property
    def pages(self) -> dict[str, Any]:
        """The words of each recipe."""
        names = ("sums", "sums2", "tasks")
        tables = [words(f"{self.code}_{name}") for name in names]
        return {**dict(ChainMap(*tables)), "consult": words(f"{self.code}_consult")}

    def known(self, scene: str, page: Words, figures: Words) -> Words:
        """Everything a template of the page may name; the first of the tables that has a name decides."""
        tables: list[Any] = [figures, page, self.scenes[scene], self.common, self.values]
        return ChainMap(*tables)

    def money(self, value: Decimal) -> str:
        """An amount in the home currency, cents only where there are some."""
        text = f"{abs(value):,}" if value != value.to_integral_value() else f"{abs(int(value)):,}"
        sign = "-" if value < 0 else ""
        return f"{sign}${text}" if self.code == "en" else f"{sign}{text}元"

    def price(self, value: Decimal, unit: str = "0.0001") -> str:
        """A price of one unit with four decimals; without the currency in Chinese, where the text adds it."""
        text = str(rounded(value, unit))
        return f"${text}" if self.code == "en" else text

    def rate(self, value: Decimal) -> str:
        """A fraction in per cent without closing zeros: 0.0350 is 3.5%."""
        return f"{(value * 100).normalize():f}%"

    def day(self, rng: random.Random) -> str:
        """A date of the years 2023 to 2026."""
        year, month, date = rng.randrange(2023, 2027), rng.randrange(12), rng.randrange(1, 29)
        if self.code == "en":
            return f"{date} {self.values['months'][month]} {year}"
        return f"{year}年{month + 1}月{date}日"

    def firm(self, rng: random.Random) -> str:
        """The name of an invented company."""
        return f"{self.one('firms_first', rng)}{self.space}{self.one('firms_last', rng)}"

    def one(self, name: str, rng: random.Random) -> str:
        """One of the values of that name."""
        return str(rng.choice(self.values[name]))

    def listed(self, members: Sequence[str]) -> str:
        """The members as a list in a sentence."""
        return self.comma.join(members)


ENGLISH = Language("en", " ", ", ")
CHINESE = Language("zh", "", "、")
LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
