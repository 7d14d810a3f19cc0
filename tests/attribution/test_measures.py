from __future__ import annotations

from pathlib import Path

import pytest

from attribution.measures import Measured, read_measures
from governance.errors import ConfigError


def test_csv_with_empty_cells(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text("label,items,passed,rows\nbanking/qa,40,30,100\n,10,1,\n", encoding="utf-8-sig")

    assert (
        Measured(label="banking/qa", items=40, passed=30, rows=100),
        Measured(label="", items=10, passed=1),
    ) == (read_measures(path))


def test_json(tmp_path: Path):
    path = tmp_path / "m.json"
    path.write_text('[{"label": "a", "items": 4, "pass_at_1": 0.5, "best": 0.7}]')

    assert (Measured(label="a", items=4, pass_at_1=0.5, best=0.7),) == read_measures(path)


def test_pass_at_1_is_passed_over_items():  # equation 17
    assert 0.75 == Measured(label="a", items=40, passed=30).rate
    assert 0.5 == Measured(label="a", items=40, pass_at_1=0.5).rate
    assert Measured(label="a", items=0).rate is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("label,items,passed\na,4,5\n", "more items are passed"),
        ("label,items\na,4\n", "neither passed nor pass_at_1"),
        ("label,items,passed,pass_at_1\na,4,1,0.25\n", "both passed and pass_at_1"),
        ("label,items,passed\na,4,1\na,4,1\n", "measured twice"),
        ("label,items,passed,colour\na,4,1,red\n", "colour"),
        ("label,items,passed\na,4,1,red\n", "entry 1"),
        ("label,items,passed\na,many,1\n", "items"),
        ("items,passed\n4,1\n", "label"),
        ("label,items,pass_at_1\na,4,nan\n", "pass_at_1"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, text: str, says: str):
    path = tmp_path / "m.csv"
    path.write_text(text)

    with pytest.raises(ConfigError, match=says):
        read_measures(path)


@pytest.mark.parametrize("text", ["{}", "[", "[1]"])
def test_json_that_is_no_list_of_objects_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "m.json"
    path.write_text(text)

    with pytest.raises(ConfigError):
        read_measures(path)
