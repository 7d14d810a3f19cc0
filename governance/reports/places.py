"""Where a row lies: which dataset, which file, and whether an editor can jump to its line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from governance.report import DatasetRecord

_LINED = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_PACKED = (".gz", ".zst", ".bz2", ".xz")


class Places:
    """Rows of an audit, back to the files they came from."""

    def __init__(self, datasets: Sequence[DatasetRecord]) -> None:
        self._datasets = sorted(datasets, key=lambda d: d.first_row)
        self._firsts = [d.first_row for d in self._datasets]

    def dataset(self, row: int) -> DatasetRecord | None:
        """The dataset that owns a row number; None for an audit without datasets."""
        return self._datasets[max(bisect_right(self._firsts, row) - 1, 0)] if self._datasets else None

    def path(self, row: int, file: int | None) -> str:
        """The row's file as the user gave it, or the dataset's own name for itself where the file is not known."""
        dataset = self.dataset(row)
        if dataset is None:
            return ""
        known = file is not None and 0 <= file < len(dataset.files)
        return dataset.files[file].path if known and file is not None else dataset.uri


def has_lines(path: str) -> bool:
    """True where the file is text with one row a line, so that a line number means something to an editor."""
    name = path.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name.endswith(_LINED) or name == "-"
