"""The split that a run trains on, from the lake or from a folder it was exported to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.members import TRAIN

if TYPE_CHECKING:
    from governance.lake import Lake


@dataclass(frozen=True)
class SplitData:
    """What is trained on.

    Attributes:
        name: NAME@VERSION, or the folder of an exported split.
        content_hash: says whether a run that goes on has the same data.
        members: MEMBERS tables of the part to train on, in order.
    """

    name: str
    split_id: str
    content_hash: str
    members: Callable[[], Iterable[pa.Table]]


def split_data(lake: Lake | None, reference: str) -> SplitData:
    """The split as `train_sft` takes it; LakeDamaged or InputError where its data changed."""
    from governance.curation.open import open_split

    found = open_split(lake, reference)
    record = found.record
    return SplitData(record.reference, record.split_id, record.content_hash, lambda: found.members(TRAIN))
