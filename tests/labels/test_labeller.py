"""What a row's label rests on: the data, words, examples; and when there is none."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from governance.labels.evidence import STRONG, WEAK
from governance.labels.labeller import BASES, LABELS, NO_LABELS, Labeller, labeller_of, shares, surest
from governance.labels.taxonomy import Taxonomy, parsed
from governance.samples import SampleBatch
from tests.builders import batch

KITCHEN = """
name = "kitchen"
neutral = ["bread and butter politics"]
[scenes.baking]
en = "Baking"
zh = "烘焙"
aliases = ["oven work"]
strong = ["bread", "面包"]
words = ["flour", "面粉"]
[scenes.frying]
en = "Frying"
zh = "煎炸"
strong = ["pan"]
words = ["oil"]
[tasks.question]
en = "Question"
zh = "提问"
general = true
strong = ["how", "怎么"]
[tasks.shopping]
en = "Shopping"
zh = "购物"
strong = ["buy", "买"]
strong_patterns = ['(?i)where can i get']
patterns = ['\\$\\d']
[pairs]
question = "all"
shopping = ["baking"]
[[examples]]
label = "frying/question"
text = "Which fat stands the most heat?"
[[examples]]
label = "baking/shopping"
text = "Please order two kilos of rye."
"""


@pytest.fixture(scope="module")
def kitchen() -> Taxonomy:
    return parsed(tomllib.loads(KITCHEN), "kitchen.toml")


@pytest.fixture
def labeller(kitchen: Taxonomy) -> Labeller:
    return Labeller(kitchen, 0.6)


def said(*texts: str, **columns: list[str | None]) -> SampleBatch:
    """Rows in which a user says the texts."""
    return batch(*([("user", text)] for text in texts), **columns)


def one(labeller: Labeller, text: str, label: str | None = None) -> tuple[str | None, float, str]:
    """(label, confidence, basis) of one row."""
    row = labeller.label(said(text, label=[label])).to_pylist()[0]
    return row["label"], round(row["confidence"], 2), row["basis"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do I bake bread?", ("baking/question", 0.67, "rules")),
        ("面包怎么做", ("baking/question", 0.67, "rules")),
        ("Where can I get bread", ("baking/shopping", 0.75, "rules")),
        ("buy bread, flour", ("baking/shopping", 0.75, "rules")),
        ("how to buy bread", ("baking/shopping", 0.75, "rules")),  # the general task stands back
        ("bread and pan: how?", (None, 0.43, "none")),  # two scenes
        ("how much flour", (None, 0.5, "none")),  # one weak word is a guess
        ("flour and 面粉, how?", ("baking/question", 0.67, "rules")),
        ("buy oil for the pan", (None, 0.25, "none")),  # frying/shopping does not exist
        ("bread and butter politics: how?", (None, 0.0, "none")),
        ("hello", (None, 0.0, "none")),
        ("", (None, 0.0, "none")),
        ("😀" * 100, (None, 0.0, "none")),
    ],
)
def test_words_decide_or_nobody(labeller: Labeller, text: str, expected: tuple[str | None, float, str]):
    label, confidence, basis = one(labeller, text)

    assert (expected[0], expected[2]) == (label, basis)
    assert expected[1] == pytest.approx(confidence, abs=0.01) or label is None


@pytest.mark.parametrize(
    ("given", "text", "expected"),
    [
        ("Baking/Shopping", "hello", ("baking/shopping", 1.0, "data")),
        ("shopping - baking", "hello", ("baking/shopping", 1.0, "data")),
        ("烘焙－购物", "hello", ("baking/shopping", 1.0, "data")),
        ("Oven Work", "how", ("baking/question", 0.67, "data+rules")),
        ("Oven Work", "hello", ("baking/*", 1.0, "data")),
        ("question", "pan", ("frying/question", 0.75, "data+rules")),
        ("question", "hello", ("*/question", 1.0, "data")),
        ("frying/shopping", "buy bread", ("frying/shopping", 1.0, "unmapped")),  # no such pair
        ("poetry", "buy bread", ("poetry", 1.0, "unmapped")),
        ("  poetry\n", "buy bread", ("poetry", 1.0, "unmapped")),
        ("  ", "buy bread", ("baking/shopping", 0.75, "rules")),
        ("baking", "buy the pan", ("baking/shopping", 0.75, "data+rules")),  # the data win over words
    ],
)
def test_the_data_come_first(
    labeller: Labeller, given: str, text: str, expected: tuple[str | None, float, str]
):
    assert expected == one(labeller, text, given)


def test_a_label_longer_than_200_characters_is_cut(labeller: Labeller):
    assert 200 == len(str(one(labeller, "x", "a" * 5000)[0]))


def test_what_the_user_says_is_looked_at(labeller: Labeller):
    rows = batch(
        [("system", "how to buy bread"), ("user", "hello"), ("assistant", "how to buy bread")],
        [("system", "how to buy bread"), ("assistant", "how to fry in a pan")],
        "how to buy bread",
        [("user", "bread"), ("assistant", "pan pan"), ("user", "buy")],
        [],
    )

    assert [None, "frying/question", "baking/shopping", "baking/shopping", None] == labels(labeller, rows)


def labels(labeller: Labeller, rows: SampleBatch) -> list[str | None]:
    found: list[str | None] = labeller.label(rows).column("label").to_pylist()
    return found


def test_rows_are_labelled_one_by_one(labeller: Labeller):
    texts = ["buy bread", "how: pan", "hello", "面包怎么做"] * 3
    together = labels(labeller, said(*texts))

    assert [one(labeller, text)[0] for text in texts] == together
    assert together[::-1] == labels(labeller, said(*texts[::-1]))


def test_the_table_has_its_schema_also_without_rows(labeller: Labeller):
    empty = labeller.label(said())

    assert (LABELS, 0) == (empty.schema, empty.num_rows)
    assert set(labeller.label(said("x", "buy bread")).column("basis").to_pylist()) <= set(BASES)


def test_rows_keep_their_numbers(labeller: Labeller):
    assert [7, 8] == labeller.label(batch("bread", "pan", first_row=7)).column("row").to_pylist()


@pytest.mark.parametrize(("minimum", "given"), [(0.0, 3), (0.5, 2), (0.7, 1), (0.76, 0)])
def test_the_bar_is_an_option(kitchen: Taxonomy, minimum: float, given: int):
    rows = said("buy bread", "bread: how", "bread, pan, buy")

    assert given == 3 - labeller_labels(kitchen, minimum, rows).count(None)


def labeller_labels(kitchen: Taxonomy, minimum: float, rows: SampleBatch) -> list[str | None]:
    return labels(Labeller(kitchen, minimum), rows)


def test_shares_add_one_weight_of_doubt():
    found = shares(np.array([[STRONG, WEAK, 0], [0, 0, 0], [2, 2, 0]], np.float32))

    assert found[0].tolist() == pytest.approx([3 / 5, 1 / 5, 0])
    assert [0, 0, 0] == found[1].tolist()
    assert found[2].tolist() == pytest.approx([2 / 5, 2 / 5, 0])


def test_the_surest_pair_is_as_sure_as_its_less_sure_half():
    scenes, tasks = np.array([[0.9, 0.2]], np.float32), np.array([[0.3, 0.8]], np.float32)

    best, sure = surest(scenes, tasks, np.array([(0, 0), (1, 0), (1, 1)]))

    assert (0, pytest.approx(0.3)) == (best[0], sure[0])


class Letters:
    """An embedder without a model: hashed words, and for one text the vector of another."""

    def __init__(self, alike: dict[str, str]) -> None:
        self.alike = alike
        self.calls = 0

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.calls += 1
        return np.stack([self.vector(self.alike.get(text, text)) for text in texts])

    def vector(self, text: str) -> np.ndarray:
        vector = np.zeros(512, np.float32)
        for word in text.split():
            vector[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 512] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


def test_the_nearest_examples_vote_where_words_do_not_tell(kitchen: Taxonomy):
    fat = "Which fat stands the most heat?"
    near = Letters({"Welches Fett?": fat, "How would this do?": fat, "bread, pan, how?": fat})
    labeller = Labeller(kitchen, 0.6, near)

    assert ("frying/question", 0.67, "neighbours") == one(labeller, "Welches Fett?")
    assert ("frying/question", 0.67, "rules+neighbours") == one(labeller, "How would this do?")
    assert ("frying/question", 0.67, "data+neighbours") == one(labeller, "Welches Fett?", "frying")
    assert (None, "none") == one(labeller, "nothing alike in here")[::2]


def test_words_are_not_outvoted(kitchen: Taxonomy):
    near = Letters({"buy bread": "Which fat stands the most heat?"})
    labeller = Labeller(kitchen, 0.6, near)

    assert ("baking/shopping", 0.75, "rules") == one(labeller, "buy bread")
    assert 0 == near.calls


def test_the_examples_are_embedded_once(kitchen: Taxonomy):
    near = Letters({})
    labeller = Labeller(kitchen, 0.6, near)

    for _ in range(3):
        labeller.label(said("a", "b"))

    assert 4 == near.calls


def test_an_embedder_without_examples_is_of_no_use(kitchen: Taxonomy):
    labeller = Labeller(replace(kitchen, examples=()), 0.6, Letters({}))

    assert labeller.neighbours is None
    assert "baking/shopping" == one(labeller, "buy bread")[0]


def test_none_labels_nothing_and_finance_is_the_default():
    assert labeller_of(NO_LABELS) is None
    found = labeller_of()
    assert found is not None
    assert ("finance", 0.6) == (found.taxonomy.name, found.min_confidence)
    assert labeller_of(min_confidence=0.9) != found
