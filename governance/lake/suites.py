"""Evaluation suites kept per item, by name, with a number for each content."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.benchmarks.items import ITEMS
from governance.benchmarks.suite import Suite
from governance.errors import NotFound, did_you_mean
from governance.lake.commit import writing
from governance.lake.removals import removal_row
from governance.lake.staging import stage
from governance.lake.tables import REMOVALS, SUITE_ITEMS, SUITES, names, table_of, with_owner

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


@dataclass(frozen=True)
class StoredSuite:
    """One version of a suite, without its items."""

    id: str
    name: str
    version: int
    content_hash: str
    uri: str
    items: int
    notes: tuple[str, ...]
    created_at: str
    created_by: str


def save_suite(lake: Lake, suite: Suite) -> StoredSuite:
    """The suite in the lake; the version that is there already where its content is the same."""
    ident = uuid.uuid4().hex
    files = stage(lake.session, SUITE_ITEMS, with_owner("suite_id", ident, suite.items))
    with writing(lake) as tx:
        known = [
            s for s in list_suites(lake) if s.name == suite.name and s.content_hash == suite.content_hash
        ]
        if not known:
            number = (
                1
                + lake.fetch(
                    "SELECT coalesce(max(version), 0) FROM lake.suites WHERE name = ?", [suite.name]
                )[0][0]
            )
            tx.add(files)
            row = {
                "suite_id": ident,
                "name": suite.name,
                "version": number,
                "seq": tx.seq,
                "content_hash": suite.content_hash,
                "uri": suite.uri,
                "items": suite.items.num_rows,
                "notes": json.dumps(suite.notes, ensure_ascii=False),
                "created_at": tx.at,
                "created_by": lake.actor,
            }
            tx.insert(SUITES, table_of(SUITES.schema, [row]))
            details = {"content": suite.content_hash, "items": suite.items.num_rows}
            tx.describe("suite.commit", f"{suite.name}@{number}", details)
    if known:
        lake.session.discard([f.path for f in files])
        return known[-1]
    return find_suite(lake, suite.name)


def load_suite(lake: Lake, name: str, version: int | None = None) -> Suite:
    """The suite with its items; the latest version unless one is named."""
    found = find_suite(lake, name, version)
    sql = f"SELECT {names(ITEMS)} FROM lake.suite_items WHERE suite_id = ? ORDER BY position"
    items = lake.query(sql, ITEMS, [found.id])
    return Suite(found.name, found.uri, items, found.content_hash, found.notes)


def find_suite(lake: Lake, name: str, version: int | None = None) -> StoredSuite:
    """The stored suite of that name, the latest version unless one is named."""
    known = list_suites(lake)
    found = [s for s in known if s.name == name and version in (None, s.version)]
    if found:
        return found[-1]
    others = sorted({s.name for s in known})
    what = (
        f"there is no evaluation suite {name!r}"
        if version is None
        else f"suite {name!r} has no version {version}"
    )
    hint = f"{did_you_mean(name, others)}suites are: {', '.join(others[:20]) or 'none yet'}"
    raise NotFound(what, where=lake.display, hint=hint)


def list_suites(lake: Lake) -> list[StoredSuite]:
    """Every version of every suite, by name and number."""
    sql = (
        "SELECT suite_id, name, version, content_hash, uri, items, notes, created_at, created_by"
        " FROM lake.suites WHERE suite_id NOT IN (SELECT id FROM lake.removals WHERE kind = 'suite')"
        " ORDER BY name, version"
    )
    return [StoredSuite(*(*row[:6], tuple(json.loads(row[6])), *row[7:])) for row in lake.fetch(sql)]


def remove_suite(lake: Lake, name: str) -> list[StoredSuite]:
    """The versions that are gone: all of that name."""
    with writing(lake) as tx:
        find_suite(lake, name)
        gone = [s for s in list_suites(lake) if s.name == name]
        for suite in gone:
            tx.delete(SUITE_ITEMS, "suite_id", suite.id)
            tx.insert(REMOVALS, removal_row(tx, "suite", suite.id, f"{name}@{suite.version}"))
        tx.describe("suite.remove", name, {"versions": [s.version for s in gone]})
    return gone
