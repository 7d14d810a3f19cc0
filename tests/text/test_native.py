"""The kept library of machine code: found again, never wrong, and no condition for anything."""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pyarrow as pa
import pytest

from governance.text import linking, native
from governance.text.duplicates import find_near_duplicates
from governance.text.image import NotPossible, laid_out
from governance.text.linking import link
from governance.text.native import PAGE, Kernel, Library, keep, read
from tests.text.makers import corpus

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="kernels run as numba has them here"
)

SEARCH = """
import sys, pyarrow as pa
from governance.text.duplicates import find_near_duplicates
found = find_near_duplicates([pa.array(["one two three four five six", "one two three four five six!"])])
print(found.representative.tolist(), {"numba", "llvmlite"} & set(sys.modules))
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

    assert "[0, 0] set()" == search()


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


def test_what_was_kept_is_found_again(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "kernels.bin"

    keep(library, file)

    found = read(file.read_bytes())
    assert found is not None
    assert sorted(library.kernels) == sorted(found.kernels)
    assert library.code == file.read_bytes()[-len(library.code) :]
    assert 0 == (file.stat().st_size - len(library.code)) % PAGE
    assert ["kernels.bin"] == [path.name for path in tmp_path.iterdir()]


def test_a_damaged_file_is_not_used(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "kernels.bin"
    keep(library, file)
    whole = file.read_bytes()

    for broken in (b"", whole[:-1], whole[:200] + b"x" + whole[201:], whole[:-9] + bytes(8) + b"!"):
        file.write_bytes(broken)
        assert native._mapped(file) is None


def test_a_file_of_other_sources_is_not_used(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kernels.bin"
    keep(library, file)
    monkeypatch.setattr(native, "_sources", lambda: [["tokens.py", 1, 2]])

    assert native._mapped(file) is None


def test_another_processor_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = [path.name for path in native.paths()]
    monkeypatch.setattr(native, "machine", lambda: ("another",))

    assert set(here).isdisjoint(path.name for path in native.paths())


def test_the_stamp_is_that_of_every_source() -> None:
    named = {name for name, _, _ in native._sources()}
    room = Path(native.__file__).parent

    assert {path.name for path in (room / "kernels").glob("*.py")} <= named
    assert {Path(part).name for part in (*native.PARTS, *native.MAKERS)} <= named


def test_folders_that_cannot_be_written_are_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(native, "paths", lambda: iter([tmp_path / "file" / "kernels.bin"]))

    assert native.loaded.__wrapped__() is None


def test_what_fails_while_it_is_made_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "paths", lambda: iter([tmp_path / "kernels.bin"]))
    monkeypatch.setattr(linking, "laid_out", lambda elf: laid_out(b"not ELF"))

    assert native.loaded.__wrapped__() is None


OBJECT = """
target triple = "x86_64-unknown-linux-gnu"
@table = internal constant [4 x i32] [i32 3, i32 5, i32 7, i32 11]
declare i32 @elsewhere(i32)
define i32 @add(i32 %a, i32 %i) {
  %p = getelementptr [4 x i32], [4 x i32]* @table, i32 0, i32 %i
  %v = load i32, i32* %p
  %s = add i32 %a, %v
  ret i32 %s
}
define i32 @twice(i32 %a, i32 %i) noinline {
  %x = call i32 @add(i32 %a, i32 %i)
  %y = call i32 @add(i32 %x, i32 %i)
  ret i32 %y
}
"""


def test_code_that_was_laid_out_runs_where_it_lies() -> None:
    code, places = laid_out(linking._target().emit_object(llvm.parse_assembly(OBJECT)))

    with mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as memory:
        memory.write(code)
        first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        twice = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(first + places["twice"])
        assert [106, 110, 114, 122] == [twice(100, i) for i in range(4)]


def test_code_that_needs_something_else_is_refused() -> None:
    calls = OBJECT + "define i32 @out(i32 %a) {\n %x = call i32 @elsewhere(i32 %a)\n ret i32 %x\n}"

    with pytest.raises(NotPossible, match="elsewhere"):
        laid_out(linking._target().emit_object(llvm.parse_assembly(calls)))


def test_what_is_no_object_file_is_refused() -> None:
    with pytest.raises(NotPossible):
        laid_out(b"MZ" + bytes(100))


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
