"""Kernels of the search for near-duplicates, called without the compiler that made them.

Importing numba and loading kept kernels one by one takes 0.6 CPU seconds, twice as long as all the work on 20,000
documents. So the machine code of all of them is kept as one file as well (`linking.py` makes it, `image.py` lays it
out), which is mapped into memory in less than a millisecond and called by ctypes, without the interpreter lock. The
first process that finds no such file makes it.

It is used only where it was made from these very sources, by this Python, for this processor, and is whole: its name
and its first line say so. Where there is none, as on anything but Linux on x86-64, the kernels run as numba has them.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from mmap import MAP_PRIVATE, PROT_EXEC, PROT_READ, mmap
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ROOM = f"{__package__}.kernels"
MODULES = ("groups", "sets", "signing", "walking")
"""Modules of `kernels` that have kernels."""

PARTS = (
    "compiled.py",
    "vectors.py",
    "tokens.py",
    "shingles.py",
    "sorting.py",
    "ngrams.py",
    "repeats.py",
    "kernels/limits.py",
    "../detectors/paraphrase/numerals.py",
    "../detectors/paraphrase/units.py",
)
"""Files whose functions and numbers end up inside kernels of other files."""

MAKERS = ("native.py", "linking.py", "image.py")
"""Files that decide what the kept file looks like."""

PAGE = 4096
"""Bytes that the code in the file is aligned to, as memory is."""

Stamp = tuple[tuple[str, int, int], ...]
Kernels = Mapping[str, Callable[..., Any]]

_NO_VALUE = -2  # what a compiled function answers that returns None
_LOCK = RLock()


class Failed(RuntimeError):
    """A kernel stopped half-way, as in compiled Python it would by an exception."""


@dataclass(frozen=True)
class Library:
    """Machine code of all kernels, and what each takes.

    Attributes:
        code: runs wherever it lies in memory.
        kernels: name -> (its first byte, whether it returns a value, kinds of its arguments); a kind is `int`, `float`,
            or type and dimensions of an array, with a `!` where it is written to, as in `uint32 1 !`.
    """

    code: bytes
    kernels: Mapping[str, tuple[int, bool, Sequence[str]]]


class Kernel:
    """A kernel by its name, `module.function`; it is loaded when it is first called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._call: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """What the kernel returns; arguments are those of the compiled function."""
        if self._call is None:
            self._call = _find(self.name)
        return self._call(*arguments)


def _find(name: str) -> Callable[..., Any]:
    with _LOCK:
        native = loaded()
    if native is not None:
        return native[name]
    module, function = name.split(".")
    return getattr(import_module(f"{ROOM}.{module}"), function)  # type: ignore[no-any-return]


@cache
def loaded() -> Kernels | None:
    """Every kernel by its name, from a file that is made now if need be; None where there can be none."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return None
    try:
        found = next(filter(None, map(_mapped, paths())), None)
        return found if found is not None else _made()
    except Exception:  # noqa: BLE001  inner parts of numba may change in any way; the kernels run without this
        return None


def machine() -> tuple[str, ...]:
    """What machine code depends on besides the sources: Python, its Unicode tables, and the processor."""
    with Path("/proc/cpuinfo").open() as file:
        first = file.read(1 << 14).partition("\n\n")[0]
    about = dict(
        line.split(":", 1) for line in first.splitlines() if line.startswith(("model name", "flags"))
    )
    return sys.version, *about.values()


def paths() -> Iterator[Path]:
    """Where the file may lie: beside the sources, else in the user's cache folder."""
    name = f"kernels-{hashlib.sha256(repr(machine()).encode()).hexdigest()[:16]}.bin"
    yield HERE / "__pycache__" / name
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "govern" / name


@cache
def stamp(*own: str) -> Stamp:
    """Name, age and size of the files a kernel is made of: those of `PARTS` and its own."""
    files = [*(HERE / part for part in PARTS), *map(Path, own)]
    return tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)


def _sources() -> list[list[str | int]]:
    """The stamp of all kernels, and of what makes and reads the file."""
    rooms = sorted(str(path) for path in (HERE / "kernels").glob("*.py"))
    return [list(part) for part in stamp(*rooms, *(str(HERE / maker) for maker in MAKERS))]


