r"""One vector a sample, in FAISS, so that an item that nobody thought of during training can be asked about later.

    Z_i = Σ_r c_r w_r S(D⊙g_i(r))            w_r: by how much step r's gradients moved the parameters in all
    score_i(new) = ⟨Z_i, S(D^-1⊙P⊙h)⟩        h and P at the end of the run

For an item that was there during training the gradient is known at many marks; here it is known at the end only, as if
it had been the same all along. So the ranks of the index are coarser than those of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.capturing.layout import Layout
from attribution.sketching.folder import Folder
from attribution.sketching.settling import step_weights
from governance.errors import NotFound, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

INDEX, NUMBERS = "samples.faiss", "samples.npy"
EXACT = 50_000
"""Samples up to which every one is compared. Beyond, an inverted file with 4 √n cells, of which 64 are looked at."""
PROBES = 64
_PORTION = 4096


def sums(folder: Folder, layout: Layout) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """((n,) numbers of the samples that were seen, (n, K) Z) over all steps on disk.

    The sums are in a file of their own while they are made, so memory holds a block at a time.
    """
    numbers = np.stack([r.numbers for r in folder.read_steps(0, 10**9)])
    weights = step_weights(numbers)
    seen = np.unique(np.concatenate([r.samples for r in folder.read_steps(0, 10**9)]))
    path = folder.path / "sums.part"
    into = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(len(seen), layout.size))
    spans = np.diff(layout.starts)
    for weight, rows in zip(weights, folder.read_steps(0, 10**9), strict=True):
        spread = np.repeat(rows.factor * weight, spans).astype(np.float32)
        places = np.searchsorted(seen, rows.samples)
        if len(np.unique(places)) == len(places):
            into[places] += rows.sketches * spread
        else:  # a sample that stands twice in a step; slower
            np.add.at(into, places, rows.sketches * spread)
    path.unlink()
    return seen, into


@dataclass(frozen=True, eq=False)
class SketchIndex:
    """The samples of a run by their summed sketches.

    Attributes:
        numbers: (n,) numbers in the run's list.
        index: FAISS's, by inner product.
    """

    numbers: NDArray[np.int64]
    index: Any

    def query(self, sketches: NDArray[np.float32], top: int) -> Iterator[list[tuple[int, float]]]:
        """For each of (m, K) items, the samples whose gradients helped it most: (number, score), best first.

        For those that harmed it, ask for minus the sketch.
        """
        count = min(top, len(self.numbers))
        scores, places = self.index.search(np.ascontiguousarray(sketches, np.float32), count)
        for row, found in zip(scores, places, strict=True):
            hits = [(int(self.numbers[p]), float(s)) for p, s in zip(found, row, strict=True) if p >= 0]
            yield sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def build(numbers: NDArray[np.int64], vectors: NDArray[np.float32], exact: int = EXACT) -> SketchIndex:
    """The index of (n, K) vectors; above `exact` of them it compares with some cells only."""
    faiss = _faiss()
    n, dimension = vectors.shape
    index = faiss.IndexFlatIP(dimension)
    if n > exact:
        cells = int(4 * np.sqrt(n))
        index = faiss.IndexIVFFlat(index, dimension, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(PROBES, cells)
        index.cp.seed, index.cp.min_points_per_centroid = 0, 1
        some = np.random.default_rng(0).permutation(n)[: 64 * cells]
        index.train(np.ascontiguousarray(vectors[np.sort(some)]))
    for start in range(0, n, _PORTION):
        index.add(np.ascontiguousarray(vectors[start : start + _PORTION]))
    return SketchIndex(numbers, index)


def save(index: SketchIndex, folder: Path) -> None:
    """Into the folder, each file whole or not at all."""
    partial = folder / "samples.part"
    _faiss().write_index(index.index, str(partial))
    partial.replace(folder / INDEX)
    with partial.open("wb") as file:
        np.save(file, index.numbers)
    partial.replace(folder / NUMBERS)


def load(folder: Path) -> SketchIndex:
    """What `save` left.

    Raises:
        NotFound: it is not there any more.
    """
    if not (folder / INDEX).exists():
        raise NotFound(
            "the sketches of this attribution are gone", where=str(folder), hint="sketch the run again"
        )
    return SketchIndex(
        np.load(folder / NUMBERS, allow_pickle=False), _faiss().read_index(str(folder / INDEX))
    )


def need_faiss() -> None:
    """Nothing where FAISS is installed.

    Raises:
        UsageError: it is not.
    """
    _faiss()


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        hint = "pip install 'govern[semantic]'"
        raise UsageError(
            "sketches are kept in FAISS, which is not installed", where="faiss", hint=hint
        ) from error
    return faiss
