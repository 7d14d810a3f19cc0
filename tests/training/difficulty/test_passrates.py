"""Reference pass rates from files, and what is wrong with files that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.errors import InputError
from training.difficulty.passrates import read_pass_rates

CSV_COUNTS = "label,model,n,c\na,m1,4,1\na,m1,4,3\na,m2,4,4\nb,m1,4,0\n"


def write(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("r.csv", "label,pass_rate\n基金-信息查询,0.25\nb,1\n"),
        ("r.json", '[{"label": "基金-信息查询", "pass_rate": 0.25}, {"label": "b", "pass_rate": 1}]'),
        ("r.json", '{"基金-信息查询": 0.25, "b": 1}'),
        ("r.json", '{"pass_rates": {"基金-信息查询": 0.25, "b": 1}}'),
        ("r.toml", '[pass_rates]\n"基金-信息查询" = 0.25\nb = 1\n'),
        (
            "r.toml",
            '[[rates]]\nlabel = "基金-信息查询"\npass_rate = 0.25\n[[rates]]\nlabel = "b"\npass_rate = 1\n',
        ),
        ("bom.csv", "\ufefflabel,pass_rate\n基金-信息查询,0.25\nb,1\n"),
    ],
)
def test_rates_come_in_every_format(tmp_path: Path, name: str, text: str):
    assert {"基金-信息查询": 0.25, "b": 1.0} == read_pass_rates(write(tmp_path, name, text), 4)


def test_counts_become_pass_at_k_by_instance_then_by_model(tmp_path: Path):
    found = read_pass_rates(write(tmp_path, "r.csv", CSV_COUNTS), 2)

    # m1: (0.5 + 1.0) / 2 = 0.75; m2: 1.0
    assert pytest.approx({"a": 0.875, "b": 0.0}, abs=1e-9) == found


def test_rates_of_several_models_are_averaged(tmp_path: Path):
    text = "label,model,pass_rate\na,m1,0.2\na,m2,0.4\n"

    assert pytest.approx({"a": 0.3}, abs=1e-9) == read_pass_rates(write(tmp_path, "r.csv", text), 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.csv", "", "no pass rate"),
        ("r.csv", "label,pass_rate\n", "no pass rate"),
        ("r.csv", "label,pass_rate\na,1.5\n", "line 2"),
        ("r.csv", "label,pass_rate\na,nan\n", "not a pass rate"),
        ("r.csv", "label,pass_rate\na,\n", "neither"),
        ("r.csv", "label,pass_rate\n,0.5\n", "no label"),
        ("r.csv", "label,pass_rate,n,c\na,0.5,4,2\n", "both"),
        ("r.csv", "label,n,c\na,4,5\n", "5 right answers of 4"),
        ("r.csv", "label,n,c\na,4,\n", "not a count 'c'"),
        ("r.csv", "label,n,c\na,-4,1\n", "not a count 'n'"),
        ("r.csv", "label,n,c\na,3,1\n", "pass@4 takes at least 4"),
        ("r.csv", "label,pass_rate\na,0.5\na,0.6\n", "2 lines"),
        ("r.csv", 'label,pass_rate\n"a,0.5\n', "not CSV"),
        ("r.json", "{", "not JSON"),
        ("r.json", "3", "no list"),
        ("r.json", "[3]", "no list"),
        ("r.json", '{"a": "x"}', "entry 1"),
        ("r.json", '{"a": true}', "not a pass rate"),
        ("r.json", "[" * 100_000, "not JSON"),
        ("r.toml", "a = ", "not TOML"),
        ("r.yaml", "a: 1", "ends in"),
    ],
)
def test_a_bad_file_is_named_with_its_place(tmp_path: Path, name: str, text: str, said: str):
    path = write(tmp_path, name, text)

    with pytest.raises(InputError) as refused:
        read_pass_rates(path, 4)

    assert said in str(refused.value)
    assert str(path) in refused.value.where


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_pass_rates(tmp_path / "none.csv", 4)

    (tmp_path / "b.csv").write_bytes(b"label\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_pass_rates(tmp_path / "b.csv", 4)
