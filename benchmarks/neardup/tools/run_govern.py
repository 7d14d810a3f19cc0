"""This project: find_near_duplicates, Parquet to verified groups."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from governance.text.duplicates import find_near_duplicates

found = find_near_duplicates(sys.argv[1])
family = np.where(found.template >= 0, found.template, found.representative)[found.representative]
np.savez(
    sys.argv[2],
    groups=found.representative,
    family=family,
    stands=found.stands,
    a=found.edges["a"].to_numpy(),
    b=found.edges["b"].to_numpy(),
)
