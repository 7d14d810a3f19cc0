"""What a taxonomy file may say, and what is said of one that makes no sense."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.errors import ConfigError
from governance.labels.taxonomy import FINANCE, finance, load_taxonomy, parsed, spelled
from tests.conftest import REPOSITORY

SMALL = """
name = "kitchen"
[scenes.baking]
en = "Baking"
zh = "烘焙"
strong = ["bread"]
[scenes.frying]
en = "Frying"
[tasks.recipe]
en = "Recipe"
words = ["how"]
[tasks.shopping]
en = "Shopping"
[pairs]
recipe = "all"
shopping = ["baking"]
"""


def small(**changes: Any) -> dict[str, Any]:
    """The small taxonomy as a table, some top-level keys replaced."""
    return tomllib.loads(SMALL) | changes


def test_pairs_are_sparse():
    found = parsed(small(), "here")

    assert ("baking/recipe", "baking/shopping", "frying/recipe") == found.labels


def test_finance_is_the_default():
    found = load_taxonomy()

    assert found is finance()
    assert {"Banking", "Securities", "Insurance", "Trusts", "Mutual Funds"} <= {s.en for s in found.scenes}
    assert {"基金", "保险", "黄金", "外汇", "私人财富管理", "存款", "养老金", "固定收益", "理财"} <= {
        s.zh for s in found.scenes
    }
    assert len(found.pairs) < len(found.scenes) * len(found.tasks)
    assert "banking/consultation" in found.labels
    assert "economics/fraud-detection" not in found.labels


def test_every_name_of_finance_is_bilingual():
    halves = [*finance().scenes, *finance().tasks]

    assert [] == [half.id for half in halves if not (half.zh and re.search("[一-鿿]", half.zh))]
    assert [] == [half.id for half in halves if not (half.strong or half.strong_patterns)]


def test_examples_of_finance_are_half_chinese():
    chinese = [bool(re.search("[一-鿿]", example.text)) for example in finance().examples]

    assert 2 * sum(chinese) == len(chinese)


def test_nothing_but_the_file_knows_finance():
    """No module of the room names a scene or a task."""
    names = {half.id for half in (*finance().scenes, *finance().tasks)} - {"general"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in FINANCE.parent.glob("*.py"))
    strings = set(re.findall(r"\"([a-z-]+)\"", code))

    assert set() == names & strings


def two_scenes(table: dict[str, Any]) -> None:
    table["scenes"]["frying"]["aliases"] = ["烘焙"]


def scene_and_task(table: dict[str, Any]) -> None:
    table["tasks"]["recipe"]["aliases"] = ["BAKING"]


def unknown_scene(table: dict[str, Any]) -> None:
    table["pairs"]["shopping"] = ["bakking"]


def unknown_task(table: dict[str, Any]) -> None:
    table["pairs"]["receipe"] = "all"


def twice(table: dict[str, Any]) -> None:
    table["pairs"]["shopping"] = ["baking", "baking"]


def lonely(table: dict[str, Any]) -> None:
    del table["pairs"]["shopping"]


def unknown_key(table: dict[str, Any]) -> None:
    table["scenes"]["baking"]["stong"] = ["bread"]


def bad_pattern(table: dict[str, Any]) -> None:
    table["tasks"]["recipe"]["patterns"] = ["(?=look)ahead"]


def blank_word(table: dict[str, Any]) -> None:
    table["scenes"]["baking"]["words"] = [" "]


def bad_id(table: dict[str, Any]) -> None:
    table["scenes"]["Deep Frying"] = {"en": "x"}


def bad_example(table: dict[str, Any]) -> None:
    table["examples"] = [{"label": "frying/shopping", "text": "x"}]


def high_confidence(table: dict[str, Any]) -> None:
    table["min_confidence"] = 60


def no_name(table: dict[str, Any]) -> None:
    del table["name"]


@pytest.mark.parametrize(
    ("spoil", "said", "hint"),
    [
        (two_scenes, "'烘焙' names scene 'baking' and scene 'frying'", "one of them"),
        (scene_and_task, "'baking' names scene 'baking' and task 'recipe'", "one of them"),
        (unknown_scene, "there is no scene 'bakking'", "did you mean 'baking'"),
        (unknown_task, "there is no task 'receipe'", "did you mean 'recipe'"),
        (twice, "the pair baking/shopping stands twice", "leave one out"),
        (lonely, "task 'shopping' is in no pair", "leave it out"),
        (unknown_key, "there is no key 'stong'", "did you mean 'strong'"),
        (bad_pattern, "is no pattern", "no look-around"),
        (blank_word, "' ' is no word", "two letters"),
        (bad_id, "'Deep Frying' does not fit", "docs/labels.md"),
        (bad_example, "there is no label 'frying/shopping'", "baking/shopping"),
        (high_confidence, "'min_confidence' does not fit", "docs/labels.md"),
        (no_name, "'name' is missing", "docs/labels.md"),
    ],
)
def test_a_mistake_is_named_with_its_place(spoil: Callable[[dict[str, Any]], None], said: str, hint: str):
    table = small()
    spoil(table)

    with pytest.raises(ConfigError) as caught:
        parsed(table, "labels.toml")

    assert said in caught.value.what
    assert caught.value.where.startswith("labels.toml: ")
    assert hint in caught.value.hint


def test_a_file_that_is_no_toml_or_not_there(tmp_path: Path):
    broken = tmp_path / "labels.toml"
    broken.write_text("name = ", encoding="utf-8")

    for path in (broken, tmp_path / "absent.toml"):
        with pytest.raises(ConfigError) as caught:
            load_taxonomy(str(path))
        assert str(path) == caught.value.where


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Mutual Funds", "mutual-funds"),
        ("Banking/Slot Filling", "banking - slot_filling"),
        ("外汇-信息查询", "外汇／信息查询"),
        ("ＥＴＦ", "etf"),
    ],
)
def test_spellings_of_one_name(name: str, same: str):
    assert spelled(name) == spelled(same)


def test_the_file_in_the_documentation_is_one():
    page = (REPOSITORY / "docs" / "labels.md").read_text(encoding="utf-8")
    block = page.split("```toml\n")[1].split("```")[0]

    assert ("baking/question", "baking/shopping") == parsed(tomllib.loads(block), "docs").labels


def test_the_numbers_in_the_documentation_are_those_of_the_file():
    page = " ".join((REPOSITORY / "docs" / "labels.md").read_text(encoding="utf-8").split())
    known = finance()
    scenes, tasks = len(known.scenes), len(known.tasks)

    assert (
        f"{scenes} scenes, {tasks} tasks, and the {len(known.pairs)} of their {scenes * tasks} pairs" in page
    )
