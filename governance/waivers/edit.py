"""Changing waivers.toml: only the entries that change are touched, and the file is whole at every moment.

Comments, order and layout that a person gave the file stay. The new text is written beside the file and takes its
place in one step.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from governance.errors import ConfigError
from governance.waivers.book import TABLE
from governance.waivers.model import Status, Waiver

if TYPE_CHECKING:
    import tomlkit

HEAD = """\
# Waivers: findings that are accepted for a time. An entry says which findings, why, who asked, and until when;
# somebody else approves it. `govern waiver add`, `approve`, `reject`, `revoke` and `prune` change this file and keep
# a record in the lake; what is changed by hand after its approval covers nothing until it is approved again.
#
# [[waiver]]
# id = "W-0001"
# rule = "DUP003"
# where = 'source = "wiki" and kind = "near"'       # or: fingerprint = "64 hex digits"
# reason = "quotations of one law, wanted in every part"
# requested_by = "ann"
# requested_on = 2026-11-26
# expires = 2027-02-28                              # at most a year after the request
# ticket = "GOV-12"
"""
ORDER = (
    "id", "rule", "fingerprint", "where", "reason", "requested_by", "requested_on", "expires", "ticket", "status",
    "approved_by", "approved_on", "closed_by", "closed_on", "closed_because",
)  # fmt: skip


def with_changes(text: str, changed: Iterable[Waiver], removed: Iterable[str] = ()) -> str:
    """The file's text with these waivers in their new form, added at the end where new, and some entries gone."""
    import tomlkit

    document = tomlkit.parse(text)
    entries = document.get(TABLE)
    if entries is None:
        entries = tomlkit.aot()
    for ident in set(removed):
        entries.remove(next(e for e in entries if e.get("id") == ident))
    for waiver in changed:
        known = next((e for e in entries if e.get("id") == waiver.id), None)
        if known is None:
            known = tomlkit.table()
            entries.append(known)
        _fill(known, waiver)
    if len(entries) and TABLE not in document:
        document[TABLE] = entries
    if not len(entries) and TABLE in document:
        del document[TABLE]
    return tomlkit.dumps(document)


def _fill(entry: tomlkit.items.Table, waiver: Waiver) -> None:
    """The entry says what the waiver is; a value that is the same already is not touched."""
    for name in ORDER:
        value = getattr(waiver, name)
        if value in {"", None} or (name == "status" and value is Status.REQUESTED and name not in entry):
            if name in entry:
                entry.remove(name)
        elif not _same(entry.get(name), value):
            entry[name] = _toml(value.value if isinstance(value, Status) else value)


def _toml(value: str | date) -> Any:
    """The value as a person would write it: a text with quotes in it stands in single ones."""
    import tomlkit

    plain = isinstance(value, str) and '"' in value and "'" not in value and value.isprintable()
    return tomlkit.string(str(value), literal=True) if plain else value


def _same(old: Any, new: str | date) -> bool:
    known = cast("Any", getattr(old, "unwrap", lambda: old)())
    return bool(known == new or (isinstance(new, date) and known == new.isoformat()))


class Rewritten:
    """A file's new content, beside the file: `put` makes it the file's, and `drop` forgets it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path.resolve()  # a link keeps pointing where it points
        try:
            descriptor, self._name = tempfile.mkstemp(prefix=".govern-", suffix=".part", dir=self.path.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            Path(self._name).chmod(self.path.stat().st_mode & 0o777 if self.path.exists() else 0o644)
        except OSError as error:
            raise ConfigError(
                f"the waivers cannot be written: {error.strerror}", where=str(path), hint="check the folder"
            ) from error

    def put(self) -> None:
        """The file has the new content, and lost nothing of it if the machine stops now."""
        from governance.lake.staging import sync_folder

        Path(self._name).replace(self.path)
        sync_folder(self.path.parent)

    def drop(self) -> None:
        """Nothing is left of the new content."""
        with suppress(FileNotFoundError):
            Path(self._name).unlink()
