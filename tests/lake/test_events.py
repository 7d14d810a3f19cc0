from __future__ import annotations

from dataclasses import replace

import pytest

from governance.lake import Lake
from governance.lake.commit import writing
from governance.lake.events import GENESIS, append, events, following, verify_chain
from governance.lake.events import Head as End
from governance.lake.tables import REMOVALS, table_of
from governance.lake.verify import verify_lake


@pytest.fixture
def log(lake: Lake) -> Lake:
    for n in range(4):
        append(lake, "test.event", f"subject {n}", {"n": n, "中": "\n"})
    return lake


def test_each_event_follows_from_the_one_before(log: Lake):
    chain = events(log)

    assert [1, 2, 3, 4, 5] == [e.seq for e in chain]
    assert [GENESIS, *(e.hash for e in chain[:-1])] == [e.prev_hash for e in chain]
    assert [e.hash for e in chain] == [e.expected_hash() for e in chain]
    assert verify_chain(log).ok


def test_an_event_keeps_what_it_was_given(log: Lake):
    event = events(log)[-1]

    assert ("test.event", "subject 3", 3, "\n") == (
        event.action,
        event.subject,
        event.data["n"],
        event.data["中"],
    )
    assert log.actor == event.actor
    assert event.at.endswith("+00:00")


def test_events_are_paged(log: Lake):
    assert [3, 4] == [e.seq for e in events(log, after=2, limit=2)]


@pytest.mark.parametrize("field", ["at", "actor", "action", "subject", "details", "prev_hash", "hash"])
def test_an_edited_event_breaks_the_chain_at_its_place(log: Lake, field: str):
    log.db.execute(f"UPDATE lake.events SET \"{field}\" = 'forged' WHERE seq = 3")

    assert 3 == verify_chain(log).broken_at


def test_an_edited_event_with_its_hash_made_anew_breaks_the_next(log: Lake):
    old = events(log)[2]
    forged = following(
        End(old.seq - 1, old.prev_hash), old.at, "mallory", old.action, old.subject, old.details
    )
    log.db.execute("UPDATE lake.events SET actor = ?, hash = ? WHERE seq = 3", [forged.actor, forged.hash])

    assert 4 == verify_chain(log).broken_at


def test_a_deleted_event_is_missed(log: Lake):
    log.db.execute("DELETE FROM lake.events WHERE seq = 2")

    assert 3 == verify_chain(log).broken_at
    assert "event 2 is missing" in verify_chain(log).problem


def test_swapped_events_break_the_chain(log: Lake):
    log.db.execute("UPDATE lake.events SET seq = CASE seq WHEN 2 THEN 3 ELSE 2 END WHERE seq IN (2, 3)")

    assert 2 == verify_chain(log).broken_at


def test_a_log_cut_at_its_end_is_noticed(log: Lake):
    log.db.execute("DELETE FROM lake.events WHERE seq = 5")

    found = verify_chain(log)
    assert 5 == found.broken_at
    assert "ledger knows another end" in found.problem


def test_a_log_and_ledger_cut_together_are_noticed_by_the_catalog(log: Lake):
    log.db.execute("DELETE FROM lake.events WHERE seq = 5")
    log.db.execute("DELETE FROM lake.ledger WHERE seq = 5")

    assert "catalog knows another end" in verify_chain(log).problem


def test_a_forged_event_at_the_end_is_noticed(log: Lake):
    last = events(log)[-1]
    forged = following(End(last.seq, last.hash), last.at, "mallory", "x", "y", "{}")
    log.db.execute("INSERT INTO lake.events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(forged.as_row().values()))

    assert 6 == verify_chain(log).broken_at


def test_a_cut_chain_is_not_healed_by_the_next_event(log: Lake):
    log.db.execute("DELETE FROM lake.events WHERE seq = 5")
    append(log, "test.event", "later", {})

    assert 6 == verify_chain(log).broken_at


def test_a_changed_ledger_is_noticed(log: Lake):
    log.db.execute("UPDATE lake.ledger SET sha256 = 'forged' WHERE seq = 1 AND table_name = 'lake_info'")

    assert "the ledger differs from what event 1 recorded" in [p.what for p in verify_lake(log).problems]


def test_a_hash_covers_every_other_field(log: Lake):
    event = events(log)[-1]
    changed = [replace(event, **{f: "x" if f != "seq" else 9}) for f in event.as_row() if f != "hash"]

    assert event.hash not in [c.expected_hash() for c in changed]
    assert event.hash == replace(event, hash="x").expected_hash()


def test_nothing_is_committed_when_the_work_fails(lake: Lake):
    row = {"kind": "k", "id": "i", "subject": "s", "seq": 1, "at": "a", "actor": "b"}
    with pytest.raises(KeyboardInterrupt), writing(lake) as tx:
        tx.insert(REMOVALS, table_of(REMOVALS.schema, [row]))
        tx.describe("never", "never", {})
        raise KeyboardInterrupt

    assert [(0,)] == lake.fetch("SELECT count(*) FROM lake.removals")
    assert 1 == len(events(lake))
    assert () == verify_lake(lake).orphans
