from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.allocation_file import Allocation, LabelAllocation, allocation_text, read_allocation
from governance.errors import ConfigError

FULL = LabelAllocation(
    label='银行/咨询 "x" \u202e\n',
    rows=1200,
    previous=1000,
    action="grow",
    reason="gap 0.10 of 0.80",
    items=40,
    pass_at_1=0.7,
    target=0.8,
    gap=0.1,
    efficiency=1e-9,
    priority=3.5e-11,
)
ALLOCATION = Allocation(
    name="finance", iteration=2, budget=200, settings={"lambda": 1e-5, "unit": "rows", "n": 3}, label=(FULL,)
)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_what_is_written_reads_back_equal(tmp_path: Path, suffix: str):
    path = tmp_path / f"allocation{suffix}"

    path.write_text(allocation_text(ALLOCATION, suffix), encoding="utf-8", newline="")

    assert ALLOCATION == read_allocation(path)


def test_a_file_by_hand_needs_labels_and_rows_only(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text('[[label]]\nlabel = "banking/consultation"\nrows = 10\n[[label]]\nlabel = ""\nrows = 0\n')

    found = read_allocation(path)

    assert {"banking/consultation": 10, "": 0} == found.rows
    assert [0, 0] == [one.added for one in found.label]
    assert "rows" == found.unit


def test_what_was_taken_back_is_negative():
    assert -50 == LabelAllocation(label="a", rows=50, previous=100).added


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("label = [", "not valid TOML"),
        ('[[label]]\nlabel = "a"\n', "label.0.rows"),
        ('[[label]]\nlabel = "a"\nrows = -1\n', "greater than or equal to 0"),
        ('[[label]]\nlabel = "a"\nrows = 1.5\n', "label.0.rows"),
        ('[[label]]\nlabel = "a"\nrows = 1\n[[label]]\nlabel = "a"\nrows = 2\n', "named twice"),
        ('unit = "pages"\n', "unit"),
        ("format = 2\n", "format"),
        ("colour = 2\n", "colour"),
        ('[[label]]\nlabel = "a"\nrows = 1\npass_at_1 = nan\n', "pass_at_1"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_place(tmp_path: Path, text: str, says: str):
    path = tmp_path / "a.toml"
    path.write_text(text)

    with pytest.raises(ConfigError, match=says):
        read_allocation(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="No such file"):
        read_allocation(tmp_path / "none.toml")


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.integers(0, 1 << 53), max_size=5))
def test_any_label_survives_the_file(tmp_path_factory: pytest.TempPathFactory, rows: dict[str, int]):
    labels = tuple(LabelAllocation(label=k, rows=v) for k, v in rows.items())
    path = tmp_path_factory.mktemp("any") / "a.toml"

    path.write_text(allocation_text(Allocation(label=labels)), encoding="utf-8", newline="")

    assert rows == read_allocation(path).rows
