"""What a curation is asked for, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit import AuditRequest
from governance.curation.policy import Policy
from governance.curation.record import SplitRecord


@dataclass(frozen=True)
class CurateRequest:
    """What to curate, and by what.

    Attributes:
        datasets: NAME or NAME@VERSION of the lake, or a path, which is ingested first.
        name: what the split is called.
        run: the audit whose findings count: a run, `latest` of these versions, or None for the latest with the settings
            of `audit`, which is run where there is none.
        audit: how the data are audited where that has to be done.
        labels: the file of the label taxonomy; None for finance, `NO_LABELS` for the data's own words.
        proposals: whether approved proposals for splits of this name are taken up.
    """

    datasets: tuple[str, ...]
    name: str
    policy: Policy
    audit: AuditRequest
    run: str | None = None
    labels: str | None = None
    proposals: bool = True


@dataclass(frozen=True)
class Curated:
    """What came of a curation.

    Attributes:
        record: the split as the lake keeps it; without a version where none was kept.
        new: False where an equal split was there already.
        audited: True where the data had to be audited first.
    """

    record: SplitRecord
    new: bool
    audited: bool
