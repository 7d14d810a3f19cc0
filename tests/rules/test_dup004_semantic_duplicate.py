"""Rows that ask and answer the same in other words are found; other numbers, names and answers tell rows apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from governance.audit import AuditRequest, audit
from governance.embedding.store import EMBEDDING
from governance.lake import open_lake
from governance.report import AuditReport, RuleState
from governance.rules.dup004_semantic_duplicate import RULE
from governance.text.signatures import prefixes
from tests.builders import batch
from tests.embedding.models import made, needs_model, needs_wordllama
from tests.rules.con_search import asked
from tests.rules.duplicates import fingerprints, groups, run, shuffled

pytestmark = needs_model

FIRES = [
    ("How do I open a savings account at the bank?", "How can I open up a savings account at the bank?"),
    ("A special school has a deaf student population 3 times the size of its blind student population. If there are "
     "180 students in total, how many blind students are there?",
     "At a special school the deaf student population is three times the size of the blind student population. If "
     "there are 180 students in total, how many blind students are there?"),
    ("What are the main risks of investing in corporate bonds?",
     "What are the main risks when you are investing in corporate bonds?"),
    ("银行存款准备金率上调会对市场流动性产生什么影响？", "上调银行存款准备金率对市场流动性会产生什么影响？"),
    ("请解释什么是股票的市盈率以及如何使用它。", "请解释股票的市盈率是什么以及如何使用它。"),
    ("如何计算企业债券的到期收益率？请说明步骤。", "请说明计算企业债券的到期收益率的步骤，如何计算？"),
]  # fmt: skip
NEAR_MISSES = [
    ("What is 3% of 500", "What is 4% of 700"),
    ("What is the capital of France?", "What is the capital of Germany?"),
    ("A loan of 5000 euros runs for 24 months. What is the monthly rate?",
     "A loan of 8000 euros runs for 36 months. What is the monthly rate?"),
    ("500元的3%是多少？", "700元的4%是多少？"),
    ("请解释什么是股票的市盈率。", "请解释什么是债券的久期。"),
    ("请找出下文中的实体：张三昨天在北京参加了会议。", "请找出下文中的实体：李四上周在上海购买了房产。"),
]  # fmt: skip


class Store:
    """Vectors in memory, for every model; what is staged is there at once."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []
        self.models: set[str] = set()

    def of(self, model: str) -> Store:
        self.models.add(model)
        return self

    def known(self) -> npt.NDArray[np.uint64]:
        parts = [prefixes(c) for t in self.tables for c in t.column("sample_id").chunks]
        return np.sort(np.concatenate([np.empty(0, np.uint64), *parts]))

    def vectors(self) -> Iterator[pa.Table]:
        yield from list(self.tables)

    def stage(self, vectors: Iterable[pa.Table]) -> None:
        self.tables += list(vectors)


@needs_wordllama
@pytest.mark.parametrize(("one", "other"), FIRES, ids=range(len(FIRES)))
def test_the_same_in_other_words_is_found(one: str, other: str) -> None:
    assert [(0, [1])] == groups(run(RULE, batch(asked(one), asked(other)), representative="first"))


@needs_wordllama
@pytest.mark.parametrize(("one", "other"), NEAR_MISSES, ids=range(len(NEAR_MISSES)))
def test_templates_do_not_merge(one: str, other: str) -> None:
    assert [] == groups(run(RULE, batch(one, other), options={"threshold": 0.5}))


@needs_wordllama
def test_other_answers_tell_rows_apart() -> None:
    one, other = FIRES[0]
    rows = batch(
        asked(one, "Visit a branch with your passport."), asked(other, "The rate is 4 percent, paid yearly.")
    )

    result = run(RULE, rows)

    assert [] == groups(result)
    assert 1 == result.stats["pairs_with_other_answers"]


@needs_wordllama
def test_exact_and_near_duplicates_are_left_to_their_rules() -> None:
    text = FIRES[1][0]

    result = run(RULE, batch(text, text, text.upper(), f"{text} Please explain."))

    assert [] == groups(result)
    assert 1 == result.stats["rows_compared"]


def model(folder: Path) -> str:
    """Words of which `a...` are near to `b...` and both far from `c...`."""
    near = {f"{p}{i}": [1.0, 0.05 * k, 0.0] for k, p in enumerate("ab") for i in range(4)}
    return str(made(folder / "tiny", near | {f"c{i}": [0.0, 0.0, 1.0] for i in range(4)}))


