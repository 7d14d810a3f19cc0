"""What a sketched run keeps on disk: blocks of steps, windows between marks, D, and in the end the preconditioner.

    about.json              what was sketched and how; a folder of something else is refused
    importance.npz          D of each layer
    steps-00000016.npz      the samples' sketches of the steps from 16 on
    window-00000020.npz     the items' sketches at both ends of the window that ends before step 20
    preconditioner.safetensors

Each file is written beside and moved into place, so a killed run leaves whole files only. A run that goes on from a
checkpoint cuts off what is later than it (`cut`): the sketches of samples whose momentum is still there are on disk,
so nothing is lost, whereas the exact ledger has to book it as carried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.errors import CannotTrace
from attribution.sketching.importance import Importance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

ABOUT, IMPORTANCE, PRECONDITIONER = "about.json", "importance.npz", "preconditioner.safetensors"
_TOP = 2.0**14
"""The largest number of a sketch in float16, which then spans 2^28 down to its smallest normal one."""


@dataclass(frozen=True, eq=False, slots=True)
class StepRows:
    """One optimizer step.

    Attributes:
        samples: (n,) numbers in the run's list.
        sketches: (n, K) float32, before clipping.
        factor: c of the clipping.
        numbers: (layers, 8) of `schedule.NAMES`.
    """

    step: int
    samples: NDArray[np.int64]
    sketches: NDArray[np.float32]
    factor: float
    numbers: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class WindowRows:
    """The items between two marks.

    Attributes:
        start, stop: steps done at its marks.
        before, after: (M,) values.
        left, right: (M, K) S(D^-1⊙P⊙h) at its marks, P that of the right one.
    """

    start: int
    stop: int
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    left: NDArray[np.float32]
    right: NDArray[np.float32]


class Folder:
    """A folder of sketches.

    Attributes:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, about: Mapping[str, Any], step: int) -> bool:
        """Ready to take step `step`. True where what is there reaches up to it, so that a run goes on.

        Raises:
            CannotTrace: the folder holds sketches of something else.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        known = self.about() if (self.path / ABOUT).exists() else None
        if known is not None and known != json.loads(json.dumps(about)):
            wrong = ", ".join(k for k in about if known.get(k) != json.loads(json.dumps(about[k])))
            hint = "go on with the settings it was begun with, or name another folder"
            what = f"the folder holds sketches of another run: {wrong} differ"
            raise CannotTrace(what, where=str(self.path), hint=hint)
        self.cut(step)
        steps = self.steps()
        reaches = known is not None and step > 0 and bool(steps) and steps[-1] == step - 1
        if not reaches:
            self.cut(0)
            (self.path / IMPORTANCE).unlink(missing_ok=True)
            _written(self.path / ABOUT, lambda f: f.write(json.dumps(about).encode()))
        return reaches

    def about(self) -> dict[str, Any]:
        """What `begin` was told."""
        values: dict[str, Any] = json.loads((self.path / ABOUT).read_text(encoding="utf-8"))
        return values

    def cut(self, step: int) -> None:
        """Steps from `step` on and windows that end later are gone."""
        for path in [*self._blocks(), *self._windows()]:
            at = _number(path)
            if at > step or (path.name.startswith("steps") and at == step):
                path.unlink()

    def keep_importance(self, each: Sequence[Importance]) -> None:
        """D, in the order of the layers."""
        arrays = {}
        for n, d in enumerate(each):
            arrays[f"rows{n}"], arrays[f"columns{n}"] = d.rows.cpu().numpy(), d.columns.cpu().numpy()
        _arrays(self.path / IMPORTANCE, arrays)

    def importance(self) -> tuple[Importance, ...]:
        """D as it was kept."""
        import torch

        with np.load(self.path / IMPORTANCE, allow_pickle=False) as file:
            return tuple(
                Importance(torch.from_numpy(file[f"rows{n}"]), torch.from_numpy(file[f"columns{n}"]))
                for n in range(len(file.files) // 2)
            )

    def add_steps(self, rows: Sequence[StepRows], storage: str) -> None:
        """Successive steps as one block."""
        sketches = np.concatenate([r.sketches for r in rows])
        scales = np.ones(len(sketches), np.float32)
        if storage == "float16":
            scales = (np.abs(sketches).max(axis=1, initial=0) / _TOP).astype(np.float32)
            scales[scales == 0] = 1
        packed = (sketches / scales[:, None]).astype(storage)
        arrays = {
            "steps": np.array([r.step for r in rows]),
            "counts": np.array([len(r.samples) for r in rows]),
            "factors": np.array([r.factor for r in rows]),
            "numbers": np.stack([r.numbers for r in rows]),
            "samples": np.concatenate([r.samples for r in rows]),
            "scales": scales,
            "sketches": packed,
        }
        _arrays(self.path / f"steps-{rows[0].step:08d}.npz", arrays)

    def read_steps(self, first: int, last: int) -> Iterator[StepRows]:
        """The steps first..last-1, ascending."""
        blocks = self._blocks()
        starts = [_number(b) for b in blocks]
        for path, start, after in zip(blocks, starts, [*starts[1:], last], strict=True):
            if start < last and after > first:
                yield from (r for r in _read(path) if first <= r.step < last)

    def steps(self) -> list[int]:
        """Numbers of the steps that are there."""
        found: list[int] = []
        for path in self._blocks():
            with np.load(path, allow_pickle=False) as file:
                found += file["steps"].tolist()
        return found

    def add_window(self, w: WindowRows) -> None:
        """One window."""
        arrays = {"start": np.array(w.start), "before": w.before, "after": w.after}
        _arrays(self.path / f"window-{w.stop:08d}.npz", arrays | {"left": w.left, "right": w.right})

    def windows(self) -> Iterator[WindowRows]:
        """All windows, ascending; one at a time is read."""
        for path in self._windows():
            with np.load(path, allow_pickle=False) as file:
                values = (file[name] for name in ("before", "after", "left", "right"))
                yield WindowRows(int(file["start"]), _number(path), *values)

    def keep_preconditioner(self, each: Mapping[str, Tensor]) -> None:
        """P of each layer at the run's end, in bfloat16: three digits are more than a sketch has."""
        import torch
        from safetensors.torch import save

        data = save({n: p.to("cpu", torch.bfloat16).contiguous() for n, p in each.items()})
        _written(self.path / PRECONDITIONER, lambda f: f.write(data))

    def preconditioner(self) -> dict[str, Tensor]:
        """P by the weight's name."""
        from safetensors.torch import load_file

        found: dict[str, Tensor] = load_file(self.path / PRECONDITIONER)
        return found

    def drop_working_files(self) -> None:
        """What only settling needs is gone; the index and what questions need stay."""
        self.cut(0)

    @property
    def bytes(self) -> int:
        """On disk now."""
        return sum(p.stat().st_size for p in self.path.iterdir() if p.is_file())

    def _blocks(self) -> list[Path]:
        return sorted(self.path.glob("steps-*.npz"))

    def _windows(self) -> list[Path]:
        return sorted(self.path.glob("window-*.npz"))


def _read(path: Path) -> list[StepRows]:
    with np.load(path, allow_pickle=False) as file:
        steps, factors, numbers = file["steps"].tolist(), file["factors"].tolist(), file["numbers"]
        ends = np.cumsum(file["counts"])
        samples = np.split(file["samples"], ends[:-1])
        scales = np.split(file["scales"], ends[:-1])
        sketches = np.split(file["sketches"], ends[:-1])
    return [
        StepRows(step, who, part.astype(np.float32) * scale[:, None], factor, row)
        for step, who, part, scale, factor, row in zip(
            steps, samples, sketches, scales, factors, numbers, strict=True
        )
    ]


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    _written(path, lambda file: np.savez(file, **arrays))


def _written(path: Path, write: Callable[[Any], Any]) -> None:
    """The file, whole or not at all, on disk before it has its name."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
