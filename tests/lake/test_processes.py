"""Several processes on one lake: all writers succeed, readers see whole commits, kills lose nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from governance.errors import LakeBusy, LakeError
from governance.lake import Lake, open_lake
from governance.lake.audits import list_audits, load_audit, verify_audit
from governance.lake.commit import writing
from governance.lake.datasets import versions
from governance.lake.events import append, verify_chain
from governance.lake.orphans import known_files
from governance.lake.tables import REMOVALS, table_of
from governance.lake.verify import verify_lake
from tests.lake.processes import finish, kill_after, moments, start, worker
from tests.lake.worker import commit_one

pytestmark = pytest.mark.slow
WRITERS, COMMITS, KILLS = 4, 4, 10


def test_writers_at_once_all_succeed_and_keep_one_chain(location: str):
    open_lake(location).close()
    running = [start(worker(location, f"set{w}", 0, COMMITS)) for w in range(WRITERS)]

    ended = [finish(process) for process in running]

    assert [list(range(COMMITS))] * WRITERS == [e.acked for e in ended], ended
    with open_lake(location) as lake:
        assert WRITERS * COMMITS == len(list_audits(lake))
        assert WRITERS * COMMITS + 1 == verify_chain(lake).events
        check = verify_lake(lake)
        assert ((), ()) == (check.problems, check.orphans)


def test_writers_of_one_dataset_get_numbers_of_their_own(location: str):
    running = [
        start(worker(location, "shared", w * 100, 3)) for w in range(3)
    ]  # they race to create the lake too

    ended = [finish(process) for process in running]

    assert [3, 3, 3] == [len(e.acked) for e in ended], ended
    with open_lake(location, read_only=True) as lake:
        assert list(range(1, 10)) == [v.version for v in versions(lake, "shared")]
        assert verify_lake(lake).ok


def test_readers_see_whole_commits_while_another_process_writes(location: str):
    open_lake(location).close()
    whole = (
        "SELECT (SELECT count(*) FROM lake.audits), (SELECT count(*) FROM lake.dataset_versions),"
        " (SELECT count(*) FROM lake.entries) / 200, (SELECT count(*) FROM lake.findings) / 20,"
        " (SELECT count(*) FROM lake.events WHERE action = 'audit.commit')"
    )
    seen = set()
    with open_lake(location, read_only=True) as lake:
        process = start(worker(location, "sft", 0, 8))
        while process.poll() is None:
            seen.add(lake.fetch(whole)[0])
        assert list(range(8)) == finish(process).acked

    assert {1} == {len(set(counts)) for counts in seen}, seen
    assert len(seen) > 1


def test_kills_lose_nothing_and_leave_nothing_half(location: str):
    began = time.monotonic()
    finish(start(worker(location, "sft", 0, 1)))
    following, longest = 1, (time.monotonic() - began) / 2
    for moment in moments(KILLS, longest, seed=7):
        ended = kill_after(worker(location, "sft", following, 1000), moment)
        assert ended.killed, ended.errors
        last = max(ended.acked, default=following - 1)
        with open_lake(location) as lake:
            present = sorted(a.run for a in list_audits(lake))
        following = len(present)
        assert [f"sft-{n:05}" for n in range(following)] == present
        assert following in (last + 1, last + 2)  # a commit may be done though nobody was told

    with open_lake(location) as lake:
        check = verify_lake(lake)
        assert () == check.problems
        assert [] == [o for o in check.orphans if lake.dsn == ""]  # in PostgreSQL they wait for ten minutes
        assert following == len(versions(lake, "sft"))
        assert all(verify_audit(lake, a.run).ok for a in list_audits(lake))
        commit_one(lake, "sft", following - 1, 200)  # a retry of what was done
        assert following == len(list_audits(lake))


def test_a_kill_before_the_lake_is_made_leaves_none_or_a_whole_one(tmp_path: Path):
    for n, moment in enumerate(moments(5, longest=1.5, seed=3)):
        location = str(tmp_path / f"lake{n}")
        kill_after(worker(location, "sft", 0, 1), moment, first_line=False)

        with open_lake(location) as lake:
            assert verify_lake(lake).ok


def test_what_a_killed_process_staged_is_swept_when_the_lake_is_opened(location: str):
    open_lake(location).close()
    code = (
        "import sys, time; from governance.lake import open_lake;"
        "from governance.lake.staging import stage;"
        "from governance.lake.tables import ENTRIES, with_owner; from tests.lake.builders import many_entries;"
        "lake = open_lake(sys.argv[1]); rows = with_owner('version_id', 'v', many_entries(5));"
        "stage(lake.session, ENTRIES, rows); (lake.scratch / 'x').write_text('x');"
        "print('staged', flush=True); time.sleep(60)"
    )
    command = [*worker(location, "", 0, 0)[:1], "-c", code, location]
    process = start(command)
    assert process.stdout is not None
    assert "staged\n" == process.stdout.readline()

    with open_lake(location) as lake:  # while the process lives, its file stays
        assert [False] == [o.removable for o in verify_lake(lake).orphans]
    process.kill()
    finish(process)
    for lock in locks(location):
        os.utime(lock, (0, 0))  # ten minutes later
    with open_lake(location) as lake:
        assert () == verify_lake(lake).orphans
        assert [] == [p for p in (lake.data / "staging").iterdir() if lake.session.id not in p.name]


def test_a_writer_that_waits_too_long_is_told_who_writes(location: str):
    with open_lake(location) as lake, open_lake(location, wait=0.2) as other:
        with lake.locked(), pytest.raises(LakeBusy, match=r"has been writing to the lake for 0\.2 s"):
            append(other, "x", "y", {})
        append(other, "x", "y", {})


def test_a_writer_waits_for_its_turn(location: str):
    with open_lake(location) as lake:
        with lake.locked():
            process = start(worker(location, "sft", 0, 1))
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.5)
            assert [] == list_audits(lake)
        assert [0] == finish(process).acked
        assert ["sft-00000"] == [a.run for a in list_audits(lake)]


def test_a_failed_commit_whose_fate_is_unknown_keeps_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The server may have committed before the connection broke, so the files stay until the catalog is asked."""
    with open_lake(str(folder)) as lake:
        with pytest.raises(LakeError):
            with writing(lake) as tx:
                tx.describe("x", "y", {})
                monkeypatch.setattr(tx, "close", _close_and_commit(lake, tx))
        assert 2 == verify_chain(lake).events
    with open_lake(str(folder)) as lake:
        assert verify_lake(lake).ok


