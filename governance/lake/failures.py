"""What DuckDB and the operating system say, in this program's words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from governance.errors import GovernError, LakeBusy, LakeDamaged, LakeError, LakeTooNew

FULL = ("no space left", "disk is full", "disk quota")
LOCKED = (
    "database is locked",
    "conflict",
    "could not serialize",
    "deadlock",
    "duplicate key",
    "maximum retry",
)
UNWRITABLE = ("read-only", "readonly", "permission denied", "operation not permitted")
MISSING = ("no such file", "cannot open file", "no files found", "could not open file")
MANGLED = (
    "malformed",
    "not a database",
    "parquet",
    "corrupt",
    "checksum",
    "tprotocol",
    "disk i/o error",
)


@contextmanager
def translated(where: str, dsn: str = "") -> Iterator[None]:
    """Errors of DuckDB, Arrow and the system leave as `LakeError`, with the first line of what was said."""
    try:
        yield
    except GovernError:
        raise
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        raise lake_error(error, where, dsn) from error


def lake_error(error: Exception, where: str, dsn: str = "") -> LakeError:
    """The error of the tree that fits what was said."""
    said = (str(error).strip() or type(error).__name__).replace(dsn or "\0", where)
    first, low = said.splitlines()[0], said.replace(where, "").lower()  # a path may hold any word
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or _any(FULL, low):
        return LakeError(
            "no space is left for the lake",
            where=where,
            hint="free some space, then run the same command again",
        )
    if "catalog version mismatch" in low:
        return LakeTooNew(
            f"the catalog is of another DuckLake format: {first}",
            where=where,
            hint="use the version of govern that wrote it, or upgrade this one",
        )
    if _any(UNWRITABLE, low):
        return LakeError(
            f"the lake cannot be written: {first}", where=where, hint="name another one with --lake DIR"
        )
    if _any(LOCKED, low):
        return LakeBusy(
            f"another program is using the lake: {first}", where=where, hint="run the same command again"
        )
    return _damage_or_other(first, low.splitlines()[0], where)  # further lines quote SQL, with any word


def _damage_or_other(first: str, low: str, where: str) -> LakeError:
    if _any(MISSING, low):
        return LakeDamaged(
            f"a file of the lake is missing: {first}", where=where, hint="govern doctor names what is damaged"
        )
    if _any(MANGLED, low):
        return LakeDamaged(
            f"a file of the lake cannot be read: {first}",
            where=where,
            hint="govern doctor names what is damaged",
        )
    if "connect" in low:
        return LakeError(
            f"the lake's server cannot be reached: {first}",
            where=where,
            hint="check the address, the network and the password",
        )
    return LakeError(
        f"the lake could not do this: {first}", where=where, hint="run with -v for the whole message"
    )


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)
