"""Hashes as rows state them."""

from __future__ import annotations

import hashlib


def sha(text: str, kind: str = "sha256") -> str:
    return hashlib.new(kind, text.encode()).hexdigest()