def _made() -> Kernels | None:
    """The kernels from a file that is made now, in the first folder that can be written."""
    path = next(filter(_writable, paths()), None)
    if path is None:
        return None
    from governance.text.linking import link

    keep(link(), path)
    return _mapped(path)


def _writable(path: Path) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path.parent, os.W_OK)


def keep(library: Library, path: Path) -> None:
    """Writes a library to a file; others see the old file or the whole new one."""
    about = json.dumps({"sources": _sources(), "kernels": library.kernels}).encode() + b"\n"
    about += bytes(-(len(about) + 65) % PAGE)  # 65 bytes of digest come first
    rest = about + library.code
    own = path.with_suffix(f".{os.getpid()}")
    own.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
    own.replace(path)


def read(raw: mmap | bytes) -> Library | None:
    """The library in a file, if it is whole and made from these sources; `code` is left in the file."""
    digest, rest = raw[:65], memoryview(raw)[65:]
    if hashlib.sha256(rest).hexdigest().encode() + b"\n" != digest:
        return None
    about = json.loads(raw[65 : raw.find(b"\n", 65)])
    return Library(b"", about["kernels"]) if about["sources"] == _sources() else None


def _mapped(path: Path) -> Kernels | None:
    """The kernels in a file, if it is there and good."""
    try:
        file = path.open("rb")
    except OSError:
        return None
    with file:
        if not os.fstat(file.fileno()).st_size:
            return None
        raw = mmap(file.fileno(), 0, flags=MAP_PRIVATE, prot=PROT_READ | PROT_EXEC)
    library = read(raw)
    if library is None:
        return None
    whole = np.frombuffer(raw, np.uint8)
    first = whole.ctypes.data + -(-(raw.find(b"\n", 65) + 1) // PAGE) * PAGE
    found = {}
    for name, (start, returns, takes) in library.kernels.items():
        kinds = tuple(map(_Kind.parse, takes))
        places = [_REFERENCE, _REFERENCE, *(place for kind in kinds for place in kind.places)]
        entry = ctypes.CFUNCTYPE(ctypes.c_int32, *places)(first + start)
        found[name] = _Native(name, entry, kinds, returns, whole)
    return found


_REFERENCE = ctypes.c_void_p


@dataclass(frozen=True)
class _Kind:
    """What an argument has to be."""

    dtype: np.dtype[Any] | None
    dimensions: int
    written: bool
    places: tuple[Any, ...]

    @classmethod
    def parse(cls, text: str) -> _Kind:
        """The kind that `Library.kernels` names."""
        if text in ("int", "float"):
            return cls(None, 0, False, (ctypes.c_double if text == "float" else ctypes.c_int64,))
        dtype, dimensions, *written = text.split()
        fixed = (_REFERENCE, _REFERENCE, ctypes.c_int64, ctypes.c_int64, _REFERENCE)
        places = fixed + (ctypes.c_int64,) * (2 * int(dimensions))
        return cls(np.dtype(dtype), int(dimensions), bool(written), places)

    def spread(self, value: Any) -> tuple[Any, ...]:
        """An argument as numba's functions take it: an array as owner (none), size, width, data, shape, strides."""
        if self.dtype is None:
            return (value,)
        if value.dtype != self.dtype or value.ndim != self.dimensions or not value.flags.c_contiguous:
            raise TypeError(f"{self.dtype} of {self.dimensions} dimensions, in one piece, not {value.dtype}")
        if self.written and not value.flags.writeable:
            raise TypeError("the array is written to and must allow it")
        return (None, None, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)


@dataclass(frozen=True)
class _Native:
    """One kernel, callable like the compiled function it comes from."""

    name: str
    entry: Any
    kinds: tuple[_Kind, ...]
    returns: bool
    code: Any  # what `entry` lies in, so that it stays

    def __call__(self, *arguments: Any) -> Any:
        result, failure = ctypes.c_int64(), ctypes.c_void_p()
        given = [x for kind, a in zip(self.kinds, arguments, strict=True) for x in kind.spread(a)]
        if self.entry(ctypes.byref(result), ctypes.byref(failure), *given) not in (0, _NO_VALUE):
            raise Failed(self.name)
        return result.value if self.returns else None
