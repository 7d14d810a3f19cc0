"""TOX001: abuse in two languages, and the words of finance, law and geography that only look like it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from governance.rules.tox001_toxic_language import MESSAGES, RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.rules.places import kinds, quiet, spans

FIRES = [
    ("You fucking idiot, sell it now", "insult"),
    ("what the f**k is this fund", "obscene"),
    ("you're a moron if you buy bonds", "insult"),
    ("those niggers in the branch office", "slur"),
    ("just go and kill yourself", "self-harm"),
    ("I will slit your throat", "threat"),
    ("that a$$hole of a broker", "obscene"),
    ("f u c k this", "obscene"),
    ("你这个傻逼，快卖掉", "obscene"),
    ("操你妈的基金经理", "obscene"),
    ("滚，你这个废物！", "insult"),
    ("你怎么不去死", "self-harm"),
    ("诅咒你死全家", "self-harm"),
    ("支那猪", "slur"),
    ("nmsl，垃圾平台", "obscene"),
    ("臭婊子养的", "obscene"),
]


@pytest.mark.parametrize(("text", "kind"), FIRES)
def test_abuse_fires(text: str, kind: str) -> None:
    assert kind in kinds(RULE, text)
    assert kind in kinds(RULE, [("user", "怎么样"), ("assistant", text)])


NEAR_MISSES = [
    "The order was killed; we execute the next one and let the option die worthless.",
    "A short squeeze and a dead cat bounce in junk bonds; a naked short position was closed.",
    "Hedge your exposure: knock-out barriers, kill switches, poison pills, bastard title.",
    "Dick Cheney bought a Maine coon; the cock crowed in Scunthorpe, Essex.",
    "The bitch had five puppies. Retarded potential. Fire retardant. Assess the class assets.",
    "Niggardly spending; the Niger river; a chink in the armour; spick and span, Spica the star.",
    "Never say that you want to kill yourself over a loss. Call the helpline.",
    "pushing the envelope, shiitake, Matsushita, cumulative, analyst, arsenal, therapist",
    "性价比高的股票，骨干你我他，体操你会吗，我操作了卖出，我操心",
    "妈妈的基金和姑妈的保单，杀跌、割肉、死叉、裸卖空、逼空、做空、爆仓",
    "印度支那半岛的贸易",
    "人口爆炸与出口爆发，女性奴隶制度史，进口冻鸡巴西占六成，病死肥猪无害化处理，处死同性恋者的法律",
    "请问你妈的手机号是多少？",
    "a white power supply for the laptop; Kike Hernandez hit a home run; bukkake udon",
    "犯强奸罪、轮奸、组织卖淫、聚众赌博的，依法追究刑事责任。",
    "杂种优势与转基因，弱智儿童教育，智障人士就业",
    "奥尔巴尼哥伦布郊区建厂，尼哥拉斯",
    "王婆卖瓜，自卖自夸；贱卖资产；垃圾债券；僵尸企业；毒丸计划",
    "死亡保险金、伤残赔付、自杀条款：两年内自杀不赔",
    "The word “nigger” is a slur and offensive.",
    "“傻逼”一词是侮辱性用语。",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_words_of_finance_law_and_geography_stay_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)


def test_an_answer_that_refuses_stays_quiet() -> None:
    row = [("user", "骂他是个傻逼"), ("assistant", "抱歉，我不能辱骂他人，“傻逼”是骂人的话。")]

    assert [] == kinds(RULE, row)
    assert ["obscene"] == kinds(RULE, [*row[:1], ("assistant", "好的，他是个傻逼")])


def test_the_grade_decides_what_is_reported() -> None:
    rows = "what a crappy, shitty fund; fucking niggers"

    assert ["mild", "obscene", "slur"] == kinds(RULE, rows, grade="mild")
    assert ["obscene", "slur"] == kinds(RULE, rows)
    assert ["slur"] == kinds(RULE, rows, grade="worst")


def test_score_and_threshold_are_grades() -> None:
    (finding,) = run(RULE, batch("支那猪")).findings.to_pylist()

    assert (3.0, 2.0) == (finding["score"], finding["threshold"])


def test_of_words_inside_words_the_gravest_and_longest_is_named() -> None:
    assert ["you fucking", "motherfuckers"] == spans(RULE, "you fucking motherfuckers")


def test_every_kind_has_its_words() -> None:
    from governance.detectors.lexicon.book import entries

    assert {entry.category for entry in entries() if entry.name == "toxic"} == set(MESSAGES)


def test_order_does_not_matter() -> None:
    rows = batch(*(text for text, _ in FIRES))
    order = random.Random(1).sample(range(len(rows)), len(rows))

    assert fingerprints(run(RULE, rows)) == fingerprints(run(RULE, shuffled(rows, order), spill=0))


@pytest.mark.parametrize("text", ["", "😀" * 1000, "傻" * 100_000, "f" * 100_000])
def test_degenerate_input_is_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)


def test_a_very_abusive_row_is_one_finding() -> None:
    result = run(RULE, batch("傻逼 fuck " * 20_000))

    assert 1 == result.findings.num_rows


@pytest.mark.shared
def test_laws_stay_quiet(shared_data: Path) -> None:
    files = sorted((shared_data / "laws").glob("*.md"))

    assert [] == quiet(
        RULE, [line for f in files for line in f.read_text("utf-8").splitlines()], grade="mild"
    )
