"""Which files an argument means: a file, a folder, a glob, a saved dataset, standard input."""

from __future__ import annotations

import glob
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.errors import InputError, UsageError, did_you_mean
from governance.readers.sniff import FAMILY, PACKED, Format, asked_format, extension_of
from governance.readers.streams import STDIN, opened

STATE, DATASET_DICT = "state.json", "dataset_dict.json"
SAVED_META = frozenset({STATE, DATASET_DICT, "dataset_info.json", "dataset_infos.json", "manifest.json"})


@dataclass(frozen=True)
class Located:
    """The files of one argument, in reading order.

    Attributes:
        name: what the dataset is called where the user gave no name.
        files: paths as the user would write them.
        notes: files that were passed over, and whatever else must not be silent.
        arrow_shards: whether the files are the shards of a saved Hugging Face dataset.
    """

    name: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    arrow_shards: bool = False


def locate(uri: str, *, split: str | None, input_format: str | None) -> Located:
    """The files an argument means.

    Raises:
        InputError: there is no such file, the folder holds no data, or data of several formats.
    """
    if uri == STDIN:
        if split is not None:
            raise UsageError("standard input has no splits", where=uri, hint="leave out --split")
        return Located("stdin", (STDIN,))
    path = Path(uri)
    if _is(stat.S_ISDIR, path):
        return _saved(path, split) or _folder(path, split, input_format)
    if not glob.has_magic(uri) or path.is_symlink() or _is(stat.S_ISREG, path):
        return _file(path, uri, split)
    matches = sorted(match for match in glob.glob(uri, recursive=True) if Path(match).is_file())  # noqa: PTH207  uri may be absolute
    if not matches:
        raise InputError(
            "no file matches the pattern", where=uri, hint="quote it, and check the folder's name"
        )
    return _of_one_format(_glob_name(uri), matches, (), uri, input_format)


def _is(kind: Callable[[int], bool], path: Path) -> bool:
    """Whether there is a file of that kind, as far as we may know."""
    try:
        return kind(path.stat().st_mode)
    except OSError:
        return False


def _file(path: Path, uri: str, split: str | None) -> Located:
    if split is not None:
        raise UsageError("a single file has no splits", where=uri, hint="leave out --split")
    try:
        path.stat()
    except FileNotFoundError as error:
        near = did_you_mean(path.name, _names(path.parent))
        raise InputError("there is no such file", where=uri, hint=f"{near}check the path") from error
    except OSError as error:
        hint = "check the name and the permissions"
        raise InputError(f"the file cannot be read: {error.strerror}", where=uri, hint=hint) from error
    if not path.is_file():
        raise InputError("this is neither a file nor a folder", where=uri, hint="use - to read a pipe")
    return Located(_stem(path.name), (uri,))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _stem(name: str) -> str:
    """The name without its endings for format and packing."""
    path = Path(name)
    while path.suffix.lower() in PACKED or extension_of(path.name) is not None:
        path = path.with_suffix("")
    return path.name or name


def _glob_name(uri: str) -> str:
    """The last folder of a pattern that is no pattern itself, or the pattern's plain beginning."""
    parts = [part for part in Path(uri).parts if not glob.has_magic(part)]
    return (
        Path(parts[-1]).name
        if parts and Path(parts[-1]).name
        else _stem(uri.split("*", maxsplit=1)[0].rstrip("-_.") or "glob")
    )


def _folder(folder: Path, split: str | None, input_format: str | None) -> Located:
    """The data files below a folder, hidden ones apart, in the order of their paths."""
    found, links = _walked(folder)
    data = [p for p in found if extension_of(p) is not None and Path(p).name not in SAVED_META]
    other = [str(Path(p).relative_to(folder)) for p in found if p not in set(data)]
    if split is not None:
        data = _of_split(folder, data, split)
    if not data:
        hint = "data files end in .parquet, .jsonl, .json, .csv, .tsv or .arrow"
        raise InputError("the folder holds no data files", where=str(folder), hint=hint)
    notes = _passed_over(other, "files are no data") + _passed_over(links, "folders are links")
    return _of_one_format(folder.resolve().name or "data", data, notes, str(folder), input_format)


