"""Who removed what: removed things leave a line, so that a number is never given twice and nobody wonders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.lake.tables import REMOVALS, table_of

if TYPE_CHECKING:
    from governance.lake.catalog import Lake
    from governance.lake.commit import Transaction


@dataclass(frozen=True)
class Removal:
    """When something was removed, and by whom."""

    at: str
    actor: str

    def __str__(self) -> str:
        return f"on {self.at[:10]} by {self.actor}"


def removal_row(tx: Transaction, kind: str, ident: str, subject: str) -> pa.Table:
    """The line that says it: a row of `removals`."""
    row = {"kind": kind, "id": ident, "subject": subject, "seq": tx.seq, "at": tx.at, "actor": tx.lake.actor}
    return table_of(REMOVALS.schema, [row])


def find_removal(lake: Lake, kind: str, ident: str) -> Removal | None:
    """The removal of the thing, or None where it is there or never was."""
    found = lake.fetch('SELECT "at", actor FROM lake.removals WHERE kind = ? AND id = ?', [kind, ident])
    return Removal(*found[0]) if found else None
