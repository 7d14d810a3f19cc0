"""What the rules about personal data share: one look at each batch, options, and findings by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from governance.errors import UsageError
from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.detectors.personal.spans import Search

PUBLIC = "public-"
"""Before the kind of what leads to an organisation or to nobody."""
CONFIDENCE_OPTION = Option(
    "confidence", 0.7, "least confidence of what is reported; 0.5 adds what may be something else", 0.2, 1.0
)
PUBLIC_OPTION = Option(
    "public", False, "also report, as notes, what leads to an organisation or is a published sample"
)


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.personal.turns import personal_turns
    from governance.rules.marks import Mark, marked

    marks = [
        Mark(turn, s.start, s.end, PUBLIC + s.kind if s.public else s.kind, s.confidence)
        for turn, spans in personal_turns(batch, _search(setup))
        for s in spans
    ]
    return marked(batch, marks)


def _search(setup: Setup) -> Search:
    """What the options of the selected rules ask for."""
    from governance.detectors.personal.spans import Search

    regions = tuple(region.upper() for region in _listed(setup, "PII002", "region"))
    allow = tuple(domain.lower().lstrip("@.") for domain in _listed(setup, "PII001", "allow"))
    return Search(_known(regions), allow) if regions else Search(allow=allow)


def _known(regions: tuple[str, ...]) -> tuple[str, ...]:
    """The same regions; UsageError for one that has no numbering plan."""
    import phonenumbers

    plans = phonenumbers.SUPPORTED_REGIONS
    for region in regions:
        if region not in plans:
            raise UsageError(
                f"there is no numbering plan for {region!r}",
                where="PII002.region",
                hint="codes of ISO 3166 with two letters, such as CN, US, HK",
            )
    return regions


def _listed(setup: Setup, rule: str, option: str) -> tuple[str, ...]:
    """The entries of an option that is a list; empty where the rule is not selected."""
    return cast("tuple[str, ...]", setup.options.get(rule, {}).get(option, ()))


PERSONAL = Mapper("personal", _map)


def reported_kinds(
    info: RuleInfo,
    partials: Mapping[str, Partials],
    setup: Setup,
    messages: Mapping[str, str],
    notes: Mapping[str, str] | None = None,
) -> RuleResult:
    """One finding for each content and kind that is sure enough.

    Args:
        messages: kind -> what is said about it, at the rule's severity.
        notes: the same of kinds that are notes whatever the rule's severity.

    What is public or not sure enough is counted in the figures of the rule.
    """
    from governance.rules.marks import reported

    least = float(setup.option(info.id, "confidence"))
    options = setup.options[info.id]
    public = {
        PUBLIC + kind: f"{said}, of an organisation or a published sample" for kind, said in messages.items()
    }
    lesser = dict(notes or {}) | (public if options.get("public") else {})
    marks = partials[PERSONAL.name]
    main, more = (
        reported(info.id, severity, _Chosen(marks, frozenset(said), least), said, threshold=least)
        for severity, said in ((setup.severity(info), messages), (Severity.NOTE, lesser))
    )
    own = _Chosen(marks, frozenset([*messages, *public, *(notes or {})]), 0.0).read()
    places = sum(int(part.stats.get("places", 0)) for part in (main, more))
    return RuleResult(
        pa.concat_tables([main.findings, more.findings]),
        pa.concat_tables([main.evidence, more.evidence]),
        {"places": places, **_left_out(own, least)},
    )


def _left_out(marks: pa.Table, least: float) -> dict[str, int]:
    """Places of these kinds that are public, and that are not sure enough."""
    import pyarrow.compute as pc

    if not marks.num_rows:
        return {"public": 0, "unsure": 0}
    public = pc.starts_with(marks.column("kind"), PUBLIC)
    unsure = pc.and_(pc.invert(public), pc.less(marks.column("score"), least))
    return {"public": pc.sum(public).as_py(), "unsure": pc.sum(unsure).as_py()}


@dataclass(frozen=True)
class _Chosen:
    """The marks of some kinds, from a least confidence on."""

    partials: Partials
    kinds: frozenset[str]
    least: float

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        yield self.read(columns)

    def read(self, columns: list[str] | None = None) -> pa.Table:
        import pyarrow.compute as pc

        table = self.partials.read()
        if not table.num_rows:
            return table
        own = pc.is_in(table.column("kind"), value_set=pa.array(sorted(self.kinds), pa.string()))
        chosen = table.filter(pc.and_(own, pc.greater_equal(table.column("score"), self.least)))
        return chosen if columns is None else chosen.select(columns)

    @property
    def rows(self) -> int:
        return int(self.read().num_rows)
