"""Options of rules: their types, ranges and choices, lists of texts among them."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import UsageError
from governance.findings import Severity
from governance.rules.base import Option, RuleInfo
from governance.rules.registry import option_values

ALLOW = Option("allow", (), "names that are allowed")
LIMIT = Option("limit", 3, "a number", minimum=1, maximum=9)
SHARE = Option("share", 0.5, "a share", minimum=0, maximum=1)
KINDS = Option("kinds", ("a", "b"), "which kinds", choices=("a", "b", "c"))
STRICT = Option("strict", False, "yes or no")
WORD = Option("word", "x", "a word", choices=("x", "y"))
INFO = RuleInfo("ABC001", "some-rule", Severity.NOTE, "a rule", (ALLOW, LIMIT, SHARE, KINDS, STRICT, WORD))


def value(name: str, given: Any) -> Any:
    return option_values(INFO, {name: given})[name]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a.com,b.com", ("a.com", "b.com")),
        (" a.com , b.com, ", ("a.com", "b.com")),
        ("", ()),
        (["a.com", "中文"], ("a.com", "中文")),
        (("one, with a comma",), ("one, with a comma",)),
        ((), ()),
    ],
)
def test_a_list_of_texts_is_read_from_a_list_or_from_one_text_with_commas(given: Any, expected: Any):
    assert expected == value("allow", given)


@pytest.mark.parametrize("given", [3, True, 0.5, [1], [["a"]], {"a": 1}, None])
def test_what_is_no_list_of_texts_is_refused(given: Any):
    with pytest.raises(UsageError, match="not a value of type list of texts"):
        value("allow", given)


@pytest.mark.parametrize("name", ["limit", "share", "strict", "word"])
def test_a_list_is_no_single_value(name: str):
    with pytest.raises(UsageError, match="is not a value of type"):
        value(name, ("x",))


def test_each_text_of_a_list_is_one_of_the_choices():
    assert ("c",) == value("kinds", "c")
    with pytest.raises(UsageError, match="'d' is not one of the choices"):
        value("kinds", "c,d")


def test_numbers_words_and_switches_are_read_as_before():
    assert (4, 0.25, True, "y") == (
        value("limit", "4"),
        value("share", "0.25"),
        value("strict", "true"),
        value("word", "y"),
    )
    for name, given in (("limit", "0"), ("limit", "ten"), ("share", 1.5), ("strict", "maybe"), ("word", "z")):
        with pytest.raises(UsageError):
            value(name, given)
