"""The detectors of this room as tables of marks."""

from __future__ import annotations

import pyarrow as pa

from governance.detectors.toxicity.advice import advice_marks
from governance.detectors.toxicity.language import toxic_marks
from governance.detectors.toxicity.promotion import promotion_marks
from governance.rules.base import Setup
from governance.rules.marks import marked
from governance.samples import SampleBatch


def toxic(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of toxic language."""
    least = 1 + ("mild", "grave", "worst").index(setup.option("TOX001", "grade"))
    return marked(batch, toxic_marks(batch, least)) if len(batch) else None


def promotion(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of unlawful advertising."""
    return marked(batch, promotion_marks(batch)) if len(batch) else None


def advice(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of promises about prices."""
    return marked(batch, advice_marks(batch)) if len(batch) else None
