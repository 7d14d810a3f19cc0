"""Turns in a language that nobody asked for."""

from __future__ import annotations

import pytest

from governance.detectors.quality.language import _words, language_of
from governance.errors import UsageError
from governance.rules.qlt003_unexpected_language import NAMES, RULE
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run

GERMAN = (
    "Eine Anleihe ist ein Kredit, den ein Staat oder ein Unternehmen bei vielen Anlegern aufnimmt. Der "
    "Kurs fällt, wenn die Zinsen steigen, weil neue Anleihen dann mehr abwerfen als die alten."
)
FRENCH = (
    "Une obligation est un prêt que les investisseurs accordent à un État ou à une entreprise. Son prix "
    "baisse quand les taux montent, parce que les nouvelles obligations rapportent alors plus que les "
    "anciennes."
)
SPANISH = (
    "Un bono es un préstamo que los inversores conceden a un Estado o a una empresa. Su precio baja "
    "cuando suben los tipos de interés, porque los bonos nuevos pagan más que los que ya están en el "
    "mercado."
)
JAPANESE = (
    "債券は国や企業が投資家から資金を借りるために発行するものです。金利が上がると、すでに発行された債券の"
    "価格は下がります。なぜなら新しい債券の方が有利になるからです。"
)
KOREAN = (
    "채권은 국가나 기업이 투자자에게서 돈을 빌리기 위해 발행하는 증서입니다. 금리가 오르면 이미 발행된 "
    "채권의 가격은 떨어집니다. 새로 나오는 채권이 더 유리해지기 때문입니다."
)
RUSSIAN = (
    "Облигация — это заём, который инвесторы дают государству или компании. Когда ставки растут, цена "
    "облигаций падает, потому что новые выпуски платят больше."
)
ARABIC = (
    "السند هو قرض يمنحه المستثمرون لدولة أو شركة. عندما ترتفع أسعار الفائدة ينخفض سعر السند لأن السندات "
    "الجديدة تدفع أكثر من القديمة."
)
ENGLISH = (
    "A bond is a loan that investors make to a state or a firm. Its price falls when rates rise, because "
    "new bonds then pay more than the old ones that are already in the market."
)
CHINESE = (
    "债券是投资者借给国家或企业的一笔钱。利率上升时，已发行债券的价格会下跌，因为新发行的债券支付更高的利"
    "息，旧债券的吸引力也就随之下降了。所以投资者应当关注利率的变化，并合理安排久期。"
)

FIRES = {
    "German": (GERMAN, "de"), "French": (FRENCH, "fr"), "Spanish": (SPANISH, "es"), "Japanese": (JAPANESE, "kana"),
    "Korean": (KOREAN, "hangul"), "Russian": (RUSSIAN, "cyrillic"), "Arabic": (ARABIC, "other_letters"),
    "a German answer": (asked("What is a bond?", GERMAN), "de"),
    "a Japanese question": (asked(JAPANESE, "A bond."), "kana"),
    "a Korean answer in Chinese": (asked("什么是债券？", KOREAN), "hangul"),
}  # fmt: skip
NEAR_MISSES = {
    "English": ENGLISH,
    "Chinese": CHINESE,
    "mixed": CHINESE[:40] + " The yield to maturity (YTM) of this bond is 3.5 percent. " + CHINESE[40:],
    "headlines": "Fed holds rates steady, markets rally\nDollar slips, gold gains\nTech stocks lead Nasdaq higher",
    "program text": "def price(cashflows, rate):\n    total = 0.0\n    for year, flow in enumerate(cashflows, 1):\n"
    "        total += flow / (1 + rate) ** year\n    return total\n",
    "a formula": r"\sum_{i=1}^{n} \frac{C_i}{(1+r)^i} + \frac{F}{(1+r)^n} \leq \alpha \beta \gamma \delta \epsilon",
    "Greek letters": "Set α = 0.05 and β = 0.2, so that the power 1 − β is 0.8; σ, μ, λ, θ, φ, ρ and τ are known.",
    "names": "François Hollande, Gerhard Schröder, José Zapatero, Mario Draghi, Jürgen Stark, Ángel Gurría",
    "a quotation": ENGLISH + " The Germans say: eine Anleihe ist ein Kredit.",
    "a short one": "Guten Tag, wie geht es Ihnen?",
    "a brand in kana": CHINESE + "他们喜欢ユニクロ和トヨタ。",
    "capitals": "DIE UND DER AKTIE NICHT EINE ZINSEN SIND DIE UND DER WERT VON DEM FONDS IST NICHT GLEICH DEM KURS DER",
    "tickers": "AAPL MSFT GOOG AMZN NVDA META TSLA BRKB JPM UNH XOM JNJ PG MA HD CVX MRK ABBV PEP KO AVGO COST",
    "pinyin names": "Zhang Wei, Wang Fang, Li Na, Liu Yang, Chen Jie, Yang Min, Zhao Lei, Huang Qiang, Zhou Jun",
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_another_language_is_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_expected_languages_and_no_languages_are_not(row):
    assert [] == kinds(RULE, row)


@pytest.mark.parametrize(
    ("languages", "row", "found"),
    [
        ("en,zh,de", GERMAN, []),
        ("en,zh,ja", JAPANESE, []),
        ("en, RU", RUSSIAN, []),
        ("en", CHINESE, ["han"]),
        ("zh", ENGLISH, ["en"]),
        ("de", ENGLISH, ["en"]),
        ("de", FRENCH, ["fr"]),
        ("ja", CHINESE, []),
    ],
)
def test_languages_are_chosen(languages: str, row: str, found: list[str]):
    assert found == kinds(RULE, row, languages=languages)


def test_a_name_of_a_language_is_a_mistake_of_the_user():
    with pytest.raises(UsageError, match="no code of a language"):
        kinds(RULE, ENGLISH, languages="english,zh")


def test_least_letters_and_share():
    half = ENGLISH + RUSSIAN

    assert [] == kinds(RULE, half)
    assert ["cyrillic"] == kinds(RULE, half, share=0.4)
    assert [] == kinds(RULE, RUSSIAN, letters=500)


def test_the_model_is_asked_within_the_listed_languages_and_all_have_names():
    assert set(_words()) <= set(NAMES)
    assert ["de", "fr", "es", "en"] == [language_of(t) for t in (GERMAN, FRENCH, SPANISH, ENGLISH)]
    assert language_of("Lorem Ipsumson, Dolor Sitametti, Consec Tetur, Adipis Cing") is None


def test_evidence_names_the_turn():
    evidence = run(RULE, batch(asked("What?", GERMAN))).evidence.to_pylist()

    assert [(0, 1, None)] == [(e["row"], e["turn"], e["start"]) for e in evidence]


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)
