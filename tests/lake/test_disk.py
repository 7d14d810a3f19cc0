"""Full disks and folders that cannot be written: a clear error, and nothing half done."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.errors import LakeError
from governance.lake import Lake, open_lake
from governance.lake.audits import list_audits, load_audit
from governance.lake.datasets import commit_version, entries, list_datasets, stage_version
from governance.lake.events import append
from governance.lake.verify import verify_lake
from tests.lake.builders import add_version, dataset_record, entry_table, many_entries
from tests.lake.processes import ENVIRONMENT, REPOSITORY, kill_with, worker
from tests.lake.worker import commit_one

pytestmark = pytest.mark.slow
NOBODY = 65_534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB; skipped where mounting is not permitted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "govern-test", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk is not permitted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def read_only_folder(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A lake on a disk mounted for reading only; skipped where mounting is not permitted."""
    with open_lake(str(folder)) as lake:
        commit_one(lake, "sft", 0, 5)
    place = tmp_path / "mounted"
    place.mkdir()
    bound = subprocess.run(["mount", "--bind", str(folder), str(place)], capture_output=True)
    if bound.returncode:
        pytest.skip(f"mounting is not permitted here: {bound.stderr.decode().strip()}")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_while_staging(small_disk: Path):
    with open_lake(str(small_disk / "lake")) as lake:
        add_version(lake, "before", ["x"])
        with pytest.raises(LakeError, match="no space is left"):
            with stage_version(lake, "big") as staged:
                for seed in range(10):
                    staged.write_entries(many_entries(130_000, seed))

        assert ["before"] == [d.name for d in list_datasets(lake)]
        assert ((), ()) == (verify_lake(lake).problems, verify_lake(lake).orphans)
        add_version(lake, "after", ["y"])
    with open_lake(str(small_disk / "lake")) as lake:
        assert entry_table(["y"]) == entries(lake, "after")


def test_a_disk_that_fills_up_under_the_catalog(small_disk: Path):
    location = str(small_disk / "lake")
    done = 0
    with open_lake(location) as lake:
        filler = small_disk / "filler"
        filler.write_bytes(bytes(free(small_disk) - 200_000))
        with pytest.raises(LakeError) as error:
            while True:
                add_version(lake, "sft", [str(done)])
                done += 1
        filler.unlink()
        assert "no space is left" in error.value.what

    with open_lake(location) as lake:
        kept = [v.version for d in list_datasets(lake) for v in d.versions]
        assert kept in (list(range(1, done + 1)), list(range(1, done + 2)))
        assert ((), ()) == (verify_lake(lake).problems, verify_lake(lake).orphans)
        add_version(lake, "sft", ["after"])


def test_a_lake_that_cannot_be_made_for_want_of_space(small_disk: Path):
    filler = small_disk / "filler"
    filler.write_bytes(bytes(free(small_disk) - 100_000))

    with pytest.raises(LakeError, match="no space is left"):
        open_lake(str(small_disk / "lake"))
    filler.unlink()

    with open_lake(str(small_disk / "lake")) as lake:
        assert verify_lake(lake).ok


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_sync_that_fails_is_an_error_and_no_commit(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, number: int
):
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with stage_version(lake, "sft") as staged:
        staged.write_entries(entry_table(["x"]))
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(LakeError):
            commit_version(lake, staged, dataset_record("sft", ["x"]))
    monkeypatch.undo()

    assert [] == list_datasets(lake)
    assert ((), ()) == (verify_lake(lake).problems, verify_lake(lake).orphans)


def test_a_lake_that_cannot_be_written_can_be_read(read_only_folder: Path):
    with open_lake(str(read_only_folder), read_only=True) as lake:
        assert "sft-00000" == load_audit(lake, "latest").run.id
        assert verify_lake(lake).ok
        assert lake.scratch.is_dir()


def test_a_lake_that_cannot_be_written_says_so(read_only_folder: Path):
    with pytest.raises(LakeError, match="cannot be written") as error:
        open_lake(str(read_only_folder))

    assert str(read_only_folder) == error.value.where


def test_a_read_only_lake_with_the_log_of_a_killed_writer(folder: Path, tmp_path: Path):
    ended = kill_with(folder / "catalog.sqlite-wal", worker(str(folder), "sft", 0, 1000))
    assert (folder / "catalog.sqlite-wal").exists()
    place = tmp_path / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "--bind", str(folder), str(place)], capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
    try:
        with open_lake(str(place), read_only=True) as lake:
            assert len(list_audits(lake)) - len(ended.acked) in (0, 1)
            assert verify_lake(lake).ok
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_lake_of_another_user_is_read_while_they_write(tmp_path: Path):
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    world = Path("/tmp") / f"govern-{os.getpid()}"
    world.mkdir(mode=0o755)
    code = (
        "import sys; from governance.lake import open_lake; from governance.lake.audits import list_audits;"
        "print(len(list_audits(open_lake(sys.argv[1], read_only=True))))"
    )
    try:
        with open_lake(str(world / "lake")) as lake:
            commit_one(lake, "sft", 0, 5)
            seen = as_nobody([sys.executable, "-c", code, str(world / "lake")])
            refused = as_nobody(
                [sys.executable, "-m", "tests.lake.worker", str(world / "lake"), "sft", "1", "1"]
            )
            append(lake, "still", "writing", {})
    finally:
        subprocess.run(["rm", "-rf", str(world)], check=True)

    assert "1\n" == seen.stdout, seen.stderr
    assert "cannot be written" in refused.stderr


def as_nobody(command: list[str]) -> subprocess.CompletedProcess[str]:
    """What the command did as a user who may write nothing; skipped where that user cannot run Python."""
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    environment = {**ENVIRONMENT, "HOME": "/nonexistent"}
    probe = subprocess.run(
        [*user, command[0], "-c", "import governance.lake"],
        capture_output=True,
        cwd=REPOSITORY,
        env=environment,
    )
    if probe.returncode:
        pytest.skip(f"another user cannot run this Python: {probe.stderr.decode().strip()[-200:]}")
    return subprocess.run([*user, *command], capture_output=True, text=True, cwd=REPOSITORY, env=environment)


def free(place: Path) -> int:
    """Bytes left on the disk."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
