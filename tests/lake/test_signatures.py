from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from governance.lake import Lake, open_lake
from governance.lake.audits import commit_audit, list_audits
from governance.lake.datasets import remove_version, stage_version
from governance.lake.signatures import LakeSignatureCache
from governance.lake.verify import verify_lake
from governance.text.signatures import EDGES, SIGNATURES
from tests.lake.builders import audit_report, dataset_record, entry_table, sha


def signatures(texts: Sequence[str]) -> pa.Table:
    rows = [
        {"sample_id": sha(t), "shingles": len(t), "minhash": sha(t) * 16, "sets": sha(t)[: 4 * (len(t) % 8)]}
        for t in texts
    ]
    return pa.Table.from_pylist(rows, schema=SIGNATURES)


def edges(*pairs: tuple[str, str]) -> pa.Table:
    rows = [dict(zip("ab", sorted([sha(a), sha(b)]), strict=True)) | {"jaccard": 0.9} for a, b in pairs]
    return pa.Table.from_pylist(rows, schema=EDGES).sort_by([("a", "ascending"), ("b", "ascending")])


def commit(lake: Lake, run: str, cache: LakeSignatureCache, texts: Sequence[str] = ("x",)) -> None:
    with stage_version(lake, "sft") as staged:
        staged.write_entries(entry_table(texts))
        commit_audit(lake, audit_report(run, dataset_record("sft", texts)), [staged], cache)


def sorted_signatures(cache: LakeSignatureCache) -> pa.Table:
    return (
        pa.concat_tables([SIGNATURES.empty_table(), *cache.signatures()])
        .sort_by("sample_id")
        .combine_chunks()
    )


def test_a_new_cache_is_empty(lake: Lake):
    cache = LakeSignatureCache(lake, "sft", "p")

    assert (0, np.uint64) == (len(cache.known()), cache.known().dtype)
    assert [] == list(cache.signatures())
    assert EDGES.empty_table() == cache.edges()


def test_what_an_audit_stages_the_next_one_has(lake: Lake):
    cache = LakeSignatureCache(lake, "sft", "p")
    cache.stage([signatures("ab"), signatures("c")], edges(("a", "b")))
    commit(lake, "run-1", cache)
    second = LakeSignatureCache(lake, "sft", "p")
    second.stage([signatures("d")], edges(("d", "a"), ("d", "c")))
    commit(lake, "run-2", second, ["x", "y"])

    found = LakeSignatureCache(lake, "sft", "p")

    assert signatures("abcd").sort_by("sample_id") == sorted_signatures(found)
    assert edges(("a", "b"), ("d", "a"), ("d", "c")) == found.edges()
    assert sorted(int.from_bytes(sha(t)[:8], "big") for t in "abcd") == found.known().tolist()


def test_staged_signatures_are_not_seen_before_the_commit_nor_without_one(lake: Lake):
    cache = LakeSignatureCache(lake, "sft", "p")
    cache.stage([signatures("a")], edges())

    assert 0 == len(LakeSignatureCache(lake, "sft", "p").known())
    cache.discard()
    assert () == verify_lake(lake).orphans


def test_an_uncommitted_cache_leaves_no_file_once_the_lake_is_closed(location: str):
    with open_lake(location) as lake:
        LakeSignatureCache(lake, "sft", "p").stage([signatures("a")], edges())
    with open_lake(location) as lake:
        assert () == verify_lake(lake).orphans


@pytest.mark.parametrize(("dataset", "params"), [("sft", "other"), ("other", "p")])
def test_another_dataset_or_other_parameters_have_nothing(lake: Lake, dataset: str, params: str):
    cache = LakeSignatureCache(lake, "sft", "p")
    cache.stage([signatures("a")], edges())
    commit(lake, "run-1", cache)

    assert 0 == len(LakeSignatureCache(lake, dataset, params).known())


def test_of_two_audits_at_once_only_one_extends_the_cache(lake: Lake):
    """Their new samples never met, so with both not every cached pair would have been compared."""
    first, second = LakeSignatureCache(lake, "sft", "p"), LakeSignatureCache(lake, "sft", "p")
    first.stage([signatures("a")], edges())
    second.stage([signatures("b")], edges())
    commit(lake, "run-1", first)
    commit(lake, "run-2", second)

    assert (True, False) == (first.kept, second.kept)
    assert signatures("a") == sorted_signatures(LakeSignatureCache(lake, "sft", "p"))
    assert 2 == len(list_audits(lake))
    assert ((), ()) == (verify_lake(lake).problems, verify_lake(lake).orphans)


@pytest.mark.parametrize("cached_as", ["sft", "sft+other", "other+sft"])
def test_removing_a_version_forgets_its_signatures(lake: Lake, cached_as: str):
    cache = LakeSignatureCache(lake, cached_as, "p")
    cache.stage([signatures("a")], edges(("a", "b")))
    commit(lake, "run-1", cache)
    other = LakeSignatureCache(lake, "sft2", "p")
    other.stage([signatures("z")], edges())
    commit(lake, "run-2", other)

    remove_version(lake, "sft", 1)

    assert 0 == len(LakeSignatureCache(lake, cached_as, "p").known())
    assert [(0,)] == lake.fetch("SELECT count(*) FROM lake.edges")
    assert 1 == len(LakeSignatureCache(lake, "sft2", "p").known())
    assert verify_lake(lake).ok
