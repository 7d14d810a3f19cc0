"""The library entry: texts in, verified near-duplicates out."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import UnknownColumn, UsageError
from governance.text import verify as verifying
from governance.text.duplicates import NearDuplicates, find_near_duplicates
from tests.text.makers import CHARACTERS, corpus, edited, jaccard, prose


def find(texts: list[str], **options: float) -> NearDuplicates:
    return find_near_duplicates([pa.array(texts, pa.large_string())], **options)


def pairs(found: NearDuplicates) -> dict[tuple[int, int], float]:
    return {(a, b): j for a, b, j in zip(*(c.to_pylist() for c in found.edges.columns), strict=True)}


@given(st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_edges_are_exactly_the_pairs_at_the_threshold(seed: int) -> None:
    texts = [prose(random.Random(seed + i), 60) for i in range(4)]
    rng = random.Random(seed)
    texts += [edited(rng, rng.choice(texts), rng.randint(1, 3)) for _ in range(16)]
    found = find(texts)

    expected = {
        (a, b): jaccard(texts[a], texts[b])
        for a in range(len(texts))
        for b in range(a)
        if 0.8 <= jaccard(texts[a], texts[b]) < 1 and found.stands[a] == a and found.stands[b] == b
    }

    assert {(min(p), max(p)): j for p, j in expected.items()} == pairs(found)


@given(st.integers(0, 100_000))
@settings(max_examples=20, deadline=None)
def test_the_representative_stays_and_is_near(seed: int) -> None:
    texts = corpus(seed)
    found = find(texts)

    for i, keeper in enumerate(found.representative.tolist()):
        assert keeper == found.representative[keeper]
        assert found.jaccard[i] >= 0.8
        if keeper != i and jaccard(texts[i], texts[i]):
            assert found.jaccard[i] == jaccard(texts[i], texts[keeper])


def test_arrays_files_and_cuts_give_the_same(tmp_path: Path) -> None:
    texts = corpus(4, 80)
    pq.write_table(pa.table({"body": texts}), tmp_path / "texts.parquet", row_group_size=7)
    pieces = [pa.array(texts[i : i + 9]) for i in range(0, 80, 9)]

    whole, cut = find(texts), find_near_duplicates(pieces)
    read = find_near_duplicates(tmp_path / "texts.parquet", column="body")

    for other in (cut, read):
        assert whole.edges == other.edges
        assert whole.representative.tolist() == other.representative.tolist()


def test_a_dictionary_column_and_nulls_are_read() -> None:
    text = prose(random.Random(1), 30)

    found = find_near_duplicates([pa.array([text, None, text.upper(), None]).dictionary_encode()])

    assert [0, 1, 0, 3] == found.representative.tolist()


def test_memory_is_bounded_by_comparing_block_against_block(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = corpus(5, 120)
    whole = find(texts)
    monkeypatch.setattr(verifying, "MEMORY", 2000)

    blocks = find(texts)

    assert whole.edges == blocks.edges
    assert whole.representative.tolist() == blocks.representative.tolist()


def test_a_threshold_of_one_finds_equal_sets_only() -> None:
    rng = random.Random(6)
    text = prose(rng)
    twice = " ".join([text] * 2)

    found = find([text, edited(rng, text, 1), twice, " ".join([text] * 3), text.upper()], threshold=1.0)

    assert 2 == len(set(found.representative[[2, 3]].tolist()) | set(found.representative[[0]].tolist()))
    assert [1] == [i for i in range(5) if found.representative[i] == i and i == 1]


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold"):
        find(["x"], threshold=threshold)


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "texts.parquet")

    with pytest.raises(UnknownColumn, match="txet"):
        find_near_duplicates(tmp_path / "texts.parquet", column="txet")


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", "", " ", "..."],
        ["😀" * 50, "👍" * 50, "😀👍" * 50],
        ["one", "two", "one two three four", "one two three four five"],
        ["x" * 100_000, "y" * 100_000],
        ["公司", "公司利润", "利润增长"],
        ["a " * 50_000, "b " * 50_000],
    ],
)
def test_degenerate_texts_never_merge_unless_equal(texts: list[str]) -> None:
    assert list(range(len(texts))) == find(texts).representative.tolist()


def test_texts_without_spaces_are_compared_by_character() -> None:
    rng = random.Random(7)
    text = "".join(rng.choice(CHARACTERS) for _ in range(200))

    found = find([text, text[:100] + "变" + text[101:], "".join(rng.sample(text, 200))])

    assert 1 == len(found.edges)
    assert 2 == len(set(found.representative.tolist()))


def test_ten_megabytes_are_one_document() -> None:
    text = prose(random.Random(8), 1_600_000)

    found = find([text, text + " more", "short"])

    assert [1, 1, 2] == found.representative.tolist()


def test_a_crowded_family_stays_bounded_and_is_counted() -> None:
    """1,500 instances of one template make 1.1 million pairs; true copies among them are found all the same."""
    rng = random.Random(9)
    frame = prose(rng, 200)
    texts = [f"{frame} {prose(rng, 12)} {frame[:200]}" for _ in range(1500)]
    texts += [text + " today" for text in texts[:40]]

    found = find(texts)

    assert found.stats["crowded_buckets"] > 0
    assert found.stats["pairs_compared"] < 700_000
    copies = [found.representative[i] in (i, i + 1500) for i in range(40)]
    near = [found.representative[i] == found.representative[i + 1500] for i in range(40)]
    assert all(copies)
    assert sum(near) >= 39
    assert len(set(found.template[found.template >= 0].tolist())) == 1


def test_number_variants_by_the_thousand_are_one_template() -> None:
    rng = random.Random(10)
    frame = prose(rng, 100)
    texts = [f"{frame} {rng.randint(1, 10**6)} {frame[::-1]} {rng.randint(1, 10**6)}" for _ in range(3000)]

    found = find(texts)

    assert 1 == len(set(found.template.tolist()))
    assert found.stats["pairs_compared"] == 0


TRUTH = [("en50k", 0.999), ("zh20k", 0.999)]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), TRUTH)
def test_recall_and_precision_on_planted_duplicates(shared_data: Path, name: str, least: float) -> None:
    from benchmarks.neardup.quality import quality

    corpus_file = shared_data / "neardup" / f"{name}.parquet"
    found = find_near_duplicates(corpus_file)
    measured = quality(written(found, name), corpus_file)

    assert measured.recall >= least
    assert round(measured.precision, 3) == 1.0
    assert (1.0, 0) == (measured.pairs, measured.drifted)


def written(found: NearDuplicates, name: str) -> Path:
    import tempfile

    target = Path(tempfile.mkdtemp()) / f"{name}.npz"
    family = np.where(found.template >= 0, found.template, found.representative)[found.representative]
    edges = {side: found.edges[side].to_numpy() for side in ("a", "b")}
    np.savez(target, groups=found.representative, family=family, stands=found.stands, **edges)
    return target


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("gap", ["", None])
def test_the_arrow_type_of_the_texts_does_not_matter(kind: pa.DataType, gap: str | None) -> None:
    texts = [*corpus(3, 12), gap, "利润增长", *corpus(3, 4)]

    whole = find_near_duplicates([pa.array(texts, kind)])
    cut = find_near_duplicates([pa.array(["before", *texts], kind)[1:7], pa.array(texts[6:], kind)])

    assert find(["" if text is None else text for text in texts]).edges == whole.edges
    assert whole.representative.tolist() == cut.representative.tolist()
    assert whole.edges == cut.edges


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_nothing_to_read_is_nothing_found(texts: list[str]) -> None:
    found = find_near_duplicates([pa.array(texts, pa.string())])

    assert list(range(len(texts))) == found.representative.tolist()
