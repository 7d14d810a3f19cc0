"""An object file laid out as one piece of memory that runs wherever it lies.

What a linker does, for the little that compiled kernels are: sections one after another, and references between them
filled in as distances. There is nothing outside to refer to. ELF for x86-64 only; see the System V ABI, AMD64
supplement, chapter 4, for the names.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_X86_64 = 62
_SYMBOLS, _RELOCATIONS, _NO_BITS, _UNWINDING = 2, 4, 8, 0x70000001  # types of sections
_LOADED, _RUNS = 2, 4  # flags of a section that is part of the program, and of one that is code
_ABSOLUTE, _DISTANCE, _CALL = 1, 2, 4  # types of references


class NotPossible(RuntimeError):
    """The object file has what this layout cannot express."""


@dataclass(frozen=True)
class _Section:
    kind: int
    flags: int
    start: int
    size: int
    link: int
    about: int
    align: int


def laid_out(elf: bytes) -> tuple[bytes, Mapping[str, int]]:
    """(the piece of memory, the place of each symbol in it).

    Raises:
        NotPossible: it is no object file for x86-64, or refers to something that is not in it.
    """
    if elf[:5] != b"\x7fELF\x02" or struct.unpack_from("<H", elf, 18)[0] != _X86_64:
        raise NotPossible("not an object file for x86-64")
    sections = list(_sections(elf))
    memory, places = bytearray(), {}
    for number, section in enumerate(sections):
        if section.flags & _LOADED and section.kind != _UNWINDING:
            memory += bytes(-len(memory) % max(section.align, 1))
            places[number] = len(memory)
            empty = section.kind == _NO_BITS
            memory += bytes(section.size) if empty else elf[section.start : section.start + section.size]
    symbols = list(_symbols(elf, sections))
    for section in sections:
        if section.kind == _RELOCATIONS and section.about in places:
            code = bool(sections[section.about].flags & _RUNS)
            _fill_in(elf, section, places, symbols, memory, code)
    found = {name: places[at] + value for name, at, value in symbols if name and at in places}
    return bytes(memory), found


def _sections(elf: bytes) -> Iterator[_Section]:
    (start,), (count,) = struct.unpack_from("<Q", elf, 40), struct.unpack_from("<H", elf, 60)
    for number in range(count):
        _, kind, flags, _, at, size, link, about, align, _ = struct.unpack_from(
            "<IIQQQQIIQQ", elf, start + 64 * number
        )
        yield _Section(kind, flags, at, size, link, about, align)


def _symbols(elf: bytes, sections: list[_Section]) -> Iterator[tuple[str, int, int]]:
    """(name, number of its section, place in that) of every symbol."""
    table = next(section for section in sections if section.kind == _SYMBOLS)
    names = sections[table.link].start
    for at in range(table.start, table.start + table.size, 24):
        name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", elf, at)
        yield elf[names + name : elf.index(b"\0", names + name)].decode(), section, value


def _fill_in(
    elf: bytes,
    relocations: _Section,
    places: Mapping[int, int],
    symbols: list[tuple[str, int, int]],
    memory: bytearray,
    code: bool,
) -> None:
    """Writes the distances that one section needs to know."""
    base = places[relocations.about]
    for at in range(relocations.start, relocations.start + relocations.size, 24):
        offset, what, addend = struct.unpack_from("<QQq", elf, at)
        if what & 0xFFFFFFFF == _ABSOLUTE and not code:
            continue  # descriptions of exceptions, which only numba's own callers look at
        name, section, value = symbols[what >> 32]
        if what & 0xFFFFFFFF not in (_DISTANCE, _CALL) or section not in places:
            raise NotPossible(f"a reference of type {what & 0xFFFFFFFF} to {name!r}")
        distance = places[section] + value + addend - (base + offset)
        struct.pack_into("<i", memory, base + offset, distance)
