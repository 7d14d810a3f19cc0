"""Rows longer than the model's context."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.detectors.tokens.length import counted, estimate, estimated, load_tokenizer, most_tokens
from governance.detectors.tokens.qwen3 import rendered
from governance.errors import UsageError
from governance.rules.tok001_over_length import RULE
from governance.text.profile import profile
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run

ENGLISH = "A bond is a loan to a state or a firm, and it pays interest until it is repaid. "
CHINESE = "债券是投资者借给国家或企业的一笔钱，在偿还之前支付利息。"


@pytest.fixture(scope="session")
def qwen3(shared_data: Path) -> Path:
    """The folder of Qwen3's tokenizer."""
    pytest.importorskip("tokenizers", reason="the library tokenizers is not installed")
    folder = shared_data.parent / "models" / "qwen3_tokenizer"
    if not (folder / "tokenizer.json").is_file():
        pytest.skip(f"Qwen3's tokenizer is not present at {folder}")
    return folder


FIRES = {
    "English": ENGLISH * 20,
    "Chinese": CHINESE * 20,
    "a conversation": asked(ENGLISH * 10, CHINESE * 10),
    "numbers": "1234567890 " * 40,
    "many turns": asked(ENGLISH, CHINESE) * 8,
}
NEAR_MISSES = {
    "short": ENGLISH,
    "short Chinese": CHINESE * 3,
    "more bytes than tokens": ENGLISH * 8,
    "Chinese of three bytes a character": CHINESE * 5,
    "a conversation": asked(ENGLISH * 3, CHINESE * 3),
    "a long word": "internationalisation " * 20,
}


@pytest.mark.parametrize("row", FIRES.values(), ids=FIRES)
def test_long_rows_are_estimated(row):
    assert ["estimated"] == kinds(RULE, row, max_tokens=200)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_rows_that_fit_are_not_reported(row):
    assert [] == kinds(RULE, row, max_tokens=200)


def test_what_the_sizes_clear_needs_no_look():
    row = "x" * 200

    assert [200] == most_tokens(batch(row)).tolist() or 200 < most_tokens(batch(row))[0] <= 212
    assert [] == kinds(RULE, row, max_tokens=212)


def test_the_finding_names_its_measure():
    finding = run(RULE, batch(ENGLISH * 20), max_tokens=200).findings.to_pylist()[0]

    assert 200.0 == finding["threshold"] < finding["score"]
    assert {"estimate_error": {"high": 0.16, "low": -0.24, "mean": 0.06}, "places": 1} == json.loads(
        finding["details"]
    )


@pytest.mark.parametrize("name", ["nowhere", "nowhere/tokenizer.json"])
def test_a_tokenizer_that_is_not_there_is_a_mistake_of_the_user(name: str):
    with pytest.raises(UsageError, match="there is no tokenizer"):
        kinds(RULE, ENGLISH * 20, max_tokens=200, tokenizer=name)


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path):
    pytest.importorskip("tokenizers", reason="the library tokenizers is not installed")
    (tmp_path / "tokenizer.json").write_text("{}")

    with pytest.raises(UsageError, match="is not a tokenizer"):
        load_tokenizer(str(tmp_path))


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, list(FIRES.values()), max_tokens=200)


def test_degenerate_rows():
    check_degenerate(RULE)


@pytest.mark.shared
def test_counts_equal_those_of_the_tokenizer(qwen3: Path):
    tokenizer = load_tokenizer(str(qwen3))
    turns = asked(ENGLISH, CHINESE)
    rows = batch(ENGLISH, turns)

    assert [len(tokenizer.encode(ENGLISH).ids), len(tokenizer.encode(rendered(turns)).ids)] == [
        counted(tokenizer, rows, row) for row in range(2)
    ]
    assert ["counted"] == kinds(RULE, ENGLISH * 20, max_tokens=200, tokenizer=str(qwen3))


@pytest.mark.shared
def test_the_limit_is_exact_with_a_tokenizer(qwen3: Path):
    exact = counted(load_tokenizer(str(qwen3)), batch(CHINESE * 20), 0)

    assert [] == kinds(RULE, CHINESE * 20, max_tokens=exact, tokenizer=str(qwen3))
    assert ["counted"] == kinds(RULE, CHINESE * 20, max_tokens=exact - 1, tokenizer=str(qwen3))


@pytest.mark.shared
@given(text=st.text(max_size=200))
def test_no_row_has_more_tokens_than_its_bound(qwen3: Path, text: str):
    tokenizer = load_once(qwen3)
    rows = batch(text, asked(text, text), [("tool", text), ("assistant", f"<think>{text}</think>{text}")])

    assert all(counted(tokenizer, rows, row) <= bound for row, bound in enumerate(most_tokens(rows).tolist()))


@pytest.mark.shared
def test_the_estimate_is_as_good_as_the_page_says(qwen3: Path, shared_data: Path):
    tokenizer = load_once(qwen3)
    lines = (shared_data / "gsm8k" / "test.jsonl").read_text("utf-8").splitlines()
    laws = "\n".join(path.read_text("utf-8") for path in sorted((shared_data / "laws").glob("*.md")))
    texts = ["\n".join(json.loads(line)["answer"] for line in lines[i : i + 20]) for i in range(0, 1000, 20)]
    texts += [laws[i : i + 3000] for i in range(0, 60_000, 3000)]
    rows = batch(*texts)

    true = np.array([counted(tokenizer, rows, row) for row in range(len(texts))])
    error = (estimated(rows) - true) / true
    assert 0.12 > np.abs(error).mean()
    assert -0.24 <= error.min() <= error.max() <= 0.2
    assert (estimate(profile(rows)) == estimated(rows)).all()


_LOADED: dict[Path, object] = {}


def load_once(folder: Path):
    """The tokenizer, read once: it takes half a second."""
    if folder not in _LOADED:
        _LOADED[folder] = load_tokenizer(str(folder))
    return _LOADED[folder]
