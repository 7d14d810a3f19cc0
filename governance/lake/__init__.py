"""Everything that persists, one module a noun; nobody else writes SQL against the lake."""

from governance.lake.catalog import Lake, open_lake

__all__ = ["Lake", "open_lake"]
