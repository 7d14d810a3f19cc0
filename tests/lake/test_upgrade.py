"""A lake that an earlier version of the same format made gets the tables that came later."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from governance.errors import LakeError
from governance.lake import open_lake
from governance.lake.all_tables import ALL_TABLES
from governance.lake.audits import commit_audit, load_audit
from governance.lake.catalog import table_names
from governance.lake.events import events, verify_chain
from tests.lake.builders import audit_report


@pytest.fixture
def older(empty_lake: Path, folder: Path) -> Path:
    """A lake without the table of waived findings."""
    shutil.copytree(empty_lake, folder)
    with open_lake(str(folder)) as lake:
        commit_audit(lake, audit_report("run-1"))
        lake.db.execute("DROP TABLE lake.suppressions")
    return folder


def test_opening_it_for_writing_adds_what_is_missing(older: Path):
    with open_lake(str(older)) as lake:
        assert table_names(lake).issuperset(t.name for t in ALL_TABLES)
        assert ("lake.upgrade", ["suppressions"]) == (
            events(lake)[-1].action,
            events(lake)[-1].data["tables"],
        )
        assert verify_chain(lake).ok
        assert 0 == load_audit(lake, "run-1").suppressions.num_rows

    with open_lake(str(older)) as lake:
        assert 1 == sum(e.action == "lake.upgrade" for e in events(lake))


def test_opening_it_for_reading_says_what_brings_it_up_to_date(older: Path):
    with pytest.raises(LakeError, match="tables are missing") as refused:
        open_lake(str(older), read_only=True)

    assert "govern runs gc" in refused.value.hint