def _walked(folder: Path) -> tuple[list[str], list[str]]:
    """(files, links to folders) below a folder; a folder that may not be read is an error, not an empty one."""

    def refuse(error: OSError) -> None:
        where = str(error.filename or folder)
        hint = "check the permissions"
        raise InputError(f"the folder cannot be read: {error.strerror}", where=where, hint=hint) from error

    files, links = [], []
    for place, folders, names in os.walk(folder, onerror=refuse):
        below = Path(place)
        links += [str((below / n).relative_to(folder)) for n in folders if (below / n).is_symlink()]
        files += [str(below / n) for n in names if not _hidden((below / n).relative_to(folder))]
    return sorted(files), sorted(links)


def _passed_over(names: list[str], what: str) -> tuple[str, ...]:
    return (f"{len(names)} {what} and were passed over: {_listed(names)}",) if names else ()


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _of_split(folder: Path, data: list[str], split: str) -> list[str]:
    """Files in a folder of the split's name, or named after the split: train.jsonl, train-00000.parquet."""
    found = []
    for path in data:
        parts = Path(path).relative_to(folder).parts
        rest = parts[-1].removeprefix(split)
        if split in parts[:-1] or (rest != parts[-1] and rest[:1] in {"-", "_", "."}):
            found.append(path)
    if not found:
        hint = f"files are: {_listed([str(Path(p).relative_to(folder)) for p in data])}"
        raise InputError(f"no file belongs to split {split!r}", where=str(folder), hint=hint)
    return found


def _of_one_format(
    name: str, files: list[str], notes: tuple[str, ...], where: str, input_format: str | None
) -> Located:
    """The files, which must all be of one format: two formats are most likely the same rows twice."""
    groups: dict[Format | None, list[str]] = {}
    for path in files:
        kind = extension_of(path)
        groups.setdefault(FAMILY.get(kind, kind) if kind else None, []).append(path)
    if input_format is not None:
        asked = asked_format(input_format)
        own = groups.get(FAMILY.get(asked, asked), []) + groups.get(None, [])
        passed = sorted(set(files) - set(own))
        notes += (
            f"{len(passed)} files are not {asked.value} and were passed over: {_listed(passed)}",
        ) * bool(passed)
        files = [path for path in files if path in set(own)]
    elif len(groups) > 1:
        counts = ", ".join(f"{k.value if k else 'unknown'} ({len(v)})" for k, v in groups.items())
        hint = "name one format with --input-format, or the files with a glob such as 'data/*.parquet'"
        raise InputError(f"the files are of several formats: {counts}", where=where, hint=hint)
    if not files:
        raise InputError(f"there are no {input_format} files", where=where, hint="leave out --input-format")
    return Located(name, tuple(files), notes)


def _saved(folder: Path, split: str | None) -> Located | None:
    """The shards of a dataset written by `save_to_disk`; None where the folder is none."""
    if (folder / DATASET_DICT).is_file():
        splits = [str(s) for s in _json(folder / DATASET_DICT).get("splits", [])]
        if split is None and len(splits) == 1:
            split = splits[0]
        if split is None or split not in splits:
            what = "the saved dataset has several splits" if split is None else f"there is no split {split!r}"
            near = did_you_mean(split, splits) if split else ""
            hint = f"{near}name one with --split: {', '.join(splits)}"
            raise InputError(what, where=str(folder), hint=hint)
        return _shards(folder / split, f"{folder.resolve().name}-{split}")
    if (folder / STATE).is_file():
        if split is not None:
            raise InputError("the saved dataset has no splits", where=str(folder), hint="leave out --split")
        return _shards(folder, folder.resolve().name)
    return None


def _shards(folder: Path, name: str) -> Located:
    entries = _json(folder / STATE).get("_data_files")
    if not isinstance(entries, list) or not all(
        isinstance(e, dict) and isinstance(e.get("filename"), str) for e in entries
    ):
        raise InputError("state.json lists no data files", where=str(folder), hint="save the dataset again")
    names = [entry["filename"] for entry in entries]
    outside = [n for n in names if Path(n).name != n]
    if outside or not names:
        raise InputError(
            "state.json names files outside the folder", where=str(folder), hint="save the dataset again"
        )
    missing = [n for n in names if not (folder / n).is_file()]
    if missing:
        raise InputError(
            f"{len(missing)} shards are missing: {_listed(missing)}", where=str(folder), hint="copy it again"
        )
    return Located(name, tuple(str(folder / n) for n in names), arrow_shards=True)


def _json(path: Path) -> dict[str, Any]:
    """The object in a small JSON file."""
    with opened(str(path)) as file:
        raw = file.read(1 << 24)
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "the file is not valid JSON", where=str(path), hint="save the dataset again"
        ) from error
    return found if isinstance(found, dict) else {}
