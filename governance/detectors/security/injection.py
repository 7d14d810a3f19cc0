"""Orders hidden in data that would replace a model's instructions, told from text about such orders.

The word list finds where one may stand (`lexicon/injection.toml`); here the sentence around it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from governance.detectors.lexicon.book import Found, Texts, found, hits
from governance.detectors.lexicon.context import is_code, is_quoted, is_refused, word_end
from governance.rules.marks import Mark
from governance.samples import SYSTEM, TOOL, USER, SampleBatch

_IMPERATIVE = (
    r"(?:^|[.!?;:,。！？；：，、\"'“(\[{>*#\-]\s{0,3}|\n\s{0,8}"
    r"|\b(?:please|now|must|you should|just|and|then|first|immediately|simply|you will|okay?)\s{1,3})"
)
"""What stands before a verb that gives an order: "students who ignore the above rules" is a report."""

_REPLACING = re.compile(
    _IMPERATIVE
    + r"(?P<verb>ignore|disregard|forget|override|bypass|overlook|discard|(?:do not|don['’]t|stop) follow(?:ing)?)"
    r"\b[^.\n!?。]{0,40}$",
    re.IGNORECASE,
)
_REVEALING = re.compile(
    _IMPERATIVE
    + r"(?P<verb>reveal|print|repeat|output|show|tell me|leak|display|give me|copy)\b[^.\n!?。]{0,30}$",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"system prompt|your instructions|initial instruct|original instruct|instructions above|above prompt",
    re.I,
)
_ORDERS = re.compile(
    r"^(?:之前|以上|上面|前面|先前|此前)?的?(?:(?:所有|全部|一切|任何|系统|安全|收到|给你|给出|输入|设定好|对话|聊天|一切)的?){0,3}"
    r"(?:指令|指示|提示|命令|要求|规则|设定|限制|约束|准则|指引|prompt)",
    re.IGNORECASE,
)
_NOT = re.compile(r"[不勿莫别未没易往常被会能可应以]$")
_SAYING = re.compile(
    r"(?:输出|打印|告诉我|泄露|重复|显示|透露|说出|给我|公布|复述|展示|写出)[^。！？\n]{0,12}$"
)
_GUARDS = re.compile(r"^[^。！？\n]{0,6}(?:限制|规则|安全|审查|过滤|准则|约束|指令)")
_DIRECTIVE = re.compile(
    r"you must|ignore|disregard|override|from now on|new instruction|obey|comply"
    r"|你现在|必须|忽略|无视|从现在起|新的?指令",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"prompt.?injection|injection.attack|jailbreak(?:ing|s)?\b|adversarial.prompt|red.?team|prompt.attack"
    r"|提示词?注入|注入攻击|注入式?指令|提示词?攻击|越狱(?:攻击|提示|手段|行为)|对抗(?:性)?提示",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"(?:such as|for example|e\.g\.|like|phrase|says?|write|type|attack\w*|message|user\w*"
    r"|例如|诸如|比如|如|输入|写道?|攻击者?|用户|说)[^\n]{0,30}$",
    re.IGNORECASE,
)
_CLOSING = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》"}
_SHOUTED = frozenset(["[inst]", "[/inst]", "<<sys>>", "<</sys>>"])


Order = tuple[str, int, int]
"""Kind, first character, one past the last."""


def injections(batch: SampleBatch) -> list[Mark]:
    """Places where the data give orders to the model: kinds override, extraction, persona, template, role."""
    marks, texts, ends = list[Mark](), Texts(batch), dict[tuple[int, str], int]()
    for place in found(hits(batch, "injection")):
        order = _CHECKS[place.entry.category](batch, texts[place.turn], place)
        if (
            order and ends.get((place.turn, order[0]), 0) <= order[1]
        ):  # "all previous" is in "all previous orders"
            ends[place.turn, order[0]] = order[2]
            marks.append(Mark(place.turn, order[1], order[2], order[0]))
    return marks


def _override(batch: SampleBatch, text: str, place: Found) -> Order | None:
    order = _english(text, place) if place.entry.phrase.isascii() else _chinese(text, place)
    return order if order and _is_meant(batch, text, place) else None


def _english(text: str, place: Found) -> Order | None:
    first, end = max(place.start - 90, 0), word_end(text, place.end)
    before = text[first : place.start]
    if verb := _REPLACING.search(before):
        return "override", first + verb.start("verb"), end
    verb = _REVEALING.search(before) if _OWN.match(text, place.start) else None
    return ("extraction", first + verb.start("verb"), end) if verb else None


def _chinese(text: str, place: Found) -> Order | None:
    before, after = text[max(place.start - 24, 0) : place.start], text[place.end : place.end + 24]
    if place.entry.phrase.startswith(("不", "绕")):
        return ("override", place.start, place.end) if _GUARDS.match(after) else None
    if place.entry.phrase.startswith(("忽", "无视", "忘")):
        object_ = None if _NOT.search(before) else _ORDERS.match(after)
        return ("override", place.start, place.end + object_.end()) if object_ else None
    saying = _SAYING.search(before)
    return ("extraction", place.start - len(before) + saying.start(), place.end) if saying else None


def _persona(batch: SampleBatch, text: str, place: Found) -> Order | None:
    return ("persona", place.start, place.end) if _is_meant(batch, text, place) else None


def _is_meant(batch: SampleBatch, text: str, place: Found) -> bool:
    """False in system turns, in code, in rows that refuse, and in text that speaks of such orders."""
    if batch.turns.roles[place.turn] == SYSTEM or _is_about(text):
        return False
    if is_code(text, place.start) or is_refused(batch, place.turn):
        return False
    opened = max(text.rfind(mark, max(place.start - 60, 0), place.start) for mark in "\"'“‘「『《`")
    if opened < 0 or _is_closed(text, opened, place.start):
        return True
    return not _EXAMPLE.search(text[max(opened - 60, 0) : opened])


def _is_closed(text: str, opened: int, at: int) -> bool:
    """True where a quotation that began at `opened` ended before `at`: an order may follow what somebody said.

    Of straight marks the two ends look alike, so they are counted in the line; apostrophes tell nothing.
    """
    mark = text[opened]
    if mark in _CLOSING:
        return _CLOSING[mark] in text[opened:at]
    line = text[max(text.rfind("\n", 0, at), at - 500) + 1 : at]
    return mark == '"' and line.count(mark) % 2 == 0


@lru_cache(maxsize=4)
def _is_about(text: str) -> bool:
    """True for text about attacks on models; asked once a text however many orders it holds."""
    return _ABOUT.search(text) is not None


def _template(batch: SampleBatch, text: str, place: Found) -> Order | None:
    """Special tokens of chat templates in plain text, unless it is code or shows them as a quotation."""
    written = text[place.start : place.end]
    if written.lower() in _SHOUTED and written != written.upper():
        return None
    shown = is_code(text, place.start) or is_quoted(text, place.start, place.end, 1)
    return None if shown else ("template", place.start, place.end)


def _role(batch: SampleBatch, text: str, place: Found) -> Order | None:
    """A line of a user's or a tool's turn that poses as the system and gives an order."""
    line_start = text.rfind("\n", 0, place.start) + 1
    begins = not text[line_start : place.start].strip(" \t[<#*_-【")
    rest = text[place.end : place.end + 120].partition("\n")[0]
    posing = batch.turns.roles[place.turn] in {USER, TOOL} and begins and _DIRECTIVE.search(rest)
    # A whole dialogue that was pasted into one turn begins with its roles; what is smuggled in comes later.
    meant = posing and line_start and _is_meant(batch, text, place)
    return ("role", place.start, place.end) if meant else None


_CHECKS: Mapping[str, Callable[[SampleBatch, str, Found], Order | None]] = {
    "override": _override,
    "persona": _persona,
    "template": _template,
    "role": _role,
}
