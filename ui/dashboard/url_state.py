"""The address is the only state of a view: typed queries that read themselves from it and write themselves into it.

Back, Forward, reload and a copied link show the same view because nothing is remembered elsewhere. What the address
says wrongly is dropped, and the page says so; it never ends in a traceback.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from governance.contributions import FUNCTIONALS
from governance.curation.compare import CHANGES as SPLIT_CHANGES
from governance.curation.record import STEPS
from governance.findings import Severity
from governance.lake.browsing.evaluations import ALONE, CHANGES, SCORERS, Items, Pair
from governance.lake.browsing.evaluations import SORTS as ITEM_SORTS
from governance.lake.browsing.findings import SORTS
from governance.lake.browsing.lineage import DIRECTIONS
from governance.lake.browsing.splits import FIELDS
from governance.lake.browsing.wanted import STATUSES, Wanted
from governance.proposals.model import State

Q = TypeVar("Q", bound="Query")
LONGEST = 300
MOST = 10**9
RULE = re.compile(r"[A-Z]{3}(?:\d{3})?")
RUN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
IDENT = re.compile(r"[^\x00-\x1f\x7f]{1,300}")
Reader = Callable[[str], Any]
"""Gives the value of a text, or raises ValueError."""


def _text(text: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(text)
    return text


def _matching(pattern: re.Pattern[str]) -> Reader:
    def read(text: str) -> str:
        if text and not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _one_of(*choices: str) -> Reader:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return read


def _whole(least: int) -> Reader:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 10 and least <= int(text) <= MOST):
            raise ValueError(text)
        return int(text)

    return read


def _as(read: Reader, default: Any) -> Any:
    return field(default=default, metadata={"read": read})


def text() -> Any:
    """A field of any printable text."""
    return _as(_text, "")


def matching(pattern: re.Pattern[str]) -> Any:
    """A field of texts of a shape, or empty."""
    return _as(_matching(pattern), "")


def choice(default: str, *choices: str) -> Any:
    """A field of a few words."""
    return _as(_one_of(default, *choices), default)


def choice_of_numbers(default: int, *choices: int) -> Any:
    """A field of one of a few numbers."""

    def read(text: str) -> int:
        return int(_one_of(*map(str, choices))(text))

    return _as(read, default)


def whole(default: int | None, least: int) -> Any:
    """A field of a whole number."""
    return _as(_whole(least), default)


@dataclass(frozen=True)
class Query:
    """What every view has in its address: the run. Empty means the latest."""

    run: str = matching(RUN)

    @classmethod
    def from_params(cls: type[Q], params: Mapping[str, str]) -> Q:
        """The query of an address; what it says wrongly has its default."""
        return cls.read(params)[0]

    @classmethod
    def read(cls: type[Q], params: Mapping[str, str]) -> tuple[Q, tuple[str, ...]]:
        """The query, and the names of parameters that were dropped."""
        known = {f.name: f.metadata["read"] for f in fields(cls)}
        values, dropped = {}, [name for name in params if name not in known]
        for name in known.keys() & params.keys():
            try:
                values[name] = known[name](str(params[name]))
            except ValueError:
                dropped.append(name)
        return cls(**values), tuple(sorted(dropped))

    def to_params(self) -> dict[str, str]:
        """The parameters that give this query again; defaults are left out."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return {n: str(v) for n, v in said.items() if v != _default(self, n)}

    def at(self: Q, **changes: Any) -> Q:
        """The query with changes. A list goes back to its first page, unless the change is the page."""
        if "page" not in changes and any(f.name == "page" for f in fields(self)):
            changes["page"] = 1
        return replace(self, **changes)


def _default(query: Query, name: str) -> Any:
    found = query.__dataclass_fields__[name].default
    return None if found is MISSING else found


@dataclass(frozen=True)
class Searching(Query):
    """A view that lists what words are looked for in, page by page."""

    q: str = text()
    page: int = whole(1, 1)


@dataclass(frozen=True)
class Listing(Searching):
    """A list of what stands in rows: of a source, too."""

    source: str = text()


@dataclass(frozen=True)
class FindingsQuery(Listing):
    """The list of findings."""

    rule: str = matching(RULE)
    severity: str = choice("", *(s.value for s in Severity))
    status: str = choice("", *STATUSES)
    kind: str = text()
    suite: str = text()
    row: int | None = whole(None, 0)
    sort: str = choice("severity", *SORTS)

    def wanted(self, run: str) -> Wanted:
        """The findings it means, of a run."""
        return Wanted(
            run, self.rule, self.severity, self.kind, self.source, self.status, self.suite, self.row, self.q.strip()
        )  # fmt: skip

    @property
    def narrows(self) -> bool:
        """True where it asks for less than everything."""
        return replace(self, run="", page=1, sort="severity") != FindingsQuery()


@dataclass(frozen=True)
class FindingQuery(FindingsQuery):
    """One finding, and the list it was opened from."""

    id: str = matching(re.compile(r"[0-9a-f]{8,64}"))

    def listing(self) -> FindingsQuery:
        """The list it was opened from."""
        return FindingsQuery(**{f.name: getattr(self, f.name) for f in fields(FindingsQuery)})


@dataclass(frozen=True)
class DuplicatesQuery(Listing):
    """The list of clusters."""

    rule: str = matching(RULE)
    min: int = whole(0, 0)
    sort: str = choice("rows", "score", "severity")


