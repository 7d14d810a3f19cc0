"""PRV001 to PRV005: where rows say they come from."""

from __future__ import annotations

import hashlib

import pytest

from governance.detectors.provenance.revisions import unpinned
from governance.rules.prv001_missing_source import RULE as PRV001
from governance.rules.prv002_unpinned_revision import RULE as PRV002
from governance.rules.prv003_content_hash_mismatch import RULE as PRV003
from governance.rules.prv004_unlabelled_synthetic import RULE as PRV004
from governance.rules.prv005_opted_out_source import RULE as PRV005
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled


def sha(text: str, kind: str = "sha256") -> str:
    return hashlib.new(kind, text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([None], [1]),
        ([None, None], [2]),
        ([None, "desk", None], [2]),
        (["年报", None], [1]),
        (["hf://a/b", None, "desk"], [1]),
        (["desk"], []),
        (["年报"], []),
        (["https://x.org/1"], []),
        (["unknown"], []),
        (["a", "b"], []),
    ],
)
def test_rows_without_a_source_are_one_finding(sources: list, expected: list[int]) -> None:
    rows = batch(*(f"t{i}" for i in range(len(sources))), source=sources)

    assert expected == run(PRV001, rows).findings["rows"].to_pylist()


def test_no_source_is_one_finding_whatever_the_revision() -> None:
    assert [2] == run(PRV001, batch("a", "b", revision=["x", None])).findings["rows"].to_pylist()


@pytest.mark.parametrize(
    ("source", "revision"),
    [
        ("hf://datasets/acme/qa", None),
        ("hf://datasets/acme/qa", "main"),
        ("hf://datasets/acme/qa@main", None),
        ("https://github.com/acme/data/blob/master/a.jsonl", None),
        ("https://data.example.cn/金融/latest/a.parquet", None),
        ("s3://bucket/exports/", "latest"),
        ("https://github.com/acme/data/blob/main/2024-01-01.jsonl", None),
    ],
)
def test_addresses_that_move(source: str, revision: str | None) -> None:
    assert unpinned(source, revision)
    rows = batch("t", source=[source], revision=[revision])
    assert ["unpinned"] == run(PRV002, rows).findings["kind"].to_pylist()


@pytest.mark.parametrize(
    ("source", "revision"),
    [
        ("desk", None),
        ("annual reports", "main"),
        ("内部知识库", None),
        ("hf://datasets/acme/qa@3f2a9c1", None),
        ("hf://datasets/acme/qa", "v1.2"),
        ("https://dumps.example.org/wiki/20240501/pages.xml", None),
        ("https://github.com/acme/data/blob/0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c/a.jsonl", None),
        ("s3://commoncrawl/crawl-data/CC-MAIN-2024-10/", None),
        ("main", None),
    ],
)
def test_addresses_that_stay_and_plain_names(source: str, revision: str | None) -> None:
    assert not unpinned(source, revision)
    assert 0 == run(PRV002, batch("t", source=[source], revision=[revision])).findings.num_rows


CHAT = [("user", "利率是多少?"), ("assistant", "3%")]


@pytest.mark.parametrize(
    "stated",
    [
        sha("a text"),
        sha("a text").upper(),
        f"sha256:{sha('a text')}",
        sha("a text", "md5"),
        sha("a text", "sha1"),
    ],
)
def test_a_hash_of_the_text_matches(stated: str) -> None:
    assert 0 == run(PRV003, batch("a text", checksum=[stated])).findings.num_rows


def test_a_turn_or_all_turns_may_be_what_was_hashed() -> None:
    rows = batch(CHAT, CHAT, CHAT, checksum=[sha("利率是多少?"), sha("3%"), sha("利率是多少?\n3%")])

    assert {"rows_with_hash": 3, "rows_that_match": 3} == run(PRV003, rows).stats


def test_a_row_that_was_changed_is_found() -> None:
    rows = batch(
        "a text", "changed", "b", "四", checksum=[sha("a text"), sha("before"), sha("b", "md5"), sha("五")]
    )

    result = run(PRV003, rows)

    assert ["mismatch", "mismatch"] == result.findings["kind"].to_pylist()
    assert [1, 3] == sorted(result.evidence["row"].to_pylist())


