"""Hashes of models, which say later that a run began from these very weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

IDENTITY = ("*.safetensors", "*.bin", "*.json", "*.jinja", "*.txt", "*.model")
OTHERS = frozenset({"trainer_state.json", "training_args.bin", "govern.json", "README.md"})
"""Files that lie beside a model and are not part of it."""


def text_hash(text: str) -> str:
    """64 hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """64 hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_hash(folder: Path, patterns: tuple[str, ...] = IDENTITY) -> str:
    """64 hex over the lines `name sha256` of a model's files, by name."""
    files = sorted({p for pattern in patterns for p in folder.glob(pattern) if p.name not in OTHERS})
    return text_hash("\n".join(f"{p.name} {file_hash(p)}" for p in files if p.is_file()))


def weights_hash(folder: Path) -> str:
    """64 hex over the weights alone, as checkpoints are known by."""
    return folder_hash(folder, ("*.safetensors",))
