"""Text that was decoded wrongly."""

from __future__ import annotations

import pytest

from governance.rules.qlt004_garbled_text import RULE
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run, spans

CHINESE = "你好，今天的天气很好，我们去公园吧。"
FIRES = {
    "a curly apostrophe": ("The landlord\u2019s duty".encode().decode("cp1252"), "western"),
    "an accent": ("We met in a café.".encode().decode("latin-1"), "western"),
    "Chinese as Latin-1": (CHINESE.encode().decode("latin-1"), "western"),
    "GBK as Latin-1": (CHINESE.encode("gbk").decode("latin-1"), "western"),
    "Chinese as GBK": (CHINESE.encode().decode("gbk", "ignore"), "gbk"),
    "Chinese as GB 18030": (asked("问", CHINESE.encode().decode("gb18030", "ignore")), "gbk"),
    "lost characters in GBK": ("订单锟斤拷锟斤拷已发货", "gbk"),
    "unset memory": ("内容：烫烫烫烫烫烫烫烫", "gbk"),
    "lost characters": ("The price is \ufffd\ufffd 5.", "replacement"),
    "GBK as UTF-8": (CHINESE.encode("gbk").decode("utf-8", "replace") + " is a bond", "replacement"),
    "a zero byte": ("The price\x00 is 5.", "control"),
    "an escape": ("\x1b[31mred\x1b[0m", "control"),
    "half a dash": ("the landlord \x80\x94 tenant", "control"),
}
NEAR_MISSES = {
    "French": "L'été à Besançon, où le maître d'hôtel naïf dîne près du château — ça coûte 5 €.",
    "German": "Größere Übungen für Äpfel, Öl und Süßes: „Straßenbahn“ ß ä ö ü.",
    "Polish": "Zażółć gęślą jaźń, Łódź, Świętokrzyskie.",
    "Swedish": "Å, ä och ö: Åsa äter ål på ön. ÅÄÖ åäö.",
    "Spanish": "¿Qué? ¡Sí! El niño añadió 3º y 4ª.",
    "Portuguese": "Ação, coração, NÃO É, SÃO PAULO, à disposição.",
    "Vietnamese": "Trái phiếu là một khoản vay; lãi suất tăng thì giá giảm.",
    "curly quotes": "“It’s fine”, she said – ‘really’… ©2020 ® ™ 25 °C ± ½ × ÷",
    "Chinese": CHINESE,
    "traditional Chinese": "債券是投資者借給國家或企業的一筆錢，利率上升時債券價格會下跌。",
    "rare characters": "阿莫西林、甲硝唑、枸橼酸铋钾、克拉霉素、奥美拉唑、吡喹酮",
    "rare names": "王喆、李翀、张翯、陈旸、刘昉、赵堃和钱骞签署了协议",
    "hot": "锅很烫，小心烫手，真的烫烫烫！",
    "Japanese": "図書館で経済の本を読み、対応を検討する。",
    "emoji": "👍🏽 great 👨‍👩‍👧 ✨ ☑ ①②③ →",
    "a form feed": "page one\fpage two\r\n\ttabbed",
    "mathematics": "∑ αβγ ≤ ∞, x² + y² = z², µ ± σ, 10⁻³",
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_garbled_text_is_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_accents_names_and_rare_characters_are_not(row):
    assert [] == kinds(RULE, row)


def test_offsets_count_characters():
    assert ["\x00", "\x1b"] == spans(RULE, "价格😀\x00上涨\x1b了")
    assert ["\ufffd\ufffd"] == spans(RULE, "价格\ufffd\ufffd上涨")
    assert ["锟斤拷"] == spans(RULE, "价格😀锟斤拷上涨")
    garbled = CHINESE.encode().decode("gbk", "ignore")
    assert [garbled] == spans(RULE, "Answer: " + garbled + " (end)")


def test_any_turn_is_looked_at():
    result = run(RULE, batch([("system", "a\x00"), ("user", "b\x00"), ("assistant", "c\x00")]))

    assert [0, 1, 2] == sorted(result.evidence["turn"].to_pylist())
    assert 1 == result.findings.num_rows


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)
