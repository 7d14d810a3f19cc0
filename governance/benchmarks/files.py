"""The files of an evaluation set as rows: CSV, JSON, JSON lines and Parquet, with bad rows as notes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.errors import InputError

Row = Mapping[str, Any]
LARGEST_FIELD = 1 << 27  # csv refuses fields above 128 KiB unless told; contexts of items are longer
READABLE = (".csv", ".tsv", ".json", ".jsonl", ".parquet")


def read_rows(path: Path, notes: list[str]) -> Iterator[tuple[int, Row]]:
    """(0-based number, row) of every usable row of one file; what is not usable goes to `notes`."""
    readers = {
        ".csv": read_csv,
        ".tsv": read_csv,
        ".json": read_json,
        ".jsonl": read_jsonl,
        ".ndjson": read_jsonl,
        ".parquet": read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            "this is not a file of evaluation items",
            where=str(path),
            hint="use .csv, .tsv, .json, .jsonl or .parquet, or a folder of these",
        )
    return reader(path, notes)


def read_csv(path: Path, notes: list[str]) -> Iterator[tuple[int, Row]]:
    """The rows of a CSV or TSV file with a header; a row of another width is used and noted."""
    csv.field_size_limit(LARGEST_FIELD)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = csv.reader(io.StringIO(read_text(path, notes), newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(rows, [])]
        for number, row in enumerate(r for r in rows if r):
            if len(row) > len(header):
                notes.append(f"{path.name} row {number}: {len(row)} fields for {len(header)} columns")
            yield number, dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise InputError(f"the CSV cannot be read: {error}", where=str(path)) from error


def read_jsonl(path: Path, notes: list[str]) -> Iterator[tuple[int, Row]]:
    """The objects of a JSON-lines file; a line that is no object is noted."""
    for number, line in enumerate(read_text(path, notes).split("\n")):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            notes.append(f"{path.name} line {number + 1}: not JSON, skipped")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            notes.append(f"{path.name} line {number + 1}: not an object, skipped")


def read_json(path: Path, notes: list[str]) -> Iterator[tuple[int, Row]]:
    """The objects of a JSON list (or of the only list inside a JSON object)."""
    rows = _json_list(path, read_text(path, notes))
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            yield number, row
        else:
            notes.append(f"{path.name} entry {number}: not an object, skipped")


def read_parquet(path: Path, notes: list[str]) -> Iterator[tuple[int, Row]]:
    """The rows of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError("the Parquet file cannot be read", where=f"{path}: {error}") from error
    yield from enumerate(table.to_pylist())


def read_text(path: Path, notes: list[str]) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, else GB 18030, else UTF-8 with U+FFFD."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("the file cannot be read", where=f"{path}: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode("gb18030")
        notes.append(f"{path.name}: not UTF-8, read as GB 18030")
        return text
    except UnicodeDecodeError:
        notes.append(f"{path.name}: invalid UTF-8, bad bytes were replaced")
        return raw.decode("utf-8-sig", "replace")


def data_files(path: Path, suffixes: Sequence[str] = READABLE) -> list[Path]:
    """The data files under a folder, sorted, or the file itself."""
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in suffixes)


def header(path: Path) -> tuple[str, ...]:
    """The column names of a CSV file, or none where it cannot be read."""
    try:
        with path.open("rb") as file:
            line = file.readline(1 << 16).decode("utf-8-sig", "replace")
        return tuple(name.strip() for name in next(csv.reader([line]), []))
    except (OSError, csv.Error):
        return ()


def first_object(path: Path) -> Row:
    """The first object of a JSON-lines or JSON-list file, or an empty one where there is none."""
    try:
        rows = read_jsonl(path, []) if path.suffix.lower() == ".jsonl" else read_json(path, [])
        return next((row for _, row in rows), {})
    except InputError:
        return {}


def text(value: Any) -> str | None:
    """A value of a row as text: lists and objects as JSON, None and blank texts as None."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _json_list(path: Path, content: str) -> list[Any]:
    try:
        value = json.loads(content)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError("the file is not JSON", where=f"{path}: {error}") from error
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list)]
        value = lists[0] if len(lists) == 1 else [value]
    return value if isinstance(value, list) else []
