"""Texts and answers with next to nothing in them, as marks."""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.rules.base import Setup
from governance.rules.marks import candidate_turns, marked_turns
from governance.samples import ASSISTANT, TEXT, USER, SampleBatch
from governance.text.profile import Profile, profile

Flags = npt.NDArray[np.bool_]

PLACEHOLDERS = """
    n/a, null, nan, undefined, todo, tbd, [object object], lorem ipsum,
    略, 略。, 答案略, 解析略, 暂无, 暂无答案, 暂无解析, 待补充, 待完善, 待定, 同上, 见上, 此处省略
"""
"""Answers that stand for one that is missing. "None" and 无 may be answers."""

ASKS = (
    r"(?i)\bwhy\b|\bhow (?:do|does|did|can|could|should|would|to|is|are|was|were|has|have)\b|\bexplain|\bdescrib|"
    r"\bdiscuss|\belaborate|\bessay\b|\bwrite (?:a|an|me|about)\b|\bcompose\b|step by step|in detail|pros and cons|"
    "为什么|如何|怎么|怎样|解释|阐述|论述|详细|介绍|谈谈|描述|写一|撰写|起草"
)
"""What asks for more than a word (RE2)."""

CLOSED = (
    r"(?i)yes or no|true or false|one word|single word|\bonly (?:output|answer|return|the|a|one|with)|\bchoose\b|"
    r"\bselect\b|which of the|\boptions?\b|\blabels?\b|\bclassif|\bcategor|sentiment|single letter|"
    r"multiple.choice|fill in|_{2,}|"
    r"how (?:many|much|long|old|far|tall|often)|(?:^|\n|\s)[(（]?A[.)）、．:：]|"
    "选择|选项|哪个|哪项|哪一|是否|判断|分类|类别|标签|提取|抽取|识别|只需|只要|仅输出|仅返回|直接输出|直接回答|只输出|一个词|"
    "填空|[（(]\\s*[)）]|多少|几个|翻译|正确|错误"
)
"""What makes a word a whole answer: options, labels, blanks, numbers (RE2)."""

VERDICT = (
    r"(?i)^\W*(?:yes|no|true|false|correct|incorrect|agree|disagree|"
    r"是|否|是的|不是|对|错|能|可以|不可以|不能|会|不会)\W*$"
)
"""Answers that are whole whatever was asked (RE2)."""

SEEN = 600
"""Characters of a question that are read, at its beginning and at its end; material lies between."""


def map_short(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of whole turns."""
    counts = profile(batch)
    roles = batch.turns.roles
    text = (roles == TEXT) & (_measure(counts, setup, "text") < 1)
    answer = (roles == ASSISTANT) & (_measure(counts, setup, "answer") < 1)
    written = counts.of("characters") > counts.of("blanks")
    empty = _unreal(batch, (text | answer) & written, counts)
    named = np.isin(np.arange(len(roles)), [*empty])
    prose = _asked_for_prose(
        batch, answer & written & ~named & (counts.of("digits") == 0) & (counts.letters > 1)
    )
    found = {
        **dict.fromkeys(np.flatnonzero(text & written & ~named).tolist(), "text"),
        **dict.fromkeys(prose.tolist(), "answer"),
        **empty,
    }
    turns = sorted(found)
    return marked_turns(batch, np.array(turns, np.int64), [found[turn] for turn in turns])


def _measure(counts: Profile, setup: Setup, what: str) -> npt.NDArray[np.float64]:
    """(turns,) how much of the least content a turn has; 1 is enough. Scripts count by their own measure."""
    letters = float(setup.option("QLT001", f"{what}_letters"))
    characters = float(setup.option("QLT001", f"{what}_characters"))
    dense = counts.of("han") + counts.of("kana") + counts.of("hangul")
    out: npt.NDArray[np.float64] = (
        counts.letters - dense + counts.of("digits")
    ) / letters + dense / characters
    return out


def _unreal(batch: SampleBatch, wanted: Flags, counts: Profile) -> dict[int, str]:
    """Kind by turn of those that hold punctuation only, or a word that stands for something missing."""
    words = {word.strip() for word in PLACEHOLDERS.split(",")}
    bare = wanted & (counts.letters + counts.of("digits") == 0)
    found = {turn: "no-words" for turn, text in candidate_turns(batch, bare) if _punctuation(text)}
    wordy = wanted & ~bare & (counts.of("digits") == 0)
    for turn, text in candidate_turns(batch, wordy):
        if " ".join(text.lower().split()) in words:
            found[turn] = "placeholder"
    return found


def _punctuation(text: str) -> bool:
    """True where every character is a blank or a punctuation mark; brackets, operators and emoji say something."""
    kinds = [unicodedata.category(character) for character in text]
    return all(kind[0] in "PZC" and kind not in ("Ps", "Pe") for kind in kinds)


def _asked_for_prose(batch: SampleBatch, answers: Flags) -> npt.NDArray[np.int64]:
    """Of these answers, the turns that follow a user who asks for more than a word."""
    turns = np.flatnonzero(answers)
    turns = turns[
        ~np.isin(turns, batch.turns.starts)
    ]  # an answer that opens its conversation was not asked for
    turns = turns[batch.turns.roles[turns - 1] == USER]
    asked = batch.turns.contents.take(pa.array(turns - 1, pa.int64()))
    ends = pc.utf8_slice_codeunits(asked, 0, SEEN), pc.utf8_slice_codeunits(asked, -SEEN, None)
    seen = pc.binary_join_element_wise(*ends, pa.scalar("\n", pa.large_string()))
    turns = turns[_matches(seen, ASKS) & ~_matches(seen, CLOSED)]
    answered = batch.turns.contents.take(pa.array(turns, pa.int64()))
    open_ended: npt.NDArray[np.int64] = turns[~_matches(answered, VERDICT)]
    return open_ended


def _matches(texts: pa.Array, pattern: str) -> Flags:
    """(n,) true where a pattern of RE2 is found."""
    found: Flags = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(np.bool_)
    return found
