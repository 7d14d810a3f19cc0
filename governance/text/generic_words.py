"""Words that many exam questions share, whatever they ask about.

"下列说法中正确的是（ ）" and "Which of the following statements is true?" are stems of thousands of items; a
text that holds them holds none of these items. What is left of a question after its generic words decides
whether it can be recognised by itself.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

_CHINESE = """
    下列各项 下列选项 下列哪项 下列哪一项 下列哪个 下列 以下哪项 以下哪一项 以下哪个 以下哪种
    以下选项 以下各项 以下 下面 上述 如下 根据上文 根据下文 根据以上材料 根据上述材料 根据材料
    根据资料 根据规定 根据 按照 关于 对于 有关 其中 选项中 各项中 选项 各项 说法正确 说法错误 说法
    表述 叙述 描述 观点 论述 陈述 理解 不正确 正确 不准确 准确 不恰当 恰当 错误 有误 不属于 属于
    不包括 包括 不符合 符合 不适用 适用 不应当 应当 不可以 可以 不能够 能够 题意 题目 材料 资料 上文
    下文 文中 文章 本文 主要 内容 情况 情形 情景 场景 类型 一般 通常 是指 是否 哪些 哪个 哪种 哪项
    哪一项 哪一 什么 怎么 怎样 如何 为什么 请问 多少 是什么 请选择 选择 请回答 回答 答案 单选题
    多选题 判断题 单选 多选 单项选择题 多项选择题 正误 判断 计算 结果 数值 问题 的 是 了 吗 呢 在 和
    与 及 为 中 不
"""

_ENGLISH = """
    a an the this that these those which what who whom whose when where why how is are was were be been being
    am do does did of in on at to for from by with as and or not no nor but if then than so it its they them
    their he his she her you your we our i following statement statements true false correct incorrect right
    wrong best describes describe described accurately most likely least except all none both above below
    option options choose select answer answers question questions passage text author article paragraph main
    idea theme purpose title tone topic according based given refers refer suggests imply implies infer
    inferred concluded conclusion primarily mainly would could should can may might will shall one ones item
    items example examples each any some about regarding concerning always never only
    please following: evaluate compute calculate find determine solve simplify value
"""

_PHRASES = re.compile(
    "|".join(re.escape(p) for p in sorted(set(_CHINESE.split()), key=lambda p: (-len(p), p)))
)
_STOP = frozenset(_ENGLISH.split())
_WORD = re.compile(
    r"[A-Za-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7a3]|[^\W\d_]+"
)

_REQUEST_ENGLISH = re.compile(
    r"\b(?:find|compute|calculate|evaluate|determine|solve|simplify|express|prove|show|what|how many|how much|"
    r"write|explain|describe|summari[sz]e|translate|give|name|list|identify|convert|factor|expand|"
    r"graph|choose|select|estimate|derive|verify|complete|fill|enter your answer|let us|state)\b",
    re.IGNORECASE,
)
_REQUEST_CHINESE = re.compile(
    r"请|计算|求|试|说明|简述|论述|分析|判断|写出|翻译|总结|概括|指出|列出|解释|证明|选出|是什么|有哪些|什么|如何|"
    r"怎么|怎样|为何|多少|吗|呢|嘛|哪|谁|有没有|是否|推荐|帮我|给我|我想|能否|可否"
)


_COMMAND = re.compile(
    r"\s*(?:[(（]?\d+[)）.、]\s*)?(?:请|试|求|计算|简述|论述|分析|判断|说明|写出|翻译|总结|概括|指出|列出|"
    r"解释|证明|选出|根据|需要|"
    r"(?:then |now )?(?:find|compute|calculate|evaluate|determine|solve|simplify|express|prove|show|what|"
    r"how|write|explain|describe|summari[sz]e|translate|give|name|list|identify|convert|factor|enter|which|construct|choose|"
    r"select|estimate|derive|let|suppose|assume|given|if|is|are|can|does|do)\b)",
    re.IGNORECASE,
)


def content_words(question: str) -> int:
    """The number of words, ideographs and numbers of a question that are not generic."""
    rest = _PHRASES.sub(" ", question)
    return sum(w.lower() not in _STOP for w in _WORD.findall(rest))


def stop_texts() -> list[str]:
    """The generic words and phrases of both languages, one a text."""
    return sorted({*_STOP, *_CHINESE.split()})


def enough(lengths: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """(K,) content words from which on a question of so many tokens can be recognised by itself: 2 or 3."""
    return np.clip(lengths // 4, 2, 3)


def requests(question: str) -> bool:
    """True where a question without a mark still asks, by an imperative or an interrogative."""
    return bool(_REQUEST_ENGLISH.search(question) or _REQUEST_CHINESE.search(question))


def commands(sentence: str) -> bool:
    """True where a sentence begins with an imperative or an interrogative."""
    return bool(_COMMAND.match(sentence))