def test_hashes_of_something_else_are_one_finding() -> None:
    result = run(PRV003, batch("a", "b", checksum=[sha("x"), sha("y")]))

    assert [("unverifiable", 2)] == [(f["kind"], f["rows"]) for f in result.findings.to_pylist()]


@pytest.mark.parametrize("stated", [None, "", "abc", "z" * 64, "12345", sha("x")[:50]])
def test_what_is_no_hash_is_not_compared(stated: str | None) -> None:
    assert 0 == run(PRV003, batch("a", checksum=[stated])).findings.num_rows


SELF = [
    "As an AI language model, I cannot predict prices.",
    "I'm ChatGPT, a model trained by OpenAI.",
    "My knowledge cutoff is September 2021.",
    "作为一个人工智能语言模型，我不能提供投资建议。",
    "作为AI语言模型，我无法访问实时行情。",
    "很抱歉，我的知识截止到2021年。",
]


@pytest.mark.parametrize("answer", SELF)
def test_an_answer_that_names_its_writer_is_found(answer: str) -> None:
    result = run(PRV004, batch([("user", "Which fund?"), ("assistant", answer)]))

    assert ["self-named"] == result.findings["kind"].to_pylist()
    assert [1] == result.evidence["turn"].to_pylist()


@pytest.mark.parametrize(
    "columns",
    [{"synthetic": ["true"]}, {"synthetic": ["是"]}, {"generator": ["qwen3-32b"]}, {"synthetic": ["1"]}],
)
def test_a_row_that_says_so_is_fine(columns: dict[str, list[str]]) -> None:
    assert 0 == run(PRV004, batch([("user", "q"), ("assistant", SELF[0])], **columns)).findings.num_rows


@pytest.mark.parametrize(
    "turns",
    [
        [("user", SELF[0]), ("assistant", "That sentence is a refusal.")],
        [("user", "q"), ("assistant", "An AI language model predicts the next word.")],
        [("user", "问"), ("assistant", "人工智能语言模型可以用于客服。")],
        [("user", "q"), ("assistant", "OpenAI is a company.")],
        [("system", SELF[3]), ("user", "q"), ("assistant", "a")],
        [("user", "q"), ("assistant", "")],
    ],
)
def test_speaking_about_models_is_fine(turns: list[tuple[str, str]]) -> None:
    assert 0 == run(PRV004, batch(turns)).findings.num_rows


def test_a_generator_that_is_denied_is_a_contradiction() -> None:
    rows = batch("a", "b", generator=["qwen3", None], synthetic=["false", "false"])

    assert [("contradicted", 1)] == [(f["kind"], f["rows"]) for f in run(PRV004, rows).findings.to_pylist()]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("news.example.com", 1),
        ("https://news.example.com/2024/1", 1),
        ("https://m.news.example.com:8080/x", 1),
        ("archive/2019", 1),
        ("archive", 1),
        ("https://example.com/news.example.com", 0),
        ("https://fakenews.example.com.cn/", 0),
        ("https://notnews.example.com/", 0),
        ("archives", 0),
        ("desk", 0),
        (None, 0),
    ],
)
def test_sources_on_the_list(source: str | None, expected: int) -> None:
    options = {"sources": "News.example.com, archive/"}
    assert expected == run(PRV005, batch("t", source=[source]), options=options).findings.num_rows


def test_without_a_list_nothing_is_opted_out() -> None:
    assert 0 == run(PRV005, batch("t", source=["desk"])).findings.num_rows


@pytest.mark.parametrize("rule", [PRV001, PRV002, PRV003, PRV004])
def test_the_order_of_rows_changes_no_fingerprint(rule) -> None:
    some = batch(
        "a", "b", SELF[0], "d",
        source=[None, "hf://x/y", None, "hf://x/y"],
        checksum=[sha("a"), sha("a"), None, sha("d")],
    )  # fmt: skip

    assert fingerprints(run(rule, some)) == fingerprints(run(rule, shuffled(some, [3, 1, 0, 2]), spill=0))
    assert fingerprints(run(rule, some))
