"""Text that tries to act: through every format it stays text."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt

from governance.report import AuditReport, Gate, LabelCount, RuleState
from governance.reports import FORMATS
from governance.reports.as_csv import FORMULA
from governance.safe_text import UNSAFE, visible
from tests.reports.builders import FINANCE, RUN, SUITE, Ev, Fi, rendered, report_of

BATTERY = [
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J",
    "[red]markup[/red] [link=http://evil.example]x[/link] [/]",
    "<img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>",
    "\"><style>*{display:none}</style><a href='javascript:alert(4)'>x</a>",
    "</details></summary></code></pre></blockquote>]]>--><!-- ",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "＝1+1",
    "::error file=x::owned%0A::set-env name=A::b",
    "a\n::error::second line\r\n::stop-commands::x",
    "![i](http://evil.example/i.png) [l](http://evil.example) <http://evil.example>",
    "| cell | `code` \\| `` ` ``` ~~~ \\",
    "@everyone @octocat #1 GH-1 octo/repo#2 www.evil.example https://evil.example me@evil.example",
    "# heading\n- list\n> quote\n```\nfence\n````\n",
    "\u202eright-to-left\u2066 zero\u200bwidth\u2028line\ufeff\ufffe",
    "{{ 7*7 }} {% raw %} ${x} %(y)s {0} {message}",
    "nul\x00byte \x08\x7f",
    "中文<b>加粗</b>，“引号”＆『』",
]


def hostile_report() -> AuditReport:
    """Every field a data file, a column name or a suite can reach holds the battery."""
    found = []
    for text in BATTERY:
        words = text[2:10]
        evidence = [
            Ev(
                1,
                text,
                words,
                turn=0,
                score=0.9,
                peer=f"item:{text}",
                part="question",
                peer_text=text,
                peer_words=words,
            ),
            Ev(2, f"x {text}", peer="row:3"),
            Ev(3, text, role="representative"),
        ]
        found.append(Fi("DUP003", text, evidence, kind=text, details={text: text}))
    name = "\n".join(BATTERY)
    files = tuple(replace(FINANCE.files[0], path=text) for text in BATTERY)
    dataset = replace(
        FINANCE,
        name=name,
        uri=name,
        files=files,
        columns={t: t for t in BATTERY},
        notes=tuple(BATTERY),
        roles=dict.fromkeys(BATTERY, 1),
    )
    suite = replace(SUITE, name=name, uri=name, unsearchable=tuple(BATTERY))
    run = replace(RUN, command=name, user=name, host=name)
    report = report_of(
        found,
        datasets=(dataset,),
        suites=(suite,),
        run=run,
        gate=Gate("note"),
        config={t: t for t in BATTERY},
        labels=tuple(LabelCount(t, "unmapped", 1, 1, {"unmapped": 1}, 1, {"note": 1}) for t in BATTERY),
    )
    rules = [
        replace(
            r,
            name=name,
            summary=name,
            reason=name,
            options={t: t for t in BATTERY},
            stats={t: t for t in BATTERY},
        )
        for r in report.rules
    ]
    rules[0] = replace(rules[0], state=RuleState.NOT_RUN)
    # One line of evidence a file, so that every name of a file is shown.
    evidence = report.evidence
    at = evidence.column_names.index("file")
    numbers = pa.array([i % len(files) for i in range(evidence.num_rows)], pa.int32())
    evidence = evidence.set_column(at, evidence.schema.field("file"), numbers)
    return replace(report, rules=tuple(rules), evidence=evidence)


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return {fmt: rendered(hostile_report(), fmt, show_sensitive=True, limit=100) for fmt in FORMATS}


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_character_acts_on_a_terminal(shown: dict[str, str], fmt: str):
    allowed = {"\n"} | ({"\u2060"} if fmt == "markdown" else set())  # the word joiner that ends a mention

    assert set() == set(UNSAFE.findall(shown[fmt])) - allowed


def test_coloured_text_has_no_escape_but_colours_of_its_own():
    text = rendered(hostile_report(), "text", color=True, show_sensitive=True)
    rest = re.sub(r"\x1b\[[0-9;]*m", "", text)

    assert set() == set(UNSAFE.findall(rest)) - {"\n"}
    assert "[red]markup[/red]" in rest


def test_text_shows_markup_as_it_is(shown: dict[str, str]):
    flat = re.sub(r"\s+", "", shown["text"])

    assert "[red]markup[/red]" in flat
    assert "<script>alert(2)</script>" in flat.replace("»", "").replace("«", "")


def test_concise_has_one_line_a_finding_and_one_a_rule_that_did_not_run(shown: dict[str, str]):
    assert len(BATTERY) + 1 == len(shown["concise"].splitlines())


class Tags(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_holds_only_our_own_tags_and_no_address(shown: dict[str, str]):
    page = Tags()
    page.feed(shown["html"])
    names = {name for name, _ in page.attributes}

    assert set() == page.tags & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "input",
        "b",
    } - {"b"}
    assert set() == {n for n in names if n.startswith("on")} | names & {
        "src",
        "srcset",
        "style",
        "action",
        "background",
    }
    assert [] == [
        v
        for n, v in page.attributes
        if n == "href" and v != "data:," and not re.fullmatch(r"#[A-Za-z0-9]+", v or "")
    ]
    assert "<script>alert(2)</script>" in "".join(page.text)
    assert "{{ 7*7 }}" in "".join(page.text)


def test_html_forbids_everything_but_its_own_styles(shown: dict[str, str]):
    assert "default-src 'none'; style-src 'unsafe-inline'" in shown["html"]
    assert [] == re.findall(r"url\(|@import|https?://(?!evil)", shown["html"])


def test_csv_cells_never_begin_like_a_formula(shown: dict[str, str]):
    rows = list(csv.reader(io.StringIO(shown["csv"])))

    assert [] == [
        cell for row in rows for cell in row if cell.lstrip().startswith(FORMULA) and not number(cell)
    ]
    assert '\'=HYPERLINK("http://evil.example","x")' in {cell for row in rows for cell in row}
    assert 1 == len({len(row) for row in rows})


def number(cell: str) -> bool:
    return re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", cell) is not None and cell not in BATTERY


def test_github_commands_are_only_our_own(shown: dict[str, str]):
    command = re.compile(r"::(error|warning|notice)( [a-z]+=[^,:\n]*(,[a-z]+=[^,:\n]*)*)?::[^\r\n]*")

    assert [] == [line for line in shown["github"].split("\n")[:-1] if not command.fullmatch(line)]
    assert [] == re.findall(r"%(?!25|0D|0A|3A|2C)", shown["github"])


def tokens(text: str) -> Iterator[Any]:
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text):
        yield token
        yield from token.children or []


def test_markdown_makes_no_link_image_or_foreign_html(shown: dict[str, str]):
    found = list(tokens(shown["markdown"]))
    html = {t.content.strip() for t in found if t.type in {"html_block", "html_inline"}}

    assert set() == {t.type for t in found} & {"link_open", "image"}
    assert [] == [h for h in html if re.search(r"<(?!/?(?:details|summary)>)", h)]


def test_markdown_mentions_and_references_do_not_form(shown: dict[str, str]):
    seen = {"text", "html_block", "html_inline"}
    prose = [unescape(t.content) for t in tokens(shown["markdown"]) if t.type in seen]

    assert [] == [text for text in prose if re.search(r"@\w|#\d|GH-\d|https?://|www\.\w", text)]


def test_markdown_tables_keep_their_columns(shown: dict[str, str]):
    kinds = " ".join(t.type for t in tokens(shown["markdown"]))
    tables = [part.partition("table_close")[0] for part in kinds.split("table_open")[1:]]
    cells = [(t.count("td_open") + t.count("th_open")) / t.count("tr_open") for t in tables]

    assert [5, 7] == cells  # rules, labels


def test_junit_and_sarif_are_well_formed_and_keep_the_text(shown: dict[str, str]):
    ET.fromstring(shown["junit"])
    results = json.loads(shown["sarif"])["runs"][0]["results"]
    snippets = {
        loc["physicalLocation"]["region"]["snippet"]["text"] for r in results for loc in r["relatedLocations"]
    }

    assert {visible(text) for text in BATTERY} == snippets


def test_sarif_messages_make_no_link_and_no_placeholder(shown: dict[str, str]):
    messages = [r["message"]["text"] for r in json.loads(shown["sarif"])["runs"][0]["results"]]

    assert [] == [m for m in messages if re.search(r"(?<!\\)\[|(?<!\{)\{(?!\{)", m.replace("\\\\", ""))]


def test_json_gives_the_text_back_as_it_was(shown: dict[str, str]):
    findings = json.loads(shown["json"])["findings"]
    texts = {e["excerpt"] for f in findings for e in f["evidence"] if e["role"] == "representative"}

    assert set(BATTERY) == texts
