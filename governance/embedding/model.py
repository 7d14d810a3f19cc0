"""Which model turns texts into vectors, and how.

Any sentence-transformers model by name or folder. `auto` is the static matrix of the `wordllama` wheel (256 numbers a
token, English and Chinese), which needs no hub: its two data files are read where the wheel put them, and its own
loader, which would download, is never called. Static models are most of what a static one does: tokens looked up and
averaged. That part is done here by compiled kernels; what tokens a text has, the tokenizer says, once for each piece of
text where the text can be cut into pieces (`pieces`). Other models encode through sentence-transformers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from governance.embedding.pieces import Pieces

AUTO = "auto"
INSTALL = "pip install 'govern[semantic]'"
MODULES = ("sentence_transformers", "faiss", "torch")
CHARACTERS = 1024
"""Characters of a text that are read; the rest is cut, and counted. A text of 1 KB is read whole."""
POLICY = f"v1 characters={CHARACTERS}"
"""What besides the model decides a vector; part of the key in the lake."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ModelInfo:
    """What a report says of the model.

    Attributes:
        name: as configured, or `wordllama l2_supercat 256`.
        dimension: numbers in a vector.
        content_hash: SHA-256 over weights and tokenizer.
        static: every token has one vector, whatever stands around it.
    """

    name: str
    dimension: int
    content_hash: str
    static: bool

    @property
    def key(self) -> str:
        """What vectors in the lake are filed under."""
        return f"{self.content_hash} {POLICY}"

    def said(self) -> dict[str, Any]:
        """The model as reports list it."""
        return {"model": self.name, "dimension": self.dimension, "model_sha256": self.content_hash}


class Embedder:
    """A loaded model."""

    def __init__(self, info: ModelInfo, model: Any, tokenizer: Any, matrix: Vectors | None) -> None:
        self.info = info
        self._model = model
        self._tokenizer = tokenizer
        self._matrix = matrix
        self._lock = threading.Lock()
        self._pieces = _pieces(tokenizer) if matrix is not None else None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of length 1, or 0 for an empty text, of the first `CHARACTERS` of each text."""
        short = [text[:CHARACTERS] for text in texts]
        if not short:
            return np.zeros((0, self.info.dimension), np.float32)
        if self._matrix is None:
            with self._lock:
                found = self._model.encode(short, normalize_embeddings=True, show_progress_bar=False)
            vectors = np.asarray(found, np.float32)
            vectors[[not text.strip() for text in short]] = 0.0
            return vectors
        return self._static(short, self._matrix)

    def _static(self, texts: list[str], matrix: Vectors) -> Vectors:
        from governance.embedding.pooling import pooled

        if self._pieces is not None:
            return pooled(*self._pieces.tokens(pa.array(texts, pa.large_string()), CHARACTERS), matrix)
        found = [e.ids for e in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        sizes = np.fromiter(map(len, found), np.int64, len(found))
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        tokens = np.fromiter(chain.from_iterable(found), np.int32, int(bounds[-1]))
        return pooled(tokens, bounds, matrix)


def _pieces(tokenizer: Any) -> Pieces | None:
    from governance.embedding.pieces import pieces_of

    return pieces_of(tokenizer)


def missing(embedder: str) -> str | None:
    """Why no embedder can be loaded, with the command that installs it, or None. Nothing is imported."""
    absent = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed; {INSTALL}"
    if embedder == AUTO and wordllama_files() is None:
        return f"no embedder: wordllama is not installed; {INSTALL}, or name a model with --embedder"
    return None


def load(embedder: str) -> Embedder:
    """The configured model, or wordllama's matrix for `auto`.

    Raises:
        OSError, ValueError: there is no such model, or it cannot be loaded.
    """
    os.environ.setdefault(
        "TOKENIZERS_PARALLELISM", "false"
    )  # batches are spread over threads by the audit already
    if embedder == AUTO:
        return _wordllama()
    from sentence_transformers import SentenceTransformer

    folder = Path(embedder).expanduser()
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    if folder.is_dir():
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        return wrap(model, folder.name)
    return wrap(SentenceTransformer(embedder, device="cpu", local_files_only=offline), embedder)


def wrap(model: Any, name: str) -> Embedder:
    """A SentenceTransformer as an embedder; its static matrix is taken out where it is one."""
    static_embedding, normalize = module_types()
    parts = list(model)
    static = isinstance(parts[0], static_embedding) and all(isinstance(p, normalize) for p in parts[1:])
    size = (
        getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
    )  # before 5.6
    dimension = int(size())
    tokenizer = parts[0].tokenizer
    if not static:
        return Embedder(ModelInfo(name, dimension, _hash(model, tokenizer), False), model, tokenizer, None)
    matrix = np.ascontiguousarray(parts[0].embedding.weight.detach().float().cpu().numpy())
    return _of_matrix(name, model, tokenizer, matrix)


def module_types() -> tuple[Any, Any]:
    """The classes StaticEmbedding and Normalize, from where this version of sentence-transformers has them."""
    import importlib

    try:
        found = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    except ImportError:  # before 5.4
        found = importlib.import_module("sentence_transformers.models")
    return found.StaticEmbedding, found.Normalize


def _of_matrix(name: str, model: Any, tokenizer: Any, matrix: Vectors) -> Embedder:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    digest = hashlib.sha256(matrix.tobytes() + tokenizer.to_str().encode())
    return Embedder(ModelInfo(name, matrix.shape[1], digest.hexdigest(), True), model, tokenizer, matrix)


def _hash(model: Any, tokenizer: Any) -> str:
    """SHA-256 over every weight, by name, and the tokenizer's vocabulary."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().float().cpu().numpy().tobytes())
    digest.update(repr(sorted(tokenizer.get_vocab().items())).encode())
    return digest.hexdigest()


def wordllama_files() -> tuple[Path, Path] | None:
    """(matrix, tokenizer) of the installed wordllama wheel, or None."""
    try:
        wheel = distribution("wordllama")
    except PackageNotFoundError:
        return None
    names = ("weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json")
    matrix, tokenizer = (Path(str(wheel.locate_file(f"wordllama/{name}"))) for name in names)
    return (matrix, tokenizer) if matrix.is_file() and tokenizer.is_file() else None


def _wordllama() -> Embedder:
    """The wheel's matrix; its vectors are those of a sentence-transformers StaticEmbedding over it, which a test holds.

    Building that model to take its matrix out again would load torch: 3 CPU seconds and 600 MB.
    """
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    files = wordllama_files()
    if files is None:
        raise FileNotFoundError("the wordllama wheel is not installed")
    matrix = np.ascontiguousarray(load_file(files[0])["embedding.weight"].astype(np.float32))
    return _of_matrix("wordllama l2_supercat 256", None, Tokenizer.from_file(str(files[1])), matrix)
