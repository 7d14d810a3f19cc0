"""Plain Python statements of what the compiled code does, and small makers of input."""

from __future__ import annotations

import random
import re

import numpy as np
import pyarrow as pa

from governance.samples import utf8_buffers
from governance.text.minhash import Signed, sign

WORD = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")


def words(text: str) -> list[str]:
    """Tokens of ordinary English and Chinese text."""
    return WORD.findall(text.lower())


def shingles(text: str) -> set[tuple[str, ...]]:
    """The word 5-grams of a text."""
    tokens = words(text)
    return {tuple(tokens[i : i + 5]) for i in range(len(tokens) - 4)}


def jaccard(left: str, right: str) -> float:
    """Jaccard similarity of the 5-gram sets of two texts; 0 where a text has none."""
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b) if a | b else 0.0


def signed(*texts: str, **options: object) -> Signed:
    """Signatures of texts of one turn each."""
    column = pa.array(texts, pa.large_string())
    data, offsets = utf8_buffers(column)
    roles = np.full(len(texts), 4, np.uint8)
    return sign(data, offsets, roles, np.arange(len(texts) + 1), threshold=0.8, **options)  # type: ignore[arg-type]


VOCABULARY = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "lmnrst"]
CHARACTERS = "公司利润增长市场风险基金债券股票银行贷款投资收益保险信用监管资产负债现金流量"


def prose(rng: random.Random, length: int = 60) -> str:
    """A text of made-up words."""
    return " ".join(rng.choice(VOCABULARY) for _ in range(length))


def edited(rng: random.Random, text: str, edits: int) -> str:
    """The text with some words replaced."""
    parts = text.split(" ")
    for at in rng.sample(range(len(parts)), min(edits, len(parts))):
        parts[at] = rng.choice(VOCABULARY) + "x"
    return " ".join(parts)


def corpus(seed: int, documents: int = 40) -> list[str]:
    """Texts of which about half are edited, chained or reworded copies of others."""
    rng = random.Random(seed)
    texts = [prose(rng, rng.randint(20, 90))]
    while len(texts) < documents:
        kind = rng.random()
        base = rng.choice(texts)
        if kind < 0.4:
            texts.append(prose(rng, rng.randint(3, 90)))
        elif kind < 0.85:
            texts.append(edited(rng, base, rng.randint(1, 3)))
        else:
            texts.append(base.upper().replace(" ", "  ") + rng.choice(["", "!", " end"]))
    return texts
