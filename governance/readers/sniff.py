"""What a file is: by its first bytes, then by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from governance.errors import InputError, UsageError, did_you_mean
from governance.readers.lines import BOM
from governance.readers.streams import GZIP, STDIN, ZSTD, Intake, opened

HEAD = 1 << 16


class Format(StrEnum):
    """What a reader is chosen by."""

    PARQUET = "parquet"
    ARROW = "arrow"
    ARROW_STREAM = "arrow-stream"
    JSONL = "jsonl"
    JSON = "json"  # one array
    CSV = "csv"
    TSV = "tsv"


EXTENSIONS = {
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".feather": Format.ARROW,
    ".ipc": Format.ARROW,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
}
PACKED = (".gz", ".zst", ".zstd")
FAMILY = {Format.ARROW_STREAM: Format.ARROW, Format.JSON: Format.JSONL, Format.TSV: Format.CSV}
"""Formats that differ only in how rows are laid down; content decides among them."""
FOREIGN = {
    b"PARE": "an encrypted Parquet file",
    b"FEA1": "a Feather 1 file; write it again as Feather 2",
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save the sheet as CSV",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip or zstd",
    b"\xfd7zXZ": "packed with xz; unpack it, or pack it with gzip or zstd",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3": "an SQLite database; export the table as Parquet",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF document",
    b"\x80\x02": "a Python pickle, which is never loaded because it can run code",
    b"\x80\x04": "a Python pickle, which is never loaded because it can run code",
    b"\xff\xfe": "UTF-16 text; convert it to UTF-8",
    b"\xfe\xff": "UTF-16 text; convert it to UTF-8",
}
CHINESE = re.compile("[\u4e00-\u9fff]{4}")
HINT = "say what it is with --input-format parquet|jsonl|csv|arrow"


@dataclass(frozen=True)
class Sniffed:
    """What a file is, and what must be said about that."""

    format: Format
    note: str | None = None


def extension_of(path: str) -> Format | None:
    """The format a name promises, packing apart."""
    suffixes = [s.lower() for s in PurePath(path).suffixes]
    while suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return EXTENSIONS.get(suffixes[-1]) if suffixes else None


def asked_format(name: str) -> Format:
    """The format of `--input-format`.

    Raises:
        UsageError: there is no such format.
    """
    names = [f.value for f in Format if f is not Format.ARROW_STREAM]
    if name not in names:
        hint = f"{did_you_mean(name, names)}formats are: {', '.join(names)}"
        raise UsageError(f"there is no input format {name!r}", where="--input-format", hint=hint)
    return Format(name)


def sniff(intake: Intake, raw: bytes, asked: Format | None) -> Sniffed:
    """What the file is.

    Args:
        raw: its first bytes as they lie on disk.
        asked: the format the user named, which the content must not contradict.

    Raises:
        InputError: it is empty, of a kind that is not read, or contradicts what was asked for.
    """
    where = intake.name
    if not raw:
        raise InputError("the file is empty (0 bytes)", where=where, hint="write or download it again")
    promised = asked or extension_of(intake.path)
    found = _binary(raw, where)
    if found is None and raw.startswith((GZIP, ZSTD)) and _binary(intake.head(8), where):
        raise InputError("the file is a packed binary file", where=where, hint="unpack it first")
    if found is None:
        found = _text(intake.head(HEAD).removeprefix(BOM), promised, where, pipe=intake.path == STDIN)
    if found is promised or FAMILY.get(found, found) is FAMILY.get(promised or found, promised):
        return Sniffed(found)
    if asked is not None:
        what = f"the file is not {asked.value}, it is {found.value}"
        raise InputError(what, where=where, hint="leave out --input-format")
    if promised is None:
        return Sniffed(found)
    return Sniffed(found, f"{where} is named as {promised.value} and was read as {found.value}, which it is")


def _binary(raw: bytes, where: str) -> Format | None:
    """Formats known by their magic bytes; None for anything that may be text."""
    if raw.startswith(b"PAR1"):
        return Format.PARQUET
    if raw.startswith(b"ARROW1"):
        return Format.ARROW
    if raw.startswith(b"\xff\xff\xff\xff"):
        return Format.ARROW_STREAM
    for magic, words in FOREIGN.items():
        if raw.startswith(magic):
            raise InputError(
                f"the file is {words}", where=where, hint="Parquet, JSONL, CSV and Arrow are read"
            )
    return None


def _text(head: bytes, promised: Format | None, where: str, *, pipe: bool) -> Format:
    """JSON lines, a JSON array or CSV, by the first characters and the name."""
    start = head.lstrip()
    _refuse_gb18030(head, where)
    binary = head[:512].count(0) > 16 or promised in {Format.PARQUET, Format.ARROW, Format.ARROW_STREAM}
    if binary and not start.startswith((b"{", b"[")):
        named = f"a {promised.value} file" if promised else "of a known format"
        raise InputError(f"the file is not {named}", where=where, hint=HINT)
    if start.startswith(b"{"):
        return _object(start, where)
    if promised in {Format.CSV, Format.TSV}:
        return promised
    if start.startswith(b"["):
        return _array(start)
    if promised is Format.JSONL and _some_objects(head):
        return Format.JSONL
    if pipe and promised is None:
        return Format.JSONL
    what = "no line of the file begins a JSON object" if promised else "it cannot be told what the file is"
    raise InputError(what, where=where, hint=HINT)


def _refuse_gb18030(head: bytes, where: str) -> None:
    """Nothing, unless the text is no UTF-8 and full of Chinese words once it is read as GB18030.

    Latin-1 text happens to decode as GB18030 too, but gives single characters, not runs of four.
    """
    if CHINESE.search(head.decode("utf-8", "ignore")):
        return
    if len(CHINESE.findall(head.decode("gb18030", "ignore"))) >= 5:
        hint = "convert it: iconv -f GB18030 -t UTF-8"
        raise InputError("the text is not UTF-8, it looks like GB18030", where=where, hint=hint)


def _object(start: bytes, where: str) -> Format:
    """JSON lines, unless the file is one object over many lines."""
    if start[1:].lstrip(b" \t\r")[:1] == b"\n":
        hint = "rows are one JSON object a line, or one array; write the list that holds the rows"
        raise InputError("the file is one JSON object over many lines, not rows", where=where, hint=hint)
    return Format.JSONL


def _array(start: bytes) -> Format:
    """One array, unless the first line is a whole one and more follows: a bad row of JSON lines."""
    first, _, more = start.partition(b"\n")
    return Format.JSONL if first.rstrip().endswith(b"]") and more.strip() else Format.JSON


def _some_objects(head: bytes) -> bool:
    """Whether some line looks like a JSON object, so that the others are bad rows and not another format."""
    lines = head.split(b"\n")
    return not any(line.strip() for line in lines) or any(line.lstrip().startswith(b"{") for line in lines)


def first_bytes(intake: Intake) -> bytes:
    """The first bytes as they lie on disk; of standard input, as they come out of unpacking."""
    if intake.path == STDIN:
        return intake.head(16)
    with opened(intake.path) as file:
        return file.read(16)
