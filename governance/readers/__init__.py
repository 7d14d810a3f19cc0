"""Data files in, batches of samples out."""

from __future__ import annotations

from governance.readers.options import ReadLimits, ReadOptions
from governance.readers.source import Source, open_source

__all__ = ["ReadLimits", "ReadOptions", "Source", "open_source"]
