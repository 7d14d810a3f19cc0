"""Which rows are taken when only some are: by seed, evenly over labels, the smaller within the larger."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from governance.curation.sampling import entering, seeded, taken


def rows(labels: list[str | None], tokens: list[int]) -> pl.DataFrame:
    ids = [f"{i:064x}" for i in range(len(labels))]
    columns = {"at": range(len(labels)), "sample_id": ids, "label": labels, "tokens": tokens}
    kinds = {"at": pl.Int64, "sample_id": pl.String, "label": pl.String, "tokens": pl.Int64}
    return pl.DataFrame(columns, schema=kinds)


def test_chance_follows_from_name_seed_and_purpose():
    names = pl.Series(["a", "b", "a"])

    first = seeded(names, 1, "holdout").to_list()

    assert first[0] == first[2] != first[1]
    assert first != seeded(names, 2, "holdout").to_list()
    assert first != seeded(names, 1, "sample").to_list()
    assert all(0 <= value < 1 for value in first)


def test_chance_is_even():
    chances = seeded(pl.Series([str(i) for i in range(20_000)]), 0, "x")

    assert abs(0.5 - chances.mean()) < 0.01
    assert abs(0.1 - (chances < 0.1).mean()) < 0.01


def test_labels_keep_their_shares():
    table = rows(["a"] * 600 + ["b"] * 300 + [None] * 100, [10] * 1000)

    found = taken(entering(table, "label", "tokens", 7), 1000, 10_000)

    counts = table.join(found.select("at"), on="at").get_column("label").value_counts()
    assert {"a": 60, "b": 30, None: 10} == dict(counts.iter_rows())


lists = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(1, 50)), min_size=1, max_size=60)


@given(lists, st.integers(0, 2000), st.integers(0, 5))
def test_what_is_taken_reaches_the_budget_to_one_row(
    found: list[tuple[str | None, int]], budget: int, seed: int
):
    table = rows([label for label, _ in found], [tokens for _, tokens in found])
    total = sum(tokens for _, tokens in found)

    order = entering(table, "label", "tokens", seed)
    got = taken(order, budget, total).get_column("amount").sum()

    assert got <= max(budget, 0) or got == total <= budget
    assert got > budget - 50 or got == total


@given(lists, st.integers(0, 500), st.integers(0, 500))
def test_a_smaller_budget_takes_part_of_what_a_larger_one_takes(
    found: list[tuple[str | None, int]], a: int, b: int
):
    table = rows([label for label, _ in found], [tokens for _, tokens in found])
    total = float(sum(tokens for _, tokens in found))
    order = entering(table, "label", "tokens", 0)

    small, large = (set(taken(order, budget, total)["at"]) for budget in sorted((a, b)))

    assert small <= large


@given(lists, st.randoms())
def test_the_order_of_rows_changes_nothing(found: list[tuple[str | None, int]], random: object):
    table = rows([label for label, _ in found], [tokens for _, tokens in found])
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=3)

    assert entering(table, "label", "tokens", 0).equals(entering(shuffled, "label", "tokens", 0))
