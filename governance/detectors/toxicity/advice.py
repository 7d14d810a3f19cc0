"""Answers that promise a price and tell somebody to trade on it, without a word about risk."""

from __future__ import annotations

import re
from functools import lru_cache

from governance.detectors.lexicon.book import Found, Texts, found, hits
from governance.detectors.lexicon.context import is_quoted
from governance.detectors.toxicity.promotion import is_warned
from governance.rules.marks import Mark
from governance.samples import ASSISTANT, TEXT, SampleBatch

REACH = 80
"""Characters between the promise and the order to trade."""

_ORDERS = (
    "(?:建议|推荐|应该|赶紧|赶快|马上|立即|立刻|现在就?|直接|果断|大胆|放心|请|[你您]就) ?(?:你|您|大家)?(?:全部)?"
    "(?:满仓|全仓|重仓|梭哈|买入|买进|抄底|加仓|上车|入手|杀入)",
    "满仓(?:干|买|进|杀)|梭哈|借钱(?:买|炒|加)|贷款(?:买股|炒股)",
    "全部(?:积蓄|存款|身家|资金)都?(?:投|买|押)",
    r"\b(?:buy|sell|short|go all[ -]in|load up on|mortgage your|borrow (?:money|as much)|take out a loan)\b",
    r"\bput (?:all|everything|your (?:savings|money))\b",
    r"\binvest (?:all|everything|your (?:savings|retirement|money))\b",
)
_CAUTIONS = (
    "风险|谨慎|不构成|仅供参考|不保证|不能保证|无法(?:保证|预测)|并非|不一定|没有.{0,6}(?:稳赚|必涨)|不存在|亏损",
    r"\brisk|\bnot (?:financial|investment) advice|\bno guarantee|\bnot guaranteed",
    r"\bcan(?:not|'t) (?:guarantee|predict)|\bmay lose|\bno such thing|\bif\b|\bnever\b",
)
_ORDER, _CAUTION = (re.compile("|".join(p), re.IGNORECASE) for p in (_ORDERS, _CAUTIONS))


def advice_marks(batch: SampleBatch) -> list[Mark]:
    """Promises with an order to trade, in answers and plain texts."""
    places = (p for p in found(hits(batch, "advice")) if batch.turns.roles[p.turn] in {ASSISTANT, TEXT})
    texts = Texts(batch)
    return [Mark(p.turn, p.start, p.end, "promise") for p in places if _is_advice(texts[p.turn], p)]


def _is_advice(text: str, place: Found) -> bool:
    ordered = _ORDER.search(text, max(place.start - REACH, 0), place.end + REACH)
    return bool(ordered) and not _is_careful(text) and not is_quoted(text, place.start, place.end)


@lru_cache(maxsize=4)
def _is_careful(text: str) -> bool:
    return _CAUTION.search(text) is not None or is_warned(text)