@dataclass(frozen=True)
class OverlapQuery(Query):
    """One overlap of a row with an evaluation item."""

    id: str = matching(re.compile(r"[0-9a-f]{8,64}"))


@dataclass(frozen=True)
class ClusterQuery(OverlapQuery):
    """One cluster, and which of its members is looked at."""

    member: int = whole(1, 1)


@dataclass(frozen=True)
class ContaminationQuery(Listing):
    """The list of items that were found in rows."""

    suite: str = text()
    rule: str = matching(RULE)
    kind: str = text()
    sort: str = choice("severity", "score", "rows")


@dataclass(frozen=True)
class DatasetQuery(Query):
    """One dataset of a run, and which of its rows are listed."""

    id: str = matching(IDENT)
    rows: str = choice("marked", "all")
    page: int = whole(1, 1)


@dataclass(frozen=True)
class WaiversQuery(Query):
    """The register of waivers, and the one that is looked at."""

    status: str = text()
    owner: str = text()
    id: str = matching(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"))


@dataclass(frozen=True)
class SplitsQuery(Query):
    """The list of splits; or one, with rows of a step, label or source of it, or held against another."""

    id: str = matching(IDENT)
    against: str = matching(IDENT)
    change: str = choice("removed", *SPLIT_CHANGES)
    step: str = choice("", *STEPS)
    rule: str = matching(RULE)
    by: str = choice("", *FIELDS)
    value: str = text()
    page: int = whole(1, 1)


@dataclass(frozen=True)
class LineageQuery(Query):
    """What came of what, around one node, so many steps far."""

    node: str = matching(IDENT)
    depth: int = choice_of_numbers(4, *range(1, 7))
    dir: str = choice("both", *DIRECTIONS)
    page: int = whole(1, 1)


@dataclass(frozen=True)
class MapQuery(Query):
    """The map of a run's rows: what colours the points, and which of them are listed.

    Attributes:
        group: a value of what colours them; of clusters it is `cluster` that says which.
        cluster: fingerprint of a finding whose rows are meant.
    """

    colour: str = choice("rule", "source", "label", "cluster")
    group: str = text()
    cluster: str = matching(re.compile(r"[0-9a-f]{8,64}"))
    page: int = whole(1, 1)

    def of_group(self, name: str) -> MapQuery | None:
        """The points of a group; None for a name that no address takes, the empty one among them."""
        if self.colour == "cluster":
            return self.at(cluster=name, group="") if name else None
        return self.at(group=name) if 0 < len(name) <= LONGEST and name.isprintable() else None


@dataclass(frozen=True)
class ProposalsQuery(Query):
    """The register of proposals, and the one that is looked at."""

    status: str = choice("", *(s.value for s in State))
    id: str = matching(re.compile(r"P-\d{1,9}"))
    page: int = whole(1, 1)


@dataclass(frozen=True)
class RuleQuery(Query):
    """One rule."""

    id: str = text()


@dataclass(frozen=True)
class EvalsQuery(Searching):
    """Two evaluations, and which of their items are listed. Empty base and head mean the latest that fit.

    Attributes:
        traced: only items of which it is known what moved them.
    """

    base: str = matching(RUN)
    head: str = matching(RUN)
    suite: str = text()
    scorer: str = choice("", *SCORERS)
    change: str = choice("", *CHANGES, *ALONE)
    label: str = text()
    traced: str = choice("", "1")
    sort: str = choice("suite", *ITEM_SORTS)

    def items(self, pair: Pair) -> Items:
        """The items it means, of a pair of its suite."""
        return Items(pair, self.change, self.q.strip(), self.label, self.suite if self.traced else "")


@dataclass(frozen=True)
class WhyQuery(EvalsQuery):
    """One item, the list it was opened from, and what explains it.

    Attributes:
        k: samples of either sign.
    """

    item: str = text()
    attribution: str = matching(RUN)
    functional: str = choice("", *FUNCTIONALS)
    k: int = whole(5, 1)

    def listing(self) -> EvalsQuery:
        """The list it was opened from."""
        return EvalsQuery(**{f.name: getattr(self, f.name) for f in fields(EvalsQuery)})


@dataclass(frozen=True)
class DriversQuery(Query):
    """What drove one suite of an attribution, and the group whose rows are listed.

    Attributes:
        group: its name; `unnamed` stands for the samples that have none.
    """

    attribution: str = matching(RUN)
    suite: str = text()
    functional: str = choice("", *FUNCTIONALS)
    by: str = choice("label", "source", "cluster", "rule")
    group: str = text()
    unnamed: str = choice("", "1")
    page: int = whole(1, 1)

    def of_group(self, name: str) -> DriversQuery | None:
        """The samples of a group; None for a name that no address takes."""
        if len(name) > LONGEST or not name.isprintable():
            return None
        return self.at(group=name, unnamed="" if name else "1")


def in_run(params: Mapping[str, str], run: str) -> dict[str, str]:
    """The parameters of the same view of another run; empty is the latest.

    What tells a place within a run is left out: another run has other rows there.
    """
    kept = {name: value for name, value in params.items() if name not in {"run", "page", "row", "member"}}
    return {**({"run": run} if run else {}), **kept}


def address(page: str, query: Query | None = None) -> str:
    """The address of a view, from the root: /findings?run=…&rule=CON001."""
    params = query.to_params() if query is not None else {}
    return f"/{page}" + (f"?{urlencode(params)}" if params else "")
