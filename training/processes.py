"""The processes of a run, as the launcher numbers them."""

from __future__ import annotations

import os


def is_first() -> bool:
    """True in the one process that writes."""
    return os.environ.get("RANK", "0") == "0"


def processes() -> int:
    """How many the launcher has started."""
    return int(os.environ.get("WORLD_SIZE", "1"))
