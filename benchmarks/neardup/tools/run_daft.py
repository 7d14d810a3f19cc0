"""daft: its minhash expression; daft has no index, so documents are grouped by band here, in numpy."""

from __future__ import annotations

import sys

import daft
import numpy as np
from common import BANDS, ROWS, Union, write
from daft import col

clean = col("text").normalize(remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True)
table = daft.read_parquet(sys.argv[1]).select(
    clean.minhash(num_hashes=128, ngram_size=5, seed=1).alias("minhash")
)
column = table.to_arrow().column("minhash").combine_chunks()
signatures = np.asarray(column.flatten()).reshape(-1, 128)
union = Union(len(signatures))
for band in range(BANDS):
    part = (
        np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS]).view(f"V{ROWS * 4}").reshape(-1)
    )
    _, first, of = np.unique(part, return_index=True, return_inverse=True)
    for number in np.flatnonzero(first[of] != np.arange(len(of))):
        union.join(int(first[of[number]]), int(number))
write(union.groups())
