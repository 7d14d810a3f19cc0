"""Items of six words and more are found in longer text, wherever they stand."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from governance.benchmarks import load_suite
from governance.rules.contamination import item_index
from tests.builders import batch
from tests.rules.con_search import item, results, setup, suite

ENGLISH = [
    "ledger",
    "margin",
    "river",
    "copper",
    "harvest",
    "engine",
    "lantern",
    "budget",
    "orchard",
    "signal",
    "vessel",
    "prairie",
    "auction",
]
CHINESE = "甲乙丙丁股债券税率公司市场利息资本账户合同保险基金期货汇率审计成本"


def english(rng: random.Random, words: int) -> str:
    numbers = [
        str(rng.randrange(2, 9000)) if rng.random() < 0.2 else rng.choice(ENGLISH) for _ in range(words - 2)
    ]
    return " ".join(["How", *numbers, "cost"]) + "?"


def chinese(rng: random.Random, words: int) -> str:
    return "".join(rng.choice(CHINESE) for _ in range(words - 2)) + "多少？"


def filler(rng: random.Random, make: object, size: int) -> str:
    assert callable(make)
    return " ".join(make(rng, rng.randrange(8, 40)) for _ in range(size))


def embedded(rng: random.Random, question: str, text: str) -> str:
    """The question at a random place between two words of a text."""
    places = [0, len(text), *(m.end() for m in re.finditer(r"[\s？?。]", text))]
    at = rng.choice(places)
    return f"{text[:at]} {question} {text[at:]}"


def recall(items: pa.Table, questions: list[tuple[int, str]]) -> float:
    """The share of (item, text) whose item CON001 finds in its own row."""
    batches = [
        batch(*(text for _, text in questions[i : i + 1000]), first_row=i)
        for i in range(0, len(questions), 1000)
    ]
    evidence = results(items, batches)["CON001"].evidence
    pairs = set(zip(evidence.column("peer").to_pylist(), evidence.column("row").to_pylist(), strict=True))
    index = item_index(setup(items)).items
    hits = [(f"item:{index.names[i][0]}", row) in pairs for row, (i, _) in enumerate(questions)]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("make", [english, chinese])
@pytest.mark.parametrize("words", [6, 7, 9, 14, 40])
def test_generated_items_are_found(make: object, words: int) -> None:
    assert callable(make)
    rng = random.Random(words)
    items = suite(*(item(make(rng, words)) for _ in range(200)))
    index = item_index(setup(items)).items
    texts = index.table.column("question").to_pylist()
    other = chinese if make is english else english

    rows = [(i, embedded(rng, q, filler(rng, rng.choice([make, other]), 12))) for i, q in enumerate(texts)]

    assert recall(items, rows) >= 0.99


@pytest.mark.shared
@pytest.mark.parametrize("path", ["fineval", "gsm8k/test.jsonl", "math500"])
def test_questions_of_real_sets_are_found(shared_data: Path, path: str) -> None:
    items = load_suite(str(shared_data / path)).items
    index = item_index(setup(items)).items
    rng = random.Random(1)
    texts = index.table.column("question").to_pylist()
    long = [(i, q) for i, q in enumerate(texts) if index.lengths[i] >= 6]

    rows = [(i, embedded(rng, q, filler(rng, rng.choice([english, chinese]), 12))) for i, q in long]

    assert len(rows) > 490
    assert recall(items, rows) >= 0.99


@pytest.mark.shared
def test_fineval_items_with_their_options_are_all_found(shared_data: Path) -> None:
    items = load_suite(str(shared_data / "fineval")).items
    index = item_index(setup(items)).items
    rows = [
        (i, "\n".join([r["question"], *(f"{c}. {o}" for c, o in zip("ABCD", r["options"], strict=False))]))
        for i, r in enumerate(index.table.to_pylist())
    ]

    assert recall(items, rows) >= 0.999


@pytest.mark.shared
def test_gsm8k_against_itself_is_found_whole(shared_data: Path) -> None:
    items = load_suite(str(shared_data / "gsm8k/test.jsonl")).items
    texts = zip(*(items.column(n).to_pylist() for n in ("question", "answer")), strict=True)
    rows = batch(*([("user", q), ("assistant", f"...\n#### {a}")] for q, a in texts))

    found = results(items, [rows])

    assert found["CON001"].findings.num_rows == items.num_rows
    assert found["CON002"].findings.num_rows == 0
    assert found["CON003"].findings.num_rows == items.num_rows


@pytest.mark.shared
def test_the_fineva_stem_trap_gives_none(shared_data: Path) -> None:
    """Rows made of FinEva items with answers, searched for items without: no pair shares its stem only."""
    rows, items = fineva_halves(shared_data)
    by_stem: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_stem.setdefault(normal(row["question"]), []).append(row)
    trap = {
        f"item:fineva/{i['item']}"
        for i in items.to_pylist()
        if (same := by_stem.get(normal(i["question"]))) and not any(equal(i, s) for s in same)
    }
    texts = [
        "\n".join(
            [
                r["context"] or "",
                r["question"],
                *(f"{c}. {o}" for c, o in zip("ABCDE", r["options"], strict=False)),
            ]
        )
        for r in rows
    ]

    found = results(items, [batch(*texts)])

    assert len(trap) > 300
    hits = {e["peer"] for result in found.values() for e in result.evidence.to_pylist()}
    assert hits & trap == set()
    assert hits


def fineva_halves(shared_data: Path) -> tuple[list[dict[str, Any]], pa.Table]:
    """(items with an answer as rows, items without one)."""
    items = load_suite(str(shared_data / "fineva")).items
    withheld = items.column("answer").is_null()
    return items.filter(pa.compute.invert(withheld)).to_pylist(), items.filter(withheld)


def normal(text: object) -> str:
    return re.sub(r"[\W_]+", "", str(text or "")).lower()


def equal(a: dict[str, object], b: dict[str, object]) -> bool:
    """Whether context and options are the same, whatever the order of the options."""
    return normal(a["context"]) == normal(b["context"]) and options(a) == options(b)


def options(row: dict[str, object]) -> list[str]:
    found = row["options"]
    assert isinstance(found, list)
    return sorted(normal(o) for o in found)