def locks(location: str) -> list[Path]:
    with open_lake(location, read_only=True) as lake:
        return list((lake.data / "staging").glob("*.lock"))


def test_a_kill_a_moment_ago_may_still_be_committing_in_a_server(location: str):
    """The lock of a killed process is free before the server has ended its COMMIT."""
    kill_after(worker(location, "sft", 0, 1000), 0.5)
    (left,) = locks(location)

    with open_lake(location) as lake:
        assert left.exists() == bool(lake.dsn)


def test_a_commit_that_meets_a_strangers_is_refused_whole(location: str):
    """DuckLake would put ours on top; the chain would then have two events of one number."""
    with open_lake(location) as lake, open_lake(location) as stranger:
        with pytest.raises(LakeBusy):
            with writing(lake) as tx:
                tx.insert(REMOVALS, table_of(REMOVALS.schema, [ROW]))
                stranger.db.execute("INSERT INTO lake.removals VALUES ('k', 'other', 's', 1, 'at', 'b')")
                tx.describe("x", "y", {})

        assert [("other",)] == lake.fetch("SELECT id FROM lake.removals")
        assert 1 == verify_chain(lake).events
        append(lake, "x", "y", {})


ROW = {"kind": "k", "id": "ours", "subject": "s", "seq": 1, "at": "at", "actor": "b"}


def _close_and_commit(lake: Lake, tx):
    original = tx.close

    def closed():
        original()
        lake.session.hand_over(tx.files)
        tx._db.execute("COMMIT")
        raise ConnectionError("the answer got lost")

    return closed


def test_every_file_is_known_after_a_clean_run(lake: Lake):
    commit_one(lake, "sft", 0, 10)

    on_disk = {p.name for p in (lake.data / "main").glob("*/*.parquet")}
    assert known_files(lake) == on_disk
    assert load_audit(lake, "latest").run.id == "sft-00000"
