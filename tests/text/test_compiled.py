"""Compiled code is kept, found again, and never older than the files it is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from governance.text.kernels.groups import join
from governance.text.native import PARTS, stamp
from tests.conftest import REPOSITORY


def test_kernels_are_kept_under_the_stamp_of_all_their_parts() -> None:
    names = [name for name, _, _ in join._cache._cache_file._source_stamp]

    assert [*(Path(part).name for part in PARTS), "groups.py"] == names


def test_an_edit_of_a_part_changes_the_stamp(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("a")
    before = stamp(str(own))
    own.write_text("ab")
    stamp.cache_clear()

    assert before != stamp(str(own))


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    """The caches are blocked by plain files of their names, which stops root too."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "governance", tmp_path / "governance", ignore=ignored)
    for room in ("text", "text/kernels"):
        (tmp_path / "governance" / room / "__pycache__").touch()
    code = "from governance.text.kernels.groups import join; print(join.signatures != [])"
    environment = {
        "PYTHONPATH": str(tmp_path),
        "HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )

    assert ("True\n", 0) == (done.stdout, done.returncode), done.stderr
    assert list((tmp_path / "cache").rglob("*.nbi"))
