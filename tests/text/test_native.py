"""The kept library of machine code: found again, never wrong, and no condition for anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pyarrow as pa
import pytest

from governance.text import native
from governance.text.duplicates import find_near_duplicates
from governance.text.linking import _refuse_missing, link
from governance.text.native import Kernel, Library
from tests.text.makers import corpus

SEARCH = """
import sys, pyarrow as pa
from governance.text.duplicates import find_near_duplicates
found = find_near_duplicates([pa.array(["one two three four five six", "one two three four five six!"])])
print(found.representative.tolist(), "numba" in sys.modules)
"""


@pytest.fixture(scope="module")
def library() -> Library:
    return link()


def search() -> str:
    done = subprocess.run([sys.executable, "-c", SEARCH], capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


def test_a_search_loads_no_compiler_once_the_library_is_kept() -> None:
    find_near_duplicates([pa.array(["keeps it"])])

    assert "[0, 0] False" == search()


def test_it_answers_as_the_compiler_does(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [pa.array([*corpus(1), *corpus(2), "", "公司利润增长市场风险", "x = 5", None] * 3)]
    loaded = find_near_duplicates(texts)
    monkeypatch.setattr(native, "loaded", lambda: None)
    for module in ("answers", "candidates", "clusters", "minhash", "resolve", "store", "templates", "verify"):
        room = sys.modules[f"governance.text.{module}"]
        for name, function in vars(room).copy().items():
            if isinstance(function, native.Kernel):
                monkeypatch.setattr(room, name, Kernel(function.name))

    compiled = find_near_duplicates(texts)

    assert loaded.representative.tolist() == compiled.representative.tolist()
    assert loaded.template.tolist() == compiled.template.tolist()
    assert loaded.edges.equals(compiled.edges)
    assert loaded.stats == compiled.stats


def test_what_was_kept_is_found_again(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "paths", lambda: iter([tmp_path / "deep" / "kernels.bin"]))

    native._keep(library)

    found = native._read(tmp_path / "deep" / "kernels.bin")
    assert found is not None
    assert library.code == found.code
    assert sorted(library.kernels) == sorted(found.kernels)
    assert ["kernels.bin"] == [path.name for path in (tmp_path / "deep").iterdir()]


def test_a_damaged_file_is_not_used(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kernels.bin"
    monkeypatch.setattr(native, "paths", lambda: iter([file]))
    native._keep(library)
    whole = file.read_bytes()

    for broken in (b"", whole[:-1], whole[:200] + b"x" + whole[201:], whole.replace(b"\n", b"", 1)):
        file.write_bytes(broken)
        assert native._read(file) is None


def test_a_file_of_other_sources_is_not_used(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kernels.bin"
    monkeypatch.setattr(native, "paths", lambda: iter([file]))
    native._keep(library)
    monkeypatch.setattr(native, "_sources", lambda: [["tokens.py", 1, 2]])

    assert native._read(file) is None


def test_another_processor_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = [path.name for path in native.paths()]
    monkeypatch.setattr(llvm, "get_host_cpu_name", lambda: "another")

    assert set(here).isdisjoint(path.name for path in native.paths())


def test_folders_that_cannot_be_written_are_no_hindrance(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(native, "paths", lambda: iter([tmp_path / "file" / "kernels.bin"]))

    native._keep(library)

    assert ["file"] == [path.name for path in tmp_path.iterdir()]


def test_a_kernel_that_needs_a_run_time_is_refused() -> None:
    module = llvm.parse_assembly("declare void @NRT_allocate()\ndeclare double @llvm.floor.f64(double)")

    with pytest.raises(RuntimeError, match="NRT_allocate"):
        _refuse_missing(module)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros(3, np.int32), np.zeros((3, 1), np.int64), np.zeros(6, np.int64)[::2], np.frombuffer(bytes(24))],
)
def test_other_arrays_than_declared_are_refused(wrong: np.ndarray) -> None:
    pairs = np.zeros(0, np.int64)

    with pytest.raises(TypeError):
        Kernel("groups.join")(pairs, pairs, wrong)


def test_an_array_that_must_not_be_written_is_refused() -> None:
    pairs, parents = np.zeros(0, np.int64), np.arange(3)
    parents.flags.writeable = False

    with pytest.raises(TypeError):
        Kernel("groups.join")(pairs, pairs, parents)
