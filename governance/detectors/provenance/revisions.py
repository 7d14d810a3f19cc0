"""Whether a source names one state of its data, or whatever stands there today."""

from __future__ import annotations

import re

BRANCHES = frozenset(
    ["", "main", "master", "head", "latest", "default", "trunk", "develop", "dev", "current", "nightly"]
)
"""Revisions that move."""

_PINNED = re.compile(
    r"""(?ix) (?<![0-9a-z]) (?:
        [0-9a-f]{7,64}                          # a commit, or a hash of the content
      | v?\d+(?:\.\d+)+ (?:[-.+][0-9a-z.]+)?    # a version
      | v\d+
      | (?:19|20)\d\d [-_./]? (?:0[1-9]|1[0-2]) (?:[-_./]? (?:0[1-9]|[12]\d|3[01]))?    # a dated dump
      | CC-MAIN-\d{4}-\d{2}
    ) (?![0-9a-z])"""
)
_ADDRESS = re.compile(r"(?i)^(?:hf|https?|s3|gs|oss|git|ssh|ftp)://|^git@|^huggingface\.co/|^github\.com/")
_MOVING_PART = re.compile(
    r"(?i)(?:/|@|\bref=|\brevision=)(?:main|master|head|latest|trunk|current)(?:/|$|[?#&])"
)


def unpinned(source: str, revision: str | None) -> bool:
    """Whether a source that is an address gives no fixed state of it.

    A plain name (`desk`, `annual reports 2023`) is no address; nothing can be fetched from it, so nothing is to pin.
    """
    if not _ADDRESS.match(source.strip()):
        return False
    if revision is not None and revision.strip().lower() not in BRANCHES:
        return False
    if _MOVING_PART.search(source):
        return True
    path = re.sub(r"^[a-z]+://[^/]*", "", source.strip(), flags=re.IGNORECASE)
    return _PINNED.search(path) is None
