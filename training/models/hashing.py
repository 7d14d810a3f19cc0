"""Hashes of what training leaves on disk, and of texts that say what it began from."""

from __future__ import annotations

import hashlib
from pathlib import Path


def text_hash(text: str) -> str:
    """64 hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """64 hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def weights_hash(folder: Path) -> str:
    """64 hex over the lines `name sha256` of a folder's weights, as checkpoints are known by."""
    return text_hash("\n".join(f"{p.name} {file_hash(p)}" for p in sorted(folder.glob("*.safetensors"))))
