"""Expressions of waivers: what they mean, and that nothing else can be said in them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import GovernError, UsageError
from governance.waivers.where import DEEPEST, FIELDS, parse

TABLE = pl.DataFrame(
    {
        "kind": ["near", "near", "template", "exact"],
        "severity": ["warning", "note", "note", "error"],
        "score": [0.9, 0.8, None, 1.0],
        "rows": [1.0, 3.0, 9.0, 0.0],
        "source": ["wiki", "laws", None, "维基"],
        "licence": ["MIT", None, "cc-by", "MIT"],
        "label": [None, None, None, "x"],
        "row_id": ["1", "2", "3", "4"],
        "dataset": ["train", "train", "other", "other"],
    },
    schema_overrides={"label": pl.String},
)


def matched(text: str) -> list[int]:
    found = TABLE.with_row_index("n").filter(parse(text).matches)
    return found.get_column("n").to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('source = "wiki"', [0]),
        ("source = 'wiki'", [0]),
        ('source="维基"', [3]),
        ('source != "wiki"', [1, 3]),
        ('not source = "wiki"', [1, 3]),
        ("source is missing", [2]),
        ("not source is missing", [0, 1, 3]),
        ('source in ("wiki", "laws")', [0, 1]),
        ('not source in ("wiki")', [1, 3]),
        ("rows <= 1", [0, 3]),
        ("score >= 0.9", [0, 3]),
        ("score < 0.9", [1]),
        ("rows in (1, 9)", [0, 2]),
        ("rows > -1", [0, 1, 2, 3]),
        ('kind = "near" and severity = "note"', [1]),
        ('kind = "exact" or kind = "near" and severity = "note"', [1, 3]),
        ('(kind = "exact" or kind = "near") and severity = "note"', [1]),
        ('not (kind = "near" or kind = "exact")', [2]),
        ('not not kind = "exact"', [3]),
        ('dataset = "other" and licence = "MIT"', [3]),
        ('label = "x"', [3]),
        ('  row_id   =  "2"  ', [1]),
    ],
)
def test_what_an_expression_matches(text: str, expected: list[int]):
    assert expected == matched(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "a field was expected, at its end"),
        ("source", "a comparison was expected here, at its end"),
        ("source =", "source is compared with a text, at its end"),
        ("source = wiki", "source is compared with a text, at character 10"),
        ('rows = "1"', "rows is compared with a number, at character 8"),
        ('source < "b"', "source is a text, and texts are compared by = and != only, at character 8"),
        ('sorce = "x"', "'sorce' is no field, at character 1"),
        ('source = "x" kind = "y"', "nothing more was expected here, at character 14"),
        ('(source = "x"', "')' was expected here, at its end"),
        ('source in "x"', "'(' was expected here"),
        ('source in ("x" "y")', "')' was expected here"),
        ('source is "x"', "'missing' was expected here"),
        ('source = "x"; drop table findings', "the expression cannot be read at character 13"),
        ('source = "x" -- comment', "the expression cannot be read at character 14"),
        ('text = "x"', "'text' is no field"),
        ('source = "a\\" or kind = \\"b"', "the expression cannot be read at character 10"),
        ("1 = 1", "'1' is no field"),
        ("(" * (DEEPEST + 2), f"parentheses go deeper than {DEEPEST}"),
        ("not " * (DEEPEST + 2) + "rows = 1", f"parentheses go deeper than {DEEPEST}"),
        ('source = "' + "x" * 3000 + '"', "the expression is longer than"),
    ],
)
def test_what_is_no_expression_is_refused_at_its_place(text: str, what: str):
    with pytest.raises(UsageError) as refused:
        parse(text)

    assert refused.value.what.startswith(what)


def test_a_misspelt_field_is_told_the_nearest_and_all():
    with pytest.raises(UsageError) as refused:
        parse('licens = "MIT"')

    assert "did you mean 'licence'?" in refused.value.hint
    assert all(name in refused.value.hint for name in FIELDS)


def test_an_expression_knows_its_fields():
    found = parse('kind = "near" and (source = "a" or licence is missing)')

    assert {"kind", "source", "licence"} == found.fields
    assert {"source", "licence"} == found.row_fields


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str):
    try:
        found = parse(text)
    except GovernError:
        return
    TABLE.filter(found.matches)


@given(st.text(alphabet=st.characters(exclude_characters='"\\', exclude_categories=["Cs"]), max_size=40))
def test_a_quoted_text_is_only_ever_a_text(text: str):
    table = TABLE.with_columns(source=pl.lit(text))

    assert table.height == table.filter(parse(f'source = "{text}"').matches).height
