"""Kernels of the search for near-duplicates, called without the compiler that made them.

Importing numba and loading kept kernels one by one takes 0.6 CPU seconds, twice as long as all the work on 20,000
documents. So the machine code of all of them is kept as one file as well (`linking.py` makes it), which llvmlite
loads in 3 ms and ctypes calls, without the interpreter lock. The file is made by the first process that finds none.

It is used only where it was made from these very sources, by this Python, for this processor, and is whole: its name
and its first line say so. Where none can be made, the kernels run as numba has them.
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
    "kernels/limits.py",
)
"""Files whose functions and numbers end up inside kernels of other files."""

Stamp = tuple[tuple[str, int, int], ...]

_NO_VALUE = -2  # what a compiled function answers that returns None
_LOCK = RLock()
_ENGINES: list[Any] = []  # they own the code, so they stay


class Failed(RuntimeError):
    """A kernel stopped half-way, as in compiled Python it would by an exception."""


@dataclass(frozen=True)
class Library:
    """Machine code of all kernels, and what each takes.

    Attributes:
        code: an object file.
        kernels: name -> (symbol, whether it returns a value, kinds of its arguments); a kind is `int`, `float`, or
            type and dimensions of an array, with a `!` where it is written to, as in `uint32 1 !`.
    """

    code: bytes
    kernels: Mapping[str, tuple[str, bool, Sequence[str]]]


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
def loaded() -> Mapping[str, Callable[..., Any]] | None:
    """Every kernel by its name, made now if need be; None where this machine or compiler does not allow it."""
    try:
        library = next(filter(None, map(_read, paths())), None)
        if library is None:
            from governance.text.linking import link

            library = link()
            _keep(library)
        return _load(library)
    except Exception:  # noqa: BLE001  inner parts of numba may change in any way; the kernels run without this
        return None


def machine() -> tuple[str, ...]:
    """What machine code depends on besides the sources."""
    import llvmlite
    from llvmlite import binding

    return (
        sys.version,
        llvmlite.__version__,
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
    )


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
    return [list(part) for part in stamp(*rooms, str(HERE / "linking.py"), __file__)]


def _read(path: Path) -> Library | None:
    """The library in a file, if it is whole and made from these sources."""
    try:
        digest, _, rest = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        return None
    head, _, code = rest.partition(b"\n")
    about = json.loads(head)
    return Library(code, about["kernels"]) if about["sources"] == _sources() else None


def _keep(library: Library) -> None:
    """Writes the file where that is possible; others see the old one or the whole new one."""
    about = json.dumps({"sources": _sources(), "kernels": library.kernels}).encode()
    rest = about + b"\n" + library.code
    for path in paths():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            own = path.with_suffix(f".{os.getpid()}")
            own.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
            own.replace(path)
            return
        except OSError:
            continue


def _load(library: Library) -> Mapping[str, Callable[..., Any]]:
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target())
    engine.add_object_file(binding.ObjectFileRef.from_data(library.code))
    engine.finalize_object()
    _ENGINES.append(engine)
    found = {}
    for name, (symbol, returns, takes) in library.kernels.items():
        kinds = tuple(map(_Kind.parse, takes))
        places = [_REFERENCE, _REFERENCE, *(place for kind in kinds for place in kind.places)]
        entry = ctypes.CFUNCTYPE(ctypes.c_int32, *places)(engine.get_function_address(symbol))
        found[name] = _Native(name, entry, kinds, returns)
    return found


def target() -> Any:
    """The machine that code is made for: this one."""
    from llvmlite import binding

    cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    own = binding.Target.from_default_triple()
    return own.create_target_machine(cpu=cpu, features=features, opt=3, reloc="pic", codemodel="jitdefault")


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

    def __call__(self, *arguments: Any) -> Any:
        result, failure = ctypes.c_int64(), ctypes.c_void_p()
        given = [x for kind, a in zip(self.kinds, arguments, strict=True) for x in kind.spread(a)]
        if self.entry(ctypes.byref(result), ctypes.byref(failure), *given) not in (0, _NO_VALUE):
            raise Failed(self.name)
        return result.value if self.returns else None
