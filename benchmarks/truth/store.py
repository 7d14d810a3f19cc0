"""Results one by one as lines of JSON, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Key = tuple[str, ...]


class Store:
    """An appended file of {"key": [...], ...} lines. Several processes may write to it, each seeing what others did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._known: dict[Key, dict[str, Any]] = {}
        self._read = 0

    def __contains__(self, key: Key) -> bool:
        self._refresh()
        return key in self._known

    def __getitem__(self, key: Key) -> dict[str, Any]:
        self._refresh()
        return self._known[key]

    def add(self, key: Key, **values: Any) -> None:
        """Appends one result."""
        line = json.dumps({"key": list(key), **values}, separators=(",", ":"))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _refresh(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]  # the last line may be in the making
        self._read += len(whole)
        for line in whole.splitlines():
            with suppress(json.JSONDecodeError):  # a line of a process that was killed
                entry = json.loads(line)
                self._known[tuple(entry["key"])] = entry


def rounded(values: npt.NDArray[np.float64], digits: int = 5) -> Any:
    """As nested lists of numbers with so many digits."""
    return json.loads(json.dumps(np.round(values, digits).tolist()))
