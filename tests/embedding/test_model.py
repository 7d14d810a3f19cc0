"""Models are loaded without a network, give the vectors sentence-transformers gives, and are named by content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from governance.detectors.translation.probe import probe
from governance.embedding.model import CHARACTERS, load, missing, module_types, wordllama_files
from tests.embedding.models import made, multilingual, needs_model, needs_wordllama

WORDS = {
    "loan": [1.0, 0.0, 0.0],
    "credit": [0.9, 0.1, 0.0],
    "bond": [0.0, 1.0, 0.0],
    "river": [0.0, 0.0, 1.0],
}
pytestmark = needs_model


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    model = load(str(made(tmp_path / "tiny", WORDS)))

    loan, credit, river, nothing = model.encode(["Loan loan", "credit", "river", ""])

    assert ("tiny", 3, True) == (model.info.name, model.info.dimension, model.info.static)
    assert loan @ credit > 0.99 and loan @ river == 0
    assert [0.0, 0.0, 0.0] == nothing.tolist()


def test_the_same_content_has_the_same_hash_and_other_content_another(tmp_path: Path) -> None:
    one, same, other = (
        load(str(made(tmp_path / name, words))).info
        for name, words in (("a", WORDS), ("b", WORDS), ("c", WORDS | {"river": [0.0, 0.1, 1.0]}))
    )

    assert one.content_hash == same.content_hash != other.content_hash
    assert one.key == same.key


def test_vectors_are_those_of_sentence_transformers(tmp_path: Path) -> None:
    model = load(str(made(tmp_path / "tiny", WORDS)))
    texts = ["loan bond", "river credit unknown", "bond"]

    expected = model._model.encode(texts, normalize_embeddings=True)

    np.testing.assert_allclose(expected, model.encode(texts), atol=1e-6)


def test_a_long_text_is_read_up_to_its_limit(tmp_path: Path) -> None:
    model = load(str(made(tmp_path / "tiny", WORDS)))
    start = "loan " * (CHARACTERS // 5)

    assert model.encode([start[:CHARACTERS]]).tolist() == model.encode([start + " river" * 5000]).tolist()


def test_no_texts_have_no_vectors(tmp_path: Path) -> None:
    assert (0, 3) == load(str(made(tmp_path / "tiny", WORDS))).encode([]).shape


@needs_wordllama
def test_the_built_in_vectors_are_those_of_sentence_transformers_too() -> None:
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    matrix, tokenizer = wordllama_files() or (Path(), Path())
    static_embedding, normalize = module_types()
    weights = load_file(matrix)["embedding.weight"].astype(np.float32)
    part = static_embedding(Tokenizer.from_file(str(tokenizer)), embedding_weights=weights)
    texts = ["What is the duration of a bond?", "债券的久期是什么？", "a"]

    expected = SentenceTransformer(modules=[part, normalize()], device="cpu").encode(texts)

    np.testing.assert_allclose(expected, load("auto").encode(texts), atol=1e-5)


@needs_wordllama
def test_auto_is_the_installed_matrix() -> None:
    model = load("auto")
    a, b, c = model.encode(
        ["How do I open an account?", "What are the steps to open an account?", "The river froze."]
    )

    assert ("wordllama l2_supercat 256", 256) == (model.info.name, model.info.dimension)
    assert a @ b > 0.6 > a @ c
    assert not probe(model).enough


def test_a_multilingual_model_is_told_by_the_probe(tmp_path: Path) -> None:
    assert probe(load(str(multilingual(tmp_path / "multilingual")))).enough


def test_what_is_missing_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert "pip install 'govern[semantic]'" in str(missing("auto"))
