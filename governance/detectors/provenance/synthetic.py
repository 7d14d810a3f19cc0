"""Signs that a machine wrote a text, and what a row says about it."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.rules.marks import Mark
from governance.samples import ASSISTANT, TEXT, SampleBatch

PHRASES = (
    "as an ai language model",
    "as a large language model",
    "as an ai assistant",
    "i'm an ai language model",
    "i am an ai language model",
    "i'm chatgpt",
    "i am chatgpt",
    "trained by openai",
    "developed by openai",
    "created by anthropic",
    "my knowledge cutoff",
    "my last knowledge update",
    "my training data only goes",
    "作为一个人工智能语言模型",
    "作为人工智能语言模型",
    "作为一个ai语言模型",
    "作为ai语言模型",
    "作为一个大语言模型",
    "我是一个人工智能语言模型",
    "我是由openai",
    "我的知识截止",
    "我的训练数据截止",
)
"""What models of 2022 to 2025 say of themselves; people do not. In lower case."""

_ONE = re.compile("|".join(re.escape(phrase) for phrase in PHRASES), re.IGNORECASE)
YES = frozenset(["1", "true", "yes", "y", "synthetic", "generated", "machine", "ai", "llm", "是"])
NO = frozenset(["0", "false", "no", "n", "human", "manual", "否"])


def self_named(batch: SampleBatch) -> list[Mark]:
    """Places where an answer, or a plain text, names its writer as a model."""
    turns = batch.turns
    written = np.flatnonzero((turns.roles == ASSISTANT) | (turns.roles == TEXT))
    texts = pl.Series(pl.from_arrow(turns.contents.take(written)), dtype=pl.String)
    hit = texts.str.contains_any(list(PHRASES), ascii_case_insensitive=True).to_numpy()
    marks = []
    for turn, text in zip(written[hit].tolist(), texts.filter(hit).to_list(), strict=True):
        found = _ONE.search(text)
        if found is not None:
            marks.append(Mark(turn, found.start(), found.end(), "self-named"))
    return marks


def says(synthetic: pl.Series) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """((rows,) the row says that a machine wrote it, (rows,) it says that none did)."""
    words = synthetic.str.strip_chars().str.to_lowercase()
    return words.is_in(list(YES)).fill_null(False).to_numpy(), words.is_in(list(NO)).fill_null(
        False
    ).to_numpy()
