"""What an attribution says of an item or of a suite, kept once read: nothing of it changes but its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from governance.lake.browsing import attributions, evaluations
from governance.lake.browsing.attributions import Grouping, Home, Part, SourceSum
from governance.lake.contributions import StoredAttribution, list_attributions
from ui.dashboard.reading.visit import Visit

if TYPE_CHECKING:
    from attribution.explaining.drivers import SuiteDrivers
    from attribution.explaining.groups import By
    from attribution.explaining.overlap import Overlap, Shared
    from attribution.explaining.why import Cause, Why
    from governance.lake import Lake

ITEM_WORDS = 20_000
"""Characters of an item in which shared words are looked for."""


@dataclass(frozen=True)
class Known:
    """The attributions that can be chosen, latest first, and the one that is shown.

    Attributes:
        missing: the one that the address names and that is not among them.
    """

    every: tuple[StoredAttribution, ...] = ()
    now: StoredAttribution | None = None
    missing: str = ""


def known(visit: Visit, run: str, asked: str, among: set[str] | None = None) -> Known:
    """The attributions of the lake; the latest of the run is shown unless another one is asked for.

    Args:
        run: the training run whose model is looked at; empty where that is not known.
        among: ids that may be chosen; None for all.
    """
    every = tuple(a for a in list_attributions(visit.lake) if among is None or a.id in among)
    named = [a for a in every if asked and a.id == asked]
    own = [a for a in every if run and a.record.run == run]
    now = next(iter([*named, *own, *every]), None)
    return Known(every, now, asked if asked and not named else "")


def of_item(visit: Visit, suite: str, item: str, run: str, asked: str) -> Known:
    """Those that traced an item."""
    among = attributions.tracing(visit.lake, suite, [item]).get(item, set())
    return known(visit, run, asked, among)


def explained(visit: Visit, attribution: str, suite: str, item: str, top: int) -> dict[str, Why]:
    """The item as the ledger explains it, by functional."""
    return _explained(visit.lake, visit.desk.lake, attribution, suite, item, top)


@st.cache_data(show_spinner=False, max_entries=64)
def _explained(
    _lake: Lake, location: str, attribution: str, suite: str, item: str, top: int
) -> dict[str, Why]:
    from attribution.explaining.looking import explain

    return explain(_lake, attribution, suite, item, top)


def sources(visit: Visit, part: Part, item: str, most: int) -> list[SourceSum]:
    """What the samples of each source did to one item."""
    return _sources(visit.lake, visit.desk.lake, part, item, most)


@st.cache_data(show_spinner=False, max_entries=128)
def _sources(_lake: Lake, location: str, part: Part, item: str, most: int) -> list[SourceSum]:
    return attributions.sources_of_item(_lake, part, item, most)


def drivers(visit: Visit, part: Part, by: By, audit: str, top: int) -> SuiteDrivers:
    """What drove a suite, rolled up; by cluster and rule, as an audit says it."""
    return _drivers(visit.lake, visit.desk.lake, part, by, audit, top)


@st.cache_data(show_spinner=False, max_entries=64)
def _drivers(_lake: Lake, location: str, part: Part, by: By, audit: str, top: int) -> SuiteDrivers:
    from attribution.explaining.looking import drivers_of

    return drivers_of(_lake, part, _grouping(_lake, location, part.attribution, by, audit), top)


def grouping(visit: Visit, attribution: str, by: By, audit: str) -> Grouping:
    """What samples are rolled up by."""
    return _grouping(visit.lake, visit.desk.lake, attribution, by, audit)


@st.cache_data(show_spinner=False, max_entries=32)
def _grouping(_lake: Lake, location: str, attribution: str, by: By, audit: str) -> Grouping:
    from attribution.explaining.looking import grouping as found

    return found(_lake, attribution, by, audit)


@dataclass(frozen=True)
class Evidence:
    """What is known of the samples that are listed, beside their amounts.

    Attributes:
        overlaps: by sample, verbatim evidence; those whose text cannot be read are not there.
        texts: their texts, untrusted.
        spans: where the texts have words of the item.
        homes: where their rows can be looked at.
    """

    overlaps: Mapping[int, Overlap]
    texts: Mapping[int, str]
    spans: Mapping[int, Sequence[Shared]]
    homes: Mapping[int, Home]


def evidence(
    visit: Visit, stored: StoredAttribution, causes: Sequence[Cause], asked: Mapping[str, Any]
) -> Evidence:
    """Texts, shared words and places of the samples that are listed."""
    from attribution.explaining.overlap import overlaps, shared

    places = _places(visit.lake, visit.desk.lake, stored.id, tuple(c.sample for c in causes))
    texts = _texts(visit.lake, visit.desk.lake, stored.record.split_id, tuple(places.values()))
    found = {sample: texts[place] for sample, place in places.items() if place in texts}
    where = attributions.homes(visit.lake, list(places.values())) if places else {}
    homes = {sample: where[place] for sample, place in places.items() if place in where}
    words = item_words(asked)[:ITEM_WORDS]
    if not words:
        return Evidence({}, found, {}, homes)
    order = list(found)
    lines = dict(zip(order, overlaps(words, [found[s] for s in order]), strict=True)) if order else {}
    return Evidence(lines, found, {s: shared(words, text) for s, text in found.items()}, homes)


def homes_of(visit: Visit, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Home]:
    """Where rows can be looked at."""
    return attributions.homes(visit.lake, places) if places else {}


@st.cache_data(show_spinner=False, max_entries=256)
def _places(
    _lake: Lake, location: str, attribution: str, samples: tuple[int, ...]
) -> dict[int, tuple[str, int]]:
    return attributions.places(_lake, attribution, samples)


@st.cache_data(show_spinner=False, max_entries=64)
def _texts(
    _lake: Lake, location: str, split_id: str, places: tuple[tuple[str, int], ...]
) -> dict[tuple[str, int], str]:
    from governance.curation.texts import texts_of

    return texts_of(_lake, split_id, places)


def item_of(visit: Visit, suite: str, item: str, content_hash: str) -> dict[str, Any]:
    """The item as the lake keeps the suite; empty where it does not."""
    return evaluations.suite_item(visit.lake, suite, item, content_hash)


def item_words(asked: Mapping[str, Any]) -> str:
    """What overlap is looked for in: question, context, options and answer."""
    if not asked:
        return ""
    from attribution.explaining.reading import words_of_item

    return words_of_item(asked)
