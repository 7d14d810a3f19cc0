"""The funnel: what becomes of each row, by facts and findings alone."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.curation.policy import Policy, Quota
from governance.errors import UsageError
from tests.curation.builders import audited, decided, facts, finding, states


def test_without_findings_every_row_is_trained_on():
    found = decided(facts(3), audited(), Policy())

    assert ["train"] * 3 == states(found)
    assert [1.0] * 3 == found.rows.get_column("weight").to_list()


def test_errors_drop_warnings_keep_and_notes_never_drop():
    said = audited(
        finding("CON001", [0], "error"), finding("TOX001", [1], "warning"), finding("SEC001", [2], "note")
    )

    found = decided(facts(3), said, Policy())

    assert ["rule", "train", "train"] == states(found)
    assert ("CON001", "f0", "drop = error") == found.rows.select("rule", "finding", "decision").row(0)


def test_of_several_reasons_the_worst_and_first_is_told():
    said = audited(
        finding("SEC001", [0], "warning"), finding("LBL002", [0], "error"), finding("CON001", [0], "error")
    )

    assert ("CON001", "f2") == decided(facts(1), said, Policy()).rows.select("rule", "finding").row(0)


def test_a_waived_finding_leaves_its_rows_alone_unless_that_is_not_wanted():
    said = audited(finding("CON001", [0], "error"), waived=[0])

    assert ["train"] == states(decided(facts(1), said, Policy()))
    assert ["rule"] == states(decided(facts(1), said, Policy(keep_waived=False)))


def test_rows_left_out_and_kept_by_name():
    said = audited(finding("CON001", [0, 1], "error"))
    policy = Policy(exclude=("s2",), include=("s1",))

    found = decided(facts(3), said, policy)

    assert ["rule", "train", "decision"] == states(found)
    assert "exclude" == found.rows.get_column("decision")[2]


def test_a_name_that_is_not_in_the_data_is_noted():
    found = decided(facts(1), audited(), Policy(exclude=("ff00" * 16,)))

    assert "1 of the samples to leave out or to keep are not in the data: ff00ff00ff00 ..." in found.notes


def test_a_row_that_could_not_be_redacted_is_left_out():
    said = audited(finding("PII001", [0, 1]))

    found = decided(facts(2), said, Policy(), unredacted=[1])

    assert ["train", "redaction"] == states(found)
    assert ("PII001", "f0") == found.rows.select("rule", "finding").row(1)


def test_one_row_of_a_cluster_stays_and_stands_for_the_others():
    said = audited(finding("DUP003", [0, 2], keeper=1))

    found = decided(facts(4, characters=[50, 80, 60, 10]), said, Policy())

    assert ["duplicate", "train", "duplicate", "train"] == states(found)
    assert [1, None, 1, None] == found.rows.get_column("stands").to_list()


def test_clusters_of_several_rules_are_one():
    said = audited(finding("DUP001", [1], keeper=0), finding("DUP003", [0], keeper=2))

    found = decided(facts(3, characters=[10, 10, 20]), said, Policy())

    assert ["duplicate", "duplicate", "train"] == states(found)
    assert [2, 2, None] == found.rows.get_column("stands").to_list()


def test_where_the_representative_left_another_stands():
    said = audited(finding("DUP003", [1, 2], keeper=0), finding("CON001", [0], "error"))

    found = decided(facts(3, characters=[90, 10, 20]), said, Policy())

    assert ["rule", "duplicate", "train"] == states(found)


def test_a_row_that_would_leave_later_does_not_stand_for_others():
    said = audited(finding("DUP001", [1], keeper=0), finding("TOK002", [0]))

    assert ["duplicate", "train"] == states(decided(facts(2, characters=[90, 10]), said, Policy()))


@pytest.mark.parametrize(
    ("policy", "stays"),
    [
        (Policy(representative="longest"), 2),
        (Policy(representative="first"), 0),
        (Policy(representative="source", source_order=("gold", "web")), 1),
        (Policy(representative="licence", licence_order=("CC-BY-*", "MIT")), 3),
        (Policy(representative="licence"), 2),
        (Policy(representative="quality"), 1),
    ],
)
def test_who_stands(policy: Policy, stays: int):
    rows = facts(
        4,
        characters=[10, 20, 40, 30],
        source=["web", "gold", None, "web"],
        licence=["MIT", None, "MIT", "cc-by-4.0"],
    )
    spoken = [finding("QLT002", [0, 2, 3]), finding("TOX001", [3])]
    said = audited(finding("DUP003", [1, 2, 3], keeper=0), *spoken)

    assert [stays] == [i for i, state in enumerate(states(decided(rows, said, policy))) if state == "train"]


def test_duplicates_that_are_kept_are_all_members():
    policy = Policy(duplicates=(), keep=("DUP",))

    assert ["train"] * 2 == states(decided(facts(2), audited(finding("DUP001", [1], keeper=0)), policy))


def test_supervision_and_length_are_steps_of_their_own():
    said = audited(finding("TOK002", [0]), finding("TOK001", [1]))

    found = decided(facts(4, tokens=[1, 2, 30, 4]), said, Policy(max_tokens=20))

    assert ["unsupervised", "over-length", "over-length", "train"] == states(found)
    assert (None, "max_tokens = 20") == found.rows.select("rule", "decision").row(2)


def test_a_finding_about_a_group_drops_every_row_of_the_group():
    fields = {"fields": {"licence": "CC-BY-NC-4.0"}}
    said = audited(finding("LIC002", [0], "error", details=fields, count=3))
    rows = facts(4, licence=["CC-BY-NC-4.0", "MIT", "CC-BY-NC-4.0", "CC-BY-NC-4.0"])

    assert ["rule", "train", "rule", "rule"] == states(decided(rows, said, Policy()))


def test_a_finding_that_lists_some_of_its_rows_only_cannot_drop_them():
    with pytest.raises(UsageError, match="lists only some of the 9 rows"):
        decided(facts(3), audited(finding("SPL003", [0], "error", count=9)), Policy())


def test_weights_by_label():
    rows = facts(3, label=["a", "b", None])

    found = decided(rows, audited(), Policy(weights={"a": 2.0, "*": 0.5}))

    assert [2.0, 0.5, 0.5] == found.rows.get_column("weight").to_list()


def test_rows_that_the_data_hold_out_are_held_out_with_their_group():
    rows = facts(4, held=[True, False, False, False], group=["g", "g", "h", None])

    assert ["holdout", "holdout", "train", "train"] == states(decided(rows, audited(), Policy()))


def test_the_latest_rows_are_held_out_and_no_day_is_torn():
    rows = facts(6, day=[1, 5, 2, 5, 3, None])

    found = decided(rows, audited(), Policy(holdout=0.2, latest=True, time_column="day"))

    assert ["train", "holdout", "train", "holdout", "train", "train"] == states(found)
    assert any("1 rows say no time" in note for note in found.notes)


def test_a_group_with_a_late_row_is_held_out_whole():
    rows = facts(4, day=[1, 9, 2, 3], group=["g", "g", None, None])

    found = decided(rows, audited(), Policy(holdout=0.25, latest=True, time_column="day"))

    assert ["holdout", "holdout", "train", "train"] == states(found)


def test_a_holdout_without_rows_is_noted():
    found = decided(facts(2, group=["g", "g"]), audited(), Policy(holdout=0.0001))

    assert ["train", "train"] == states(found)
    assert any("no row was held out" in note for note in found.notes)


def test_budget_takes_labels_in_their_shares_and_spares_the_holdout():
    rows = facts(100, label=["a"] * 60 + ["b"] * 40, held=[i % 10 == 0 for i in range(100)])

    found = decided(rows, audited(), Policy(tokens=450))

    members = found.rows.filter(pl.col("part") == "train")
    assert 10 == found.rows.filter(pl.col("part") == "holdout").height
    assert {"a": 27, "b": 18} == dict(members.group_by("label").len().iter_rows())
    assert {"budget"} == set(found.rows.get_column("step").drop_nulls())


def test_allocation_takes_rows_by_label():
    rows = facts(10, label=["a"] * 5 + ["b"] * 3 + [None] * 2)
    quota = Quota("label", "rows", {"a": 2, "b": 9, "c": 1}, relative=False)

    found = decided(rows, audited(), Policy(allocation=quota))

    counts = dict(found.rows.filter(pl.col("part") == "train").group_by("label").len().iter_rows())
    assert {"a": 2, "b": 3} == counts
    assert ("allocation: 'b' has 3 rows of 9", "allocation: no row is of 'c'") == found.notes
    assert "allocation by label" == found.rows.filter(pl.col("step") == "allocation")["decision"][0]


def test_mixture_takes_as_much_as_no_source_runs_short_of():
    rows = facts(100, source=["a"] * 80 + ["b"] * 15 + ["c"] * 5)
    quota = Quota("source", "tokens", {"a": 0.5, "b": 0.3, "*": 0.2}, relative=True)

    found = decided(rows, audited(), Policy(mixture=quota))

    counts = dict(found.rows.filter(pl.col("part") == "train").group_by("source").len().iter_rows())
    assert {"a": 12, "b": 7, "c": 5} == counts


def test_mixture_of_a_budget_notes_what_runs_short():
    rows = facts(20, source=["a"] * 15 + ["b"] * 5)
    quota = Quota("source", "tokens", {"a": 1, "b": 1}, relative=True)

    found = decided(rows, audited(), Policy(mixture=quota, tokens=160))

    counts = dict(found.rows.filter(pl.col("part") == "train").group_by("source").len().iter_rows())
    assert {"a": 8, "b": 5} == counts
    assert ("mixture: 'b' has 50 tokens of 80",) == found.notes


groups = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=40)


@given(groups, st.integers(0, 99), st.floats(0.05, 0.9))
def test_a_group_is_never_torn(names: list[str | None], seed: int, share: float):
    rows = facts(len(names), group=names)

    found = decided(rows, audited(), Policy(holdout=share, seed=seed)).rows

    parts = found.filter(pl.col("group").is_not_null()).group_by("group").agg(pl.col("part").n_unique())
    assert set(parts.get_column("part")) <= {1}


@given(
    st.lists(st.tuples(st.sampled_from(["CON001", "DUP001", "TOK002", ""]), st.integers(0, 9)), max_size=10)
)
def test_every_row_ends_in_exactly_one_state(spoken: list[tuple[str, int]]):
    said = audited(*(finding(r, [n], "error" if r == "CON001" else "warning", 0 if r == "DUP001" and n else None)
                     for r, n in spoken if r))  # fmt: skip

    found = decided(facts(10), said, Policy(holdout=0.3, tokens=40)).rows

    assert 10 == found.height
    assert all((step is None) != (part is None) for step, part in found.select("step", "part").iter_rows())


def test_growing_data_leaves_a_group_on_its_side():
    few = decided(facts(50), audited(), Policy(holdout=0.3)).rows
    many = decided(facts(200), audited(), Policy(holdout=0.3)).rows

    assert few.get_column("part").to_list() == many.head(50).get_column("part").to_list()
