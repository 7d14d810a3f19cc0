"""Results on stdout or in a file that is whole or not there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

from governance.errors import UsageError
from governance.safe_text import json_safe
from ui.cli.exit import silence, visible_line

Draw = Callable[[TextIO], object]


def deliver(draw: Draw, path: str | None) -> None:
    """Write a result to a file, or to stdout where none is named or it is `-`."""
    if path is None or path == "-":
        to_stdout(draw)
    else:
        with atomic(Path(path)) as out:
            draw(out)


def to_stdout(draw: Draw) -> None:
    """Write to stdout. A reader that has gone away is no error, and does not change the exit code."""
    out = cast("TextIO", Pipe(sys.stdout))
    try:
        draw(out)
        out.flush()
    except ReaderGoneError:
        silence(sys.stdout)


class ReaderGoneError(Exception):
    """Nobody reads stdout any more. Not an OSError: Rich answers a BrokenPipeError with exit 1."""


class Pipe(io.TextIOBase):
    """Stdout, where a closed pipe raises `ReaderGoneError`."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        """The number of characters written."""
        with self._telling():
            return self._stream.write(text)

    def flush(self) -> None:
        """Everything written so far is on its way."""
        with self._telling():
            self._stream.flush()

    def isatty(self) -> bool:
        """True of a terminal."""
        return self._stream.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's character set."""
        return self._stream.encoding

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise ReaderGoneError from None


def put(text: str) -> None:
    """Write a text and a newline to stdout."""
    to_stdout(lambda out: _line(text, out))


def put_json(value: Any) -> None:
    """Write a value to stdout as JSON of several lines."""
    put(json_text(value))


def json_text(value: Any) -> str:
    """A value as JSON of several lines, which no terminal acts on."""
    lines = json.dumps(value, ensure_ascii=False, indent=2).split(
        "\n"
    )  # strings hold none: JSON escapes them
    return "\n".join(json_safe(line) for line in lines)


def put_table(heads: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Write rows in aligned columns under their heads, or one line of words where there are none."""
    put_columns([heads, *rows]) if rows else put(empty)


def put_columns(rows: Sequence[Sequence[object]]) -> None:
    """Write rows in aligned columns."""
    put(columns_text(rows))


def columns_text(rows: Sequence[Sequence[object]]) -> str:
    """Rows in aligned columns, a line each."""
    cells = [[visible_line(str(cell)) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(_padded, row, widths)).rstrip() for row in cells)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def cell_len(text: str) -> int:
    """Columns of a terminal that a text takes: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _line(text: str, out: TextIO) -> None:
    out.write(text + "\n")


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[TextIO]:
    """A text stream that takes the place of `path` only once everything is written.

    A full disk, an error or Ctrl-C leaves what was there before. Pipes and devices are written as they are.
    """
    goal = path.resolve()  # a link keeps pointing where it points
    if goal.exists() and not goal.is_file():
        _refuse_folder(goal)
        with goal.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        return
    descriptor, name = _unfinished(goal)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, _mode(goal))  # noqa: PTH101  mkstemp gives 0600
        os.replace(name, goal)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise


def _unfinished(goal: Path) -> tuple[int, str]:
    """A new file beside the goal: a rename within one file system is atomic."""
    try:
        return tempfile.mkstemp(prefix=".govern-", suffix=".part", dir=goal.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(goal)) from error


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise UsageError("the output is a folder", where=str(path), hint="name a file in it")


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