def test_every_row_has_a_kept_row_at_the_threshold(tmp_path: Path) -> None:
    chain = {"x": [1.0, 0.0], "y": [0.9, 0.43589], "z": [0.62, 0.78460]}  # x-y and y-z are near, x-z is not
    tiny = str(made(tmp_path / "chain", chain))

    result = run(RULE, batch("x shared words", "y shared words", "z shared words"), embedder=tiny,
                 options={"threshold": 0.85}, representative="first")  # fmt: skip

    assert [(0, [1])] == groups(result)


def test_the_report_names_the_model_and_the_index(tmp_path: Path) -> None:
    stats = run(RULE, batch("a0 a1", "c0 c1"), embedder=model(tmp_path)).stats

    assert ("tiny", 3, "exact", 2) == tuple(
        stats[k] for k in ("model", "dimension", "index", "rows_compared")
    )
    assert 64 == len(stats["model_sha256"])


def test_a_second_run_embeds_nothing_and_says_the_same(tmp_path: Path) -> None:
    rows, store, tiny = batch("a0 one two", "b0 one two", "c0"), Store(), model(tmp_path)

    first, second = (run(RULE, rows, embedder=tiny, embeddings=store) for _ in range(2))

    assert (3, 0) == (first.costs["samples_embedded"], second.costs["samples_embedded"])
    assert (0, 3) == (first.costs["rows_with_stored_vectors"], second.costs["rows_with_stored_vectors"])
    assert first.findings.to_pylist() == second.findings.to_pylist()
    assert first.stats == second.stats
    assert EMBEDDING.names == store.tables[0].column_names


def test_neither_order_nor_spilling_matters(tmp_path: Path) -> None:
    rows, tiny = batch("a0 one two", "b0 one two", "c0 three", "a1 three", "b1 three"), model(tmp_path)

    whole = run(RULE, rows, embedder=tiny)
    turned = run(RULE, shuffled(rows, [4, 2, 0, 3, 1]), embedder=tiny, spill=1)

    assert fingerprints(whole) == fingerprints(turned)
    assert whole.stats == turned.stats


@pytest.mark.parametrize("text", ["", " ", "😀" * 50, "?" * 5000, "word " * 5000, "字" * 5000])
def test_odd_texts_are_read(text: str, tmp_path: Path) -> None:
    assert [] == groups(run(RULE, batch(text, "a0"), embedder=model(tmp_path)))


def test_no_rows_find_nothing(tmp_path: Path) -> None:
    assert [] == groups(run(RULE, batch(), embedder=model(tmp_path)))


def audited(folder: Path, **request: object) -> AuditReport:
    data = folder / "rows.jsonl"
    data.write_text(
        '{"text": "a0 one two"}\n{"text": "b0 one two"}\n{"text": "c0 three"}\n', encoding="utf-8"
    )
    with open_lake(str(folder / "lake"), create=True) as lake:
        return audit(AuditRequest((str(data),), **request), lake)  # type: ignore[arg-type]


def test_vectors_are_kept_in_the_lake(tmp_path: Path) -> None:
    wanted = {"select": ("DUP004",), "embedder": model(tmp_path)}

    first, second, third = (audited(tmp_path, **wanted, cache=cache) for cache in (True, True, False))

    embedded = [report.run.costs["DUP004"]["samples_embedded"] for report in (first, second, third)]
    assert [3, 0, 3] == embedded
    assert first.rules == second.rules == third.rules
    assert 1 == first.findings.num_rows


def test_a_missing_extra_is_no_failure_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "governance.embedding.model.missing", lambda embedder: "not here; pip install 'govern[semantic]'"
    )

    preview, asked_for = audited(tmp_path, preview=True), audited(tmp_path, extend_select=("DUP004",))

    states = [{rule.id: rule for rule in report.rules}["DUP004"] for report in (preview, asked_for)]
    assert [RuleState.NOT_APPLICABLE, RuleState.NOT_RUN] == [rule.state for rule in states]
    assert all("pip install 'govern[semantic]'" in rule.reason for rule in states)
    assert ["pass", "incomplete"] == [preview.verdict.value, asked_for.verdict.value]


def test_a_model_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    (rule,) = (
        r for r in audited(tmp_path, select=("DUP004",), embedder="no/such-model").rules if r.id == "DUP004"
    )

    assert RuleState.NOT_RUN is rule.state
    assert "no/such-model" in rule.reason
