"""The address is the state: every query writes itself into it and reads itself from it, and nothing else gets in."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.findings import Severity
from governance.lake.browsing.findings import SORTS
from ui.dashboard.url_state import (
    ClusterQuery,
    ContaminationQuery,
    DatasetQuery,
    DriversQuery,
    DuplicatesQuery,
    EvalsQuery,
    FindingQuery,
    FindingsQuery,
    LineageQuery,
    MapQuery,
    OverlapQuery,
    ProposalsQuery,
    Query,
    RuleQuery,
    SplitsQuery,
    WaiversQuery,
    WhyQuery,
    address,
    in_run,
)

QUERIES = (
    Query, FindingsQuery, FindingQuery, DuplicatesQuery, ClusterQuery, ContaminationQuery, DatasetQuery, WaiversQuery,
    RuleQuery, EvalsQuery, WhyQuery, DriversQuery, SplitsQuery, LineageQuery, ProposalsQuery, OverlapQuery,
    MapQuery,
)  # fmt: skip
WORDS = st.text(st.characters(blacklist_categories=("C", "Z")), max_size=30)
RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "run": st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,20}", fullmatch=True) | st.just(""),
    "rule": st.sampled_from(["", "CON", "DUP003"]),
    "severity": st.sampled_from(["", *Severity]).map(str),
    "status": st.sampled_from(["", "open", "waived"]),
    "page": st.integers(1, 10**6),
    "row": st.none() | st.integers(0, 10**9),
    "min": st.integers(0, 10**6),
    "member": st.integers(1, 10**6),
    "rows": st.sampled_from(["marked", "all"]),
    "base": st.sampled_from(["", "ev-1"]),
    "head": st.sampled_from(["", "20261126-140000-abc123"]),
    "scorer": st.sampled_from(["", "strict", "choice"]),
    "change": st.sampled_from(["", "fixed", "both right", "wrong"]),
    "attribution": st.sampled_from(["", "a-1"]),
    "functional": st.sampled_from(["", "margin"]),
    "by": st.sampled_from(["label", "cluster"]),
    "traced": st.sampled_from(["", "1"]),
    "unnamed": st.sampled_from(["", "1"]),
    "k": st.integers(1, 50),
    "step": st.sampled_from(["", "duplicate", "rule"]),
    "depth": st.integers(1, 6),
    "colour": st.sampled_from(["rule", "source", "label", "cluster"]),
    "cluster": st.sampled_from(["", "0123abcd"]),
    "dir": st.sampled_from(["both", "up", "down"]),
}
OF_SPLITS: dict[str, st.SearchStrategy[Any]] = {
    "change": st.sampled_from(["added", "removed", "moved"]),
    "by": st.sampled_from(["", "label", "source"]),
}


def right(kind: type[Query]) -> st.SearchStrategy[Query]:
    """Queries of a kind with values that mean something."""

    def of(name: str) -> st.SearchStrategy[Any]:
        if name == "sort" and issubclass(kind, EvalsQuery):
            return st.sampled_from(["suite", "gain", "loss"])
        if name == "sort":
            return st.sampled_from(
                ["rows", "score", *(["severity", "rule"] if kind in {FindingsQuery, FindingQuery} else [])]
            )
        if kind is SplitsQuery and name in OF_SPLITS:
            return OF_SPLITS[name]
        if kind is ProposalsQuery and name in {"id", "status"}:
            return st.sampled_from({"id": ["", "P-0001"], "status": ["", "approved"]}[name])
        if name == "id":
            return WORDS if kind is RuleQuery else st.from_regex(r"[0-9a-f]{8,64}", fullmatch=True)
        return RIGHT.get(name, WORDS)

    return st.builds(kind, **{f.name: of(f.name) for f in fields(kind)})


@given(st.sampled_from(QUERIES).flatmap(right))
def test_comes_back_from_its_own_parameters(query: Query):
    assert (query, ()) == type(query).read(query.to_params())


@given(st.sampled_from(QUERIES).flatmap(right))
def test_comes_back_from_its_address(query: Query):
    split = urlsplit(address("findings", query))

    assert query == type(query).from_params(dict(parse_qsl(split.query, keep_blank_values=True)))


@given(
    st.sampled_from(QUERIES),
    st.dictionaries(
        st.text(max_size=10) | st.sampled_from(["page", "run", "id", "row", "sort"]), st.text(max_size=50)
    ),
)
def test_reads_anything_without_an_error_and_says_what_it_dropped(kind: type[Query], params: dict[str, str]):
    query, dropped = kind.read(params)

    assert query == kind.from_params(query.to_params())
    assert set(dropped) <= set(params)


def test_leaves_defaults_out_of_the_address():
    assert "/findings" == address("findings", FindingsQuery())
    assert "/findings?rule=CON001" == address("findings", FindingsQuery(rule="CON001", page=1))
    assert "/" == address("", Query())


def test_a_new_filter_starts_at_the_first_page():
    query = FindingsQuery(page=7)

    assert 1 == query.at(rule="CON").page
    assert 8 == query.at(page=8).page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"), ("page", "٣"), ("page", "1e9"), ("page", "99999999999"), ("rule", "con001"),
        ("rule", "DUP003'--"), ("severity", "fatal"), ("run", "../x"), ("q", "a\nb"), ("q", "a\u202eb"),
        ("q", "x" * 301), ("sort", "f.rows; --"), ("id", "ABC"), ("row", "-1"), ("unknown", "1"),
    ],
)  # fmt: skip
def test_drops_what_means_nothing(name: str, value: str):
    assert (FindingQuery(), (name,)) == FindingQuery.read({name: value})


def test_the_same_view_of_another_run_has_no_places_of_this_one():
    params = {"run": "a", "rule": "CON001", "page": "3", "row": "7", "member": "2", "q": "x"}

    assert {"run": "b", "rule": "CON001", "q": "x"} == in_run(params, "b")
    assert {"rule": "CON001", "q": "x"} == in_run(params, "")


def test_every_order_of_the_lake_can_be_asked_for():
    assert [*SORTS] == [FindingsQuery.from_params({"sort": s}).sort for s in SORTS]


def test_a_list_knows_whether_it_is_narrowed():
    assert not FindingsQuery(run="r", page=3, sort="rows").narrows
    assert FindingsQuery(q="x").narrows


def test_an_item_keeps_the_list_it_was_opened_from():
    listing = EvalsQuery(run="r", base="a", head="b", change="fixed", page=3, q="bond")

    assert listing == WhyQuery(**vars(listing), item="test/1", k=20).listing()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("math", DriversQuery(by="label", group="math")),
        ("", DriversQuery(by="label", unnamed="1")),
        ("a\nb", None),
        ("x" * 301, None),
    ],
)
def test_the_samples_of_a_group_have_an_address_where_its_name_fits_one(
    name: str, expected: DriversQuery | None
):
    found = DriversQuery(by="label", page=4).of_group(name)

    assert expected == found
    assert found is None or found == DriversQuery.from_params(found.to_params())


def test_a_finding_keeps_the_list_it_was_opened_from():
    listing = FindingsQuery(run="r", rule="CON", page=3, q="price")

    assert listing == FindingQuery(**vars(listing), id="0" * 64).listing()


@pytest.mark.parametrize(
    ("colour", "name", "expected"),
    [
        ("source", "a b", MapQuery(colour="source", group="a b")),
        ("cluster", "0123abcd", MapQuery(colour="cluster", cluster="0123abcd")),
        ("source", "", None),
        ("cluster", "", None),
        ("label", "a\nb", None),
        ("label", "x" * 301, None),
    ],
)
def test_the_points_of_a_group_have_an_address_where_its_name_fits_one(
    colour: str, name: str, expected: MapQuery | None
):
    assert expected == MapQuery(colour=colour, page=3).of_group(name)
