"""Texts of rows cannot become markup, and cannot show personal data, whatever they hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.lake.browsing.evidence import Line
from ui.dashboard import safe_text
from ui.dashboard.components import diff
from ui.dashboard.components.diff import Folded, fold
from ui.dashboard.components.tables import Column, bars, link, table
from ui.dashboard.markup import Markup, join, tag
from ui.dashboard.reading.searching import allowed, searchable
from ui.dashboard.url_state import FindingsQuery

HOSTILE = (
    '<img src=x onerror="alert(1)">', "<script>alert(1)</script>", "<svg onload=alert(1)>", "<style>*{}</style>",
    "![x](https://evil.example/x.png)", "[x](javascript:alert(1))", '"><b>', "' onmouseover='x", "&lt;b&gt;",
    "\u202eabc\x00",
)  # fmt: skip


def line(excerpt: str | None, start: int | None = None, end: int | None = None, **more: object) -> Line:
    values = dict.fromkeys(Line.__dataclass_fields__) | {"fingerprint": "f", "row": 0, "role": "affected"}
    return Line(**{**values, "excerpt": excerpt, "excerpt_start": 0, "start": start, "end": end, **more})  # type: ignore[arg-type]


def names_of(markup: str) -> set[str]:
    return set(re.findall(r"<([a-z0-9]+)", markup))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_escaped_wherever_it_stands(text: str):
    drawn = join(
        tag("p", text, title=text),
        link(text, "/x", label=text),
        table([Column(text)], [[text]], text),
        bars({text: 1}, {text: "/x"}, text, {}),
        safe_text.spans(safe_text.excerpt(line(text, 0, 3))),
        safe_text.line_of(safe_text.excerpt(line(text, 0, 3))),
        diff.side_by_side((text, text), (text, "other" + text), whole=False),
    )  # fmt: skip

    assert names_of(drawn) <= {
        "p", "a", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "ul", "li",
        "span", "mark", "section", "h3", "blockquote",
    }  # fmt: skip
    assert not re.search(r"<[^>]* on[a-z]+=[^>]*>", re.sub(r'"[^"]*"', '""', drawn))


@given(st.text())
def test_a_text_reads_the_same_after_it_was_drawn(text: str):
    import html

    assert (
        text == html.unescape(re.sub(r"</?p>", "", tag("p", text)))
        or "\r" in text
        or "\x00" in text
        or _odd(text)
    )


def _odd(text: str) -> bool:
    """Numeric references to what HTML does not have are not undone; they come from texts such as '&#128;'."""
    return "&" in text or any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)


def test_markup_is_not_escaped_twice():
    assert "<p><b>1 &lt; 2</b></p>" == tag("p", tag("b", "1 < 2"))
    assert isinstance(tag("p"), Markup)


def test_what_has_no_value_is_left_out():
    assert "<p></p>" == tag("p", None, cls=None, hidden=False)
    assert '<a data-go="1" hidden>' == tag("a", data_go="1", hidden=True)[: len('<a data-go="1" hidden>')]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("write to zhang.wei@mail.example.com today", "zhang.wei"),
        ("手机号13812345678请联系", "13812345678"),
        ("token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912"),
    ],
)
def test_personal_data_and_secrets_are_masked(text: str, secret: str):
    assert secret not in safe_text.spans(safe_text.excerpt(line(text)))
    assert secret not in safe_text.line_of(safe_text.excerpt(line(text)))
    assert secret not in safe_text.words(text)


def test_a_masked_text_shows_no_secret_as_a_difference():
    texts = [safe_text.excerpt(line(f"mail {name}@mail.example.com now")) for name in ("ann.lee", "bob.ray")]
    drawn = diff.side_by_side(("a", texts[0].text), ("b", texts[1].text), whole=True)  # type: ignore[union-attr]

    assert "<mark" not in drawn


def test_a_span_is_marked_and_nothing_else():
    assert 'a <mark class="span">word</mark> here' == safe_text.spans(
        safe_text.excerpt(line("a word here", 2, 6))
    )


def test_a_row_without_text_says_so():
    assert "no text is kept" in safe_text.spans(None)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=300), st.sampled_from(["", "differs"])), max_size=8))
def test_folding_loses_and_moves_nothing(pieces: list[tuple[str, str]]):
    whole = "".join(text for text, _ in pieces)
    shown = fold(pieces)
    hidden = sum(p.characters for p in shown if isinstance(p, Folded))
    kept = [p for p in shown if not isinstance(p, Folded)]

    assert len(whole) == hidden + sum(len(text) for text, _ in kept)
    assert [t for t, k in pieces if k] == [t for t, k in kept if k]


def test_long_stretches_that_are_the_same_are_folded():
    drawn = diff.side_by_side(
        ("a", "x" * 0 + "same " * 100 + "one"), ("b", "same " * 100 + "two"), whole=False
    )

    assert "characters are the same" in drawn
    assert '<mark class="differs removed">one</mark>' in drawn
    assert '<mark class="differs added">two</mark>' in drawn


@pytest.mark.parametrize("words", ["", "price", "债券 收益率", "022846652b18", "2024", "R4"])
def test_ordinary_words_may_be_searched_for(words: str):
    assert allowed(words)


@pytest.mark.parametrize(
    "words", ["13812345678", "138 1234 5678", "zhang.wei@mail.example.com", "110101199003", "x 6222-0212"]
)
def test_personal_data_cannot_be_searched_for(words: str):
    query, refused = searchable(FindingsQuery(q=words, rule="CON"))

    assert FindingsQuery(rule="CON") == query
    assert "cannot be searched for" in refused
