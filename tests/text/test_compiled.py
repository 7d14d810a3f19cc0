"""Compiled code is kept, found again, and never older than the files it is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from governance.text.clusters import _join
from governance.text.compiled import PARTS, stamp
from tests.conftest import REPOSITORY


def test_kernels_are_kept_under_the_stamp_of_all_their_parts() -> None:
    names = [name for name, _, _ in _join._cache._cache_file._source_stamp]

    assert [*PARTS, "clusters.py"] == names


def test_an_edit_of_a_part_changes_the_stamp(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("a")
    before = stamp(str(own))
    own.write_text("ab")
    stamp.cache_clear()

    assert before != stamp(str(own))


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can write everywhere")
    shutil.copytree(
        REPOSITORY / "governance", tmp_path / "governance", ignore=shutil.ignore_patterns("__pycache__")
    )
    for folder in [tmp_path / "governance", *(tmp_path / "governance").rglob("*")]:
        folder.chmod(0o555 if folder.is_dir() else 0o444)
    code = "from governance.text.clusters import components; import numpy as np; print(components(2, *np.array([[0], [1]])))"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path / "home"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )

    assert ("[0 0]\n", 0) == (done.stdout, done.returncode)
