"""text-dedup: its own minhash command, called in this process so that its groups can be read."""

from __future__ import annotations

import sys
import tempfile

import numpy as np
import pyarrow.parquet as pq
import text_dedup.minhash as tool
from common import BANDS, ROWS, write

with tempfile.TemporaryDirectory() as folder:
    options = {
        "path": "parquet",
        "data_files": sys.argv[1],
        "split": "train",
        "cache_dir": folder,
        "column": "text",
    }
    options |= {"output": f"{folder}/out", "ngram": 5, "min_length": 5, "num_perm": 128, "threshold": 0.8}
    options |= {"b": BANDS, "r": ROWS, "num_proc": 1, "hash_func": "xxh3", "hash_bits": 32}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    tool.main(arguments, standalone_mode=False)
rows = pq.ParquetFile(sys.argv[1]).metadata.num_rows
write(np.array([tool.uf.find(i) for i in range(rows)]))
