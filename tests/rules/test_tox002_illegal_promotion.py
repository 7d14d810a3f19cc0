"""TOX002: advertisements, and everything in finance that uses the same words."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from governance.rules.tox002_illegal_promotion import MESSAGES, RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.rules.places import kinds, quiet, spans

FIRES = [
    ("保本保息，日赚千元，名额有限，速加微信 vip88866", "returns"),
    ("稳赚不赔的项目，立即加入，拉你进群领红包", "returns"),
    ("内幕消息，明日必涨，扫码进群领牛股", "insider"),
    ("老师带单，免费荐股，详情咨询客服 QQ 487937111", "insider"),
    ("无抵押秒批秒放，黑户可贷，凭身份证，欢迎来电 13800001234", "loan"),
    ("花呗套现、信用卡套现，诚信商家微信：ab461504", "loan"),
    ("校园贷大学生贷款当天放款，点击链接申请", "loan"),
    ("真人荷官在线发牌，注册送彩金，马上注册", "gambling"),
    ("六合彩特码资料，一肖中特，加QQ群 123456789", "gambling"),
    ("跑分日结佣金，收购银行卡四件套，飞机联系 @pao888", "money-laundering"),
    ("代开发票，代开增值税专票，电话：13700001111", "invoice"),
    ("手机兼职刷单，一单一结，有意者私聊", "fake-trade"),
    ("征信修复，银行流水代做，不是骗局，加V信 ls20261", "false-records"),
    ("Guaranteed returns of 30% a month, join now, WhatsApp +1 202 555 0100", "returns"),
    ("Double your bitcoin today! Contact me on Telegram @fastbtc", "returns"),
    ("Insider tips that can't lose, sign up now for our group", "insider"),
    ("No credit check, guaranteed approval, apply now", "loan"),
    ("Online casino with no deposit bonus and free spins, play now", "gambling"),
    ("We buy bank accounts, rent out your bank account, text me today", "money-laundering"),
    ("Fake bank statements and fake pay stubs, order today", "false-records"),
]


@pytest.mark.parametrize(("text", "kind"), FIRES)
def test_an_advertisement_fires(text: str, kind: str) -> None:
    assert kind in kinds(RULE, text)
    assert kind in kinds(RULE, [("user", "写一段推广文案"), ("assistant", text)])


NEAR_MISSES = [
    "证券公司不得向客户承诺保本保收益，违反规定的，责令改正并处罚款。",
    "什么是套路贷？套路贷是假借民间借贷之名非法占有被害人财物的违法犯罪活动。",
    "客户问：“保本保息，加微信 vip88866 就能入金”，这样的宣传是否合规？",
    "请判断以下广告是否违反广告法：稳赚不赔，立即加入，扫码进群。",
    "警惕荐股骗局：不法分子以内幕消息、老师带单为名，诱导投资者扫码进群。",
    "有人让我加微信进群，说稳赚不赔，靠谱吗？",
    "内幕信息知情人不得买卖该公司的证券。请联系我们了解内幕信息管理制度。",
    "洗钱是指通过各种方式掩饰、隐瞒犯罪所得及其收益的来源和性质的活动。",
    "反洗钱义务主体应当立即向中国反洗钱监测分析中心报告，电话：010-88092000",
    "结构性存款的保底收益为1.5%，年化收益率与黄金价格挂钩。",
    "开户送彩金属于赌博宣传，用户应当举报。",
    "跑分平台为赌博网站转移资金，参与者涉嫌帮助信息网络犯罪活动罪。",
    "刷单返利是常见诈骗手法，凡是要求垫付的都是骗子。",
    "无风险套利机会在有效市场中很快消失，年化收益趋近于零。",
    "小明开通了手机银行，点击链接查看年化收益。理财有风险，不构成投资建议。",
    "七日年化收益率2.1%，点击链接了解详情，或联系我们。",
    "凭身份证到柜台即可办理，详情咨询客服，电话 95588000。",
    "商品可开发票，欢迎咨询。",
    "小规模纳税人可在办税服务厅代开发票，咨询电话：010-12366000",
    "国家助学贷款帮助大学生贷款上学，欢迎致电学校资助中心。",
    "债券的静态收益率与月收益的计算，点击链接下载表格。",
    "老虎机的数学期望为负。百家乐的庄家优势约为1.06%。",
    "In an efficient market there is no risk-free profit from arbitrage.",
    'It reads: "Guaranteed returns of 5% a month, join now." Is such a promise allowed?',
    "The SEC charged the adviser with fraud for promising guaranteed returns and telling clients to join now.",
    "Beware of ads that say double your money and contact me on Telegram.",
    "A guaranteed investment contract pays a guaranteed return. Contact us is printed on page 9.",
    "Banks must file a report when they suspect someone tries to launder money through fake invoices.",
    "Is it legal if an app offers no credit check loans and says apply now?",
    "An online casino reported revenue of 20 million; margins fell.",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_laws_textbooks_warnings_and_questions_stay_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)
    assert [] == kinds(RULE, [("user", text), ("assistant", "好的。")])


@pytest.mark.parametrize(
    "answer",
    [
        "抱歉，我不能撰写这样的广告。",
        "这是典型的诈骗话术，请勿转账。",
        "I'm sorry, I can't help.",
        "That is a scam.",
    ],
)
def test_an_offer_whose_answer_refuses_or_warns_stays_quiet(answer: str) -> None:
    offer = "保本保息，日赚千元，加微信 vip88866"

    assert [] == kinds(RULE, [("user", offer), ("assistant", answer)])
    assert ["returns"] == kinds(RULE, [("user", offer), ("assistant", "收到，已入群。")])


def test_an_offer_far_from_the_call_is_no_advertisement() -> None:
    article = "市场回顾与展望。" * 40

    assert ["insider"] == kinds(RULE, "免费荐股。扫码进群")
    assert [] == kinds(RULE, f"免费荐股。{article}扫码进群")


def test_a_warning_in_another_article_of_a_crawl_does_not_clear_an_advertisement() -> None:
    other = "公安机关提醒谨防诈骗。" + "今日沪指收涨。" * 40

    assert ["loan"] == kinds(RULE, f"{other}花呗套现诚信商家QQ：487937874")


def test_every_kind_has_its_words() -> None:
    from governance.detectors.lexicon.book import entries

    assert {entry.category for entry in entries() if entry.name == "promotion"} == set(MESSAGES)


def test_the_mark_reaches_from_the_offer_to_the_call() -> None:
    assert ["内幕消息，明日见。扫码进群"] == spans(
        RULE, [("user", "😀？"), ("assistant", "😀内幕消息，明日见。扫码进群！")]
    )


def test_order_does_not_matter() -> None:
    rows = batch(*(text for text, _ in FIRES))
    order = random.Random(1).sample(range(len(rows)), len(rows))

    assert fingerprints(run(RULE, rows)) == fingerprints(run(RULE, shuffled(rows, order), spill=0))


@pytest.mark.parametrize(
    "text", ["", "😀" * 1000, "稳赚" * 30_000, "加微信" * 30_000, "guaranteed returns " * 4000]
)
def test_degenerate_and_hostile_input_is_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)


@pytest.mark.shared
def test_laws_and_compliance_questions_stay_quiet(shared_data: Path) -> None:
    laws = [
        line
        for f in sorted((shared_data / "laws").glob("*.md"))
        for line in f.read_text("utf-8").splitlines()
    ]
    questions = [
        [("user", item["prompt"]), ("assistant", str(item["ground_truth"]))]
        for f in sorted((shared_data / "finova").rglob("*.json"))
        for item in json.loads(f.read_text("utf-8"))
    ]

    assert [] == quiet(RULE, laws + questions)
