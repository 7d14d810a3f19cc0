"""Where a lake is: a folder, or a PostgreSQL database with a folder for its files.

    .govern                                                   a folder: SQLite catalog, files beside it
    postgresql://user@host:5432/db?data_path=/share/lake      a team: catalog in PostgreSQL, files in
    data_path postgresql://user@host/db?schema=risk                     `schema` (default `govern`) keeps
    several lakes apart

`data_path` is needed once, when the lake is made; the catalog remembers it. `postgres://` is the same word.
What else libpq understands (`sslmode`, `connect_timeout` ...) passes through as it stands; a password is
better kept in PGPASSWORD or ~/.pgpass than in the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from governance.errors import UsageError

SCHEMES = ("postgresql", "postgres")
DEFAULT_SCHEMA = "govern"
FORM = "postgresql://user@host:5432/database?data_path=/folder&schema=govern"


@dataclass(frozen=True)
class Folder:
    """A lake in a folder of this machine."""

    root: Path

    @property
    def display(self) -> str:
        """What messages call it."""
        return str(self.root)

    @property
    def catalog(self) -> Path:
        """The SQLite file that says which data files make up which table."""
        return self.root / "catalog.sqlite"

    @property
    def data(self) -> Path:
        """The folder of Parquet files."""
        return self.root / "data"

    @property
    def lock(self) -> Path:
        """The file whose lock makes one process the writer."""
        return self.root / "writer.lock"


@dataclass(frozen=True)
class Postgres:
    """A lake whose catalog is a PostgreSQL schema."""

    dsn: str  # libpq key=value words, password included: never shown
    display: str  # the address without its password
    schema: str
    data: Path | None  # None: the catalog knows

    def hide(self, message: str) -> str:
        """The message with the connection words, which may hold a password, replaced by the address."""
        return message.replace(self.dsn, self.display)


Location = Folder | Postgres


def parse_location(text: str) -> Location:
    """The place a `--lake` value names."""
    scheme, separator, _ = text.partition("://")
    if not separator:
        return Folder(Path(text).expanduser().resolve())
    if scheme == "file":
        return Folder(Path(unquote(urlsplit(text).path)).resolve())
    if scheme not in SCHEMES:
        raise UsageError(
            f"a lake cannot be kept at a {scheme}:// address", where=text, hint=f"a folder, or {FORM}"
        )
    return _postgres(text)


def _postgres(text: str) -> Postgres:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"the lake's address cannot be read: {error}", hint=f"the form is {FORM}") from error
    options = dict(parse_qsl(parts.query))
    data, schema = options.pop("data_path", None), options.pop("schema", DEFAULT_SCHEMA)
    database = unquote(parts.path.lstrip("/"))
    words = {
        "host": unquote(parts.hostname or ""),
        "port": str(port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": database,
        **options,
    }
    dsn = " ".join(f"{key}={_libpq(value)}" for key, value in words.items() if value)
    host = f"{parts.hostname or ''}{f':{port}' if port else ''}"
    user = f"{parts.username}@" if parts.username else ""
    folder = Path(data).expanduser().resolve() if data else None
    return Postgres(dsn, f"postgresql://{user}{host}/{database}?schema={schema}", schema, folder)


def _libpq(value: str) -> str:
    """A value of a libpq connection string, quoted where it must be."""
    if value and not any(c.isspace() or c in "'\\" for c in value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
