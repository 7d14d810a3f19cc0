"""Does a model know that two sentences of different languages say the same? Asked of it once, when it is loaded.

A few everyday and financial sentences in Chinese and English. A multilingual model finds the partner of nearly all
among the others; one that only has seen both languages apart does not. The means of both sides are also what each
language is measured from: vectors of one language share a direction that says nothing but the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from governance.embedding.model import Embedder

LEAST = 0.75
"""Share of the sentences whose partner is the nearest. potion-multilingual 0.95, wordllama 0.4."""

PAIRS = (
    ("银行提高了贷款利率。", "The bank raised its lending rate."),
    ("公司今年的利润增长了一倍。", "The company's profit doubled this year."),
    ("下列哪一项不属于流动资产？", "Which of the following is not a current asset?"),
    ("通货膨胀会降低货币的购买力。", "Inflation lowers the purchasing power of money."),
    ("投资者应当分散风险。", "Investors should diversify their risks."),
    ("股票价格昨天大幅下跌。", "Share prices fell sharply yesterday."),
    ("保险合同何时生效？", "When does the insurance contract take effect?"),
    ("政府决定减少税收。", "The government decided to cut taxes."),
    ("审计师发现了财务报表中的错误。", "The auditor found an error in the financial statements."),
    ("请计算债券的到期收益率。", "Calculate the yield to maturity of the bond."),
    ("今天天气很好，我们去公园散步吧。", "The weather is fine today, let us take a walk in the park."),
    ("她每天早上喝一杯咖啡。", "She drinks a cup of coffee every morning."),
    ("火车站离这里有多远？", "How far is the railway station from here?"),
    ("孩子们在学校学习数学。", "The children learn mathematics at school."),
    ("医生建议病人多休息。", "The doctor advised the patient to rest more."),
    ("这本书是关于历史的。", "This book is about history."),
    ("水在一百度沸腾。", "Water boils at one hundred degrees."),
    ("他用电脑写了一封信。", "He wrote a letter on his computer."),
    ("法院判决被告赔偿损失。", "The court ordered the defendant to pay damages."),
    ("农民正在收割小麦。", "The farmers are harvesting wheat."),
    ("中央银行在公开市场出售国债。", "The central bank sells treasury bonds in the open market."),
    ("企业应当如何确认收入？", "How should an enterprise recognise revenue?"),
    ("期货交易需要缴纳保证金。", "Futures trading requires a margin deposit."),
    ("失业率上升说明经济衰退。", "A rising unemployment rate indicates a recession."),
)  # fmt: skip


@dataclass(frozen=True)
class Bilingual:
    """How a model takes the two languages.

    Attributes:
        share: sentences whose partner is the nearest, both ways, 0 to 1.
        chinese, english: (dimension,) mean vectors.
    """

    share: float
    chinese: npt.NDArray[np.float32]
    english: npt.NDArray[np.float32]

    @property
    def enough(self) -> bool:
        """Whether translations can be told."""
        return self.share >= LEAST


def probe(embedder: Embedder) -> Bilingual:
    """The probe of a loaded model."""
    chinese = embedder.encode([c for c, _ in PAIRS])
    english = embedder.encode([e for _, e in PAIRS])
    means = chinese.mean(axis=0), english.mean(axis=0)
    likeness = centred(chinese, means[0]) @ centred(english, means[1]).T
    own = np.arange(len(PAIRS))
    share = float(((likeness.argmax(0) == own).mean() + (likeness.argmax(1) == own).mean()) / 2)
    return Bilingual(round(share, 3), *means)


def centred(vectors: npt.NDArray[np.float32], mean: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The vectors less what their language has in common, of length 1."""
    own = vectors - mean
    return np.asarray(own / np.maximum(1e-9, np.linalg.norm(own, axis=1, keepdims=True)), np.float32)
