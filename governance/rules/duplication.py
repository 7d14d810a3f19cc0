"""What the duplicate rules share: who each row is, its signature, and one decision over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.rules.base import Mapper, Partials, Setup
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.text.duplicate_findings import Groups
    from governance.text.duplicate_rows import Decided, Unique
    from governance.text.verify import Indices

THRESHOLD_RULE = "DUP003"
THRESHOLD = 0.8


def threshold(setup: Setup) -> float:
    """The least Jaccard similarity of near-duplicates."""
    return float(setup.options.get(THRESHOLD_RULE, {}).get("threshold", THRESHOLD))


def _map_identities(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.text.duplicate_rows import map_identities

    return map_identities(batch, setup)


def _map_signatures(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.text.duplicate_rows import map_signatures

    return map_signatures(batch, setup, threshold(setup))


IDENTITIES = Mapper("identities", _map_identities)
SIGNATURES = Mapper("signatures", _map_signatures)


def samples(partials: Mapping[str, Partials], setup: Setup) -> Unique:
    """The different samples of the dataset."""
    from governance.text.duplicate_rows import unique

    return setup.once("duplicates.samples", lambda: unique(partials[IDENTITIES.name].read()))


def decision(partials: Mapping[str, Partials], setup: Setup) -> Decided:
    """What became of each sample, worked out once for the rules that ask."""
    from governance.text.duplicate_rows import decide

    stored = partials[SIGNATURES.name]
    return setup.once("duplicates.decision", lambda: decide(stored, setup, threshold(setup)))


def costs(decided: Decided) -> Mapping[str, Any]:
    """How much comparing it took, which depends on what earlier audits left."""
    stats = decided.resolved.stats
    found = {name: stats[name] for name in stats if name not in LASTING}
    return {"samples_known": decided.known, "samples_not_signed": decided.unsigned, **found}


LASTING = ("documents", "edges", "template_edges")
"""Statistics that follow from data and settings alone."""


def sample_groups(decided: Decided, named: Indices, chosen: Any, scores: Any) -> Groups:
    """Groups of samples by the sample they name, each sample by the row that stands for it."""
    from governance.text.duplicate_findings import Groups, group

    starts, members = group(named, chosen, decided.rank)
    samples = decided.unique
    return Groups(starts, samples.kept[members], samples.ids.take(pa.array(members)), scores[members])
