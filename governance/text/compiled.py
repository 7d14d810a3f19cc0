"""How kernels are compiled: once, to machine code that is kept on disk for the next process.

numba decides by the age of a function's own file whether kept code is still good. Kernels here are made of parts of
several files, so code is kept under the stamp of all of them: an edit of a part never leaves an old whole. The code
lies beside the sources, or in the user's cache folder where that cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

PARTS = (
    "compiled.py",
    "vectors.py",
    "tokens.py",
    "shingles.py",
    "sorting.py",
    "ngrams.py",
    "../paraphrase/numerals.py",
    "../paraphrase/units.py",
)
"""Files whose functions end up inside kernels of other files."""


def compiled(returns: Any, *takes: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: the function as machine code for exactly these types, without the interpreter lock."""

    def decorate(function: Callable[..., Any]) -> Any:
        kernel = kept(function)
        kernel.compile(returns(*takes))
        kernel.disable_compile()
        return kernel

    return decorate


def kept(function: Callable[..., Any]) -> Any:
    """The function as machine code for whatever types it is called with."""
    kernel = njit(nogil=True, cache=True)(function)
    kernel._cache._cache_file._source_stamp = stamp(function.__code__.co_filename)
    return kernel


@cache
def stamp(own: str) -> tuple[tuple[str, int, int], ...]:
    """Name, age and size of the files a kernel is made of: those of `PARTS` and its own."""
    files = [*(Path(__file__).parent / part for part in PARTS), Path(own)]
    return tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
