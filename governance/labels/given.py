"""Labels that the data bring: any of the names of a scene, a task or both, in any spelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.labels.taxonomy import SEPARATORS, Taxonomy, spelled

if TYPE_CHECKING:
    import polars as pl

NOBODY = -1
LONGEST = 200
"""Characters of a label that are kept; what is longer is no label but a text, and is cut."""


@dataclass(frozen=True)
class Given:
    """What the label column says, row by row.

    Attributes:
        scenes, tasks: (rows,) the index of the half that is named, -1 where none is.
        texts: (rows,) the label as it stands in the data; null where there is none.
    """

    scenes: npt.NDArray[np.int64]
    tasks: npt.NDArray[np.int64]
    texts: pa.StringArray

    @property
    def whole(self) -> npt.NDArray[np.bool_]:
        """(rows,) where both halves are named."""
        return np.asarray((self.scenes >= 0) & (self.tasks >= 0))

    @property
    def unmapped(self) -> npt.NDArray[np.bool_]:
        """(rows,) where there is a label that the taxonomy does not know."""
        there = self.texts.is_valid().to_numpy(zero_copy_only=False)
        return np.asarray(there & (self.scenes < 0) & (self.tasks < 0))


@lru_cache(maxsize=2)
def spellings(taxonomy: Taxonomy) -> pl.DataFrame:
    """Every accepted spelling (`key`) with the scene and task it names; -1 for a half it does not name."""
    import polars as pl

    halves = [(spelled(n), s, NOBODY) for s, scene in enumerate(taxonomy.scenes) for n in scene.names]
    halves += [(spelled(n), NOBODY, t) for t, task in enumerate(taxonomy.tasks) for n in task.names]
    one = pl.DataFrame(halves, ["key", "scene", "task"], orient="row")
    pairs = pl.DataFrame(list(taxonomy.pairs), ["scene", "task"], orient="row")
    scenes = one.filter(pl.col("scene") >= 0).select("scene", first="key")
    tasks = one.filter(pl.col("task") >= 0).select("task", second="key")
    both = pairs.join(scenes, on="scene").join(tasks, on="task")
    orders = [
        both.select(pl.concat_str("first", "second", separator=" ").alias("key"), "scene", "task"),
        both.select(pl.concat_str("second", "first", separator=" ").alias("key"), "scene", "task"),
    ]
    return pl.concat([one, *orders]).unique("key", keep="first", maintain_order=True)


def read_labels(column: pa.ChunkedArray, known: pl.DataFrame) -> Given:
    """What the label column of a batch names; each distinct label is looked up once."""
    import polars as pl

    made: Any = pl.from_arrow(column.cast(pa.string()))
    texts = pl.Series("text", made).cast(pl.String).str.strip_chars()
    texts = texts.set(texts == "", None).str.slice(0, LONGEST)
    distinct = texts.drop_nulls().unique().to_frame()
    key = pl.col("text").str.normalize("NFKC").str.to_lowercase().str.replace_all(SEPARATORS.pattern, " ")
    found = distinct.with_columns(key.str.strip_chars().alias("key")).join(known, on="key", how="left")
    rows = texts.to_frame().join(found, on="text", how="left", maintain_order="left")
    scenes, tasks = (rows.get_column(n).fill_null(NOBODY).to_numpy() for n in ("scene", "task"))
    return Given(scenes, tasks, texts.to_arrow().cast(pa.string()))
