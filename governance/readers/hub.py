"""`hf://name[/config][@revision][:split]`: datasets of the Hugging Face hub, or of a local folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.columns import Kind, Plan
from governance.errors import InputError, UsageError
from governance.readers.columnar import records_of
from governance.readers.kinds import checked_schema, kinds_of
from governance.readers.options import BATCH_ROWS
from governance.readers.records import Records
from governance.readers.streams import CHUNK, opened
from governance.report import FileRecord

SCHEME = "hf://"
ADDRESS = re.compile(r"(?P<name>[^@:]+)(?:@(?P<revision>[^:]+))?(?::(?P<split>[\w.-]+))?")
PINNED = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Address:
    """What to load: `openai/gsm8k`, its configuration `main`, a revision, a split."""

    name: str
    config: str | None
    revision: str | None
    split: str | None


def address_of(uri: str, split: str | None) -> Address:
    """The address in a hub uri; the split may also come from the option.

    Raises:
        UsageError: it is no address, or names two splits.
    """
    found = ADDRESS.fullmatch(uri.removeprefix(SCHEME))
    if found is None:
        raise UsageError(
            "this is no hub address", where=uri, hint="write hf://name[/config][@revision][:split]"
        )
    if split and found["split"] and split != found["split"]:
        raise UsageError(
            f"two splits are named: {found['split']!r} and {split!r}", where=uri, hint="name one"
        )
    name, config = found["name"], None
    if not name.startswith(("/", ".")) and name.count("/") == 2:
        name, config = name.rsplit("/", 1)
    return Address(name, config, found["revision"], found["split"] or split)


class HubReader:
    """A dataset that the `datasets` library loads, as Arrow tables from its cache."""

    def __init__(self, uri: str, address: Address) -> None:
        self.path = uri
        self._data = _loaded(uri, address)
        self._schema = checked_schema(self._data.data.schema, uri)
        pinned = PINNED.fullmatch(address.revision or "")
        note = f"{uri} names no commit, so its rows may differ tomorrow"
        self.notes: tuple[str, ...] = () if pinned or Path(address.name).exists() else (note,)

    def columns(self) -> Mapping[str, Kind]:
        """The columns of the dataset's features."""
        return kinds_of(self._schema)

    def possible(self) -> Mapping[str, Kind]:
        """The columns; features know no others."""
        return self.columns()

    def total(self) -> int | None:
        """Number of rows."""
        return int(self._data.num_rows)

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the Arrow files in the cache, in their order."""
        found, size = hashlib.sha256(), 0
        for entry in self._data.cache_files:
            with opened(entry["filename"]) as file:
                while piece := file.read(CHUNK):
                    found.update(piece)
                    size += len(piece)
        return FileRecord(self.path, size, found.hexdigest(), rows)

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All rows in order."""
        line = 1
        for table in self._data.with_format("arrow").iter(batch_size=BATCH_ROWS):
            whole: pa.Table = table
            yield from records_of(whole, plan, line, whole if original else None)
            line += whole.num_rows


def _loaded(uri: str, address: Address) -> Any:
    """The dataset of one split."""
    try:
        import datasets
    except ImportError as error:
        hint = "pip install 'govern[hub]'"
        raise InputError("reading from the hub needs the datasets library", where=uri, hint=hint) from error
    try:
        found = datasets.load_dataset(
            address.name, address.config, revision=address.revision, split=address.split
        )
    except Exception as error:
        words = str(error).strip().splitlines() or [""]
        what = f"the dataset cannot be loaded: {type(error).__name__}: {words[0][:200]}"
        hint = "check name, configuration, revision and split, and the connection"
        raise InputError(what, where=uri, hint=hint) from error
    if not isinstance(found, datasets.DatasetDict):
        return found
    if len(found) == 1:
        return next(iter(found.values()))
    splits = list(found)
    hint = f"name one, as in {uri}:{splits[0]}; splits are: {', '.join(splits)}"
    raise InputError("the dataset has several splits", where=uri, hint=hint)
