"""The split that a run trains on, from the lake or from a folder it was exported to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.members import TRAIN
from training.sft import SplitData

if TYPE_CHECKING:
    from governance.lake import Lake


def split_data(lake: Lake | None, reference: str) -> SplitData:
    """The split as `train_sft` takes it; LakeDamaged or InputError where its data changed."""
    from governance.curation.open import open_split

    found = open_split(lake, reference)
    record = found.record
    return SplitData(record.reference, record.split_id, record.content_hash, lambda: found.members(TRAIN))
