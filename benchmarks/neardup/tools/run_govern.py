"""This project: find_near_duplicates, Parquet to verified groups."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from governance.text.duplicates import find_near_duplicates

found = find_near_duplicates(sys.argv[1])
family = np.where(found.template >= 0, found.template, found.representative)[found.representative]
# Not `to_numpy`, which loads pandas where it is installed: 0.15 s.
a, b = (np.from_dlpack(found.edges[side].chunk(0)) for side in ("a", "b"))
np.savez(
    sys.argv[2],
    groups=found.representative,
    family=family,
    stands=found.stands,
    a=a,
    b=b,
)
