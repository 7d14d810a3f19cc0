"""Every table of the lake."""

from __future__ import annotations

from governance.lake.attribution_tables import ATTRIBUTION_TABLES
from governance.lake.tables import TABLES, Table

ALL_TABLES: tuple[Table, ...] = (*TABLES, *ATTRIBUTION_TABLES)
"""What a lake has; those that are `later` may be missing from an older one."""
