r"""What Finova's published extractors take out of a response: always the first match, pattern by pattern.

Written with string searches in linear time; the originals repeat `[\s\S]*` over the response. Each function says in
which order it looks. A response that has ended its thinking is given here as `</think>` and what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.answers.extract import THOUGHT, spoken

OPEN, CLOSE = "<answer>", "</answer>"
_FIRST_SIGN = re.compile("[是否对错]")
_MARKED_SIGNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"boxed\{\\text\{([是否])\}\}",
        r"boxed\{([是否])\}",
        r"<answer>([否错])</answer>",
        r"<answer>([是对])</answer>",
        r"\*\*([是对])\*\*",
        r"\*\*([否错])\*\*",
        r"\n([是对])",
        r"\n([否错])",
    )
)
_EXAMPLE = re.compile(r"<example>\n([^\n]+)\n</example>")
_JSON_LIST = re.compile(r"json\s{0,100}\[")


def response_of(output: str) -> str:
    """The response that the extractors read: without thoughts, with the mark that they have ended."""
    text, start = spoken(output)
    return THOUGHT + text if start and THOUGHT in output else text


def yes_or_no(response: str) -> str:
    """是, 否, 对 or 错: boxed, in <answer>, bold, at the beginning of a line, else the first one anywhere; or ''.

    At the beginning of a line 是 is looked for before 否, whichever comes first.
    """
    for pattern in _MARKED_SIGNS:
        if match := pattern.search(response):
            return match.group(1)
    match = _FIRST_SIGN.search(response)
    return match.group() if match else ""


def json_text(response: str) -> str:
    """What is read as JSON: a list in <answer>, behind `json`, between the tool marks, in <example>, else any; or ''.

    Behind `json` and without any mark it runs from the first bracket to the last one of the whole response.
    """
    candidates = (
        _first_list_in_tags(response),
        _to_last_bracket(response, response.find("json[")),
        _between(response, OPEN + "【工具S】", "【工具E】"),
        _between(response, "【工具S】", "【工具E】"),
        *(match.group(1) for match in _EXAMPLE.finditer(response)),
        _to_last_bracket(response, match.start() if (match := _JSON_LIST.search(response)) else -1),
        _to_last_bracket(response, response.find(THOUGHT)),
        _tagged(response),
        _to_last_bracket(response, 0),
    )
    return next((text for text in candidates if text), "")


def values_text(response: str) -> str:
    """What stands in a box inside <answer>, all of <answer>, or in the first box; or ''."""
    candidates = (
        _tagged_box(response, 2),
        _tagged_box(response, 1),
        _tagged(response),
        _first_box(response, 2),
        _first_box(response, 1),
    )
    return next((text for text in candidates if text), "")


def names_text(response: str) -> str:
    """What is read as a list: behind a fence, in <answer>, in the first box, else after the thoughts; or `[]`.

    Only of an empty response is it nothing.
    """
    if not response:
        return ""
    candidates = (
        _last_line_list(response),
        _tagged_box(response, 2),
        _tagged_box(response, 1),
        _tagged_list(response),
        _tagged(response),
        _first_box(response, 2),
        _first_box(response, 1),
        _to_last_bracket(response, response.find(THOUGHT)),
    )
    return next((text for text in candidates if text), "[]")


def _first_list_in_tags(text: str) -> str:
    """From the first bracket after <answer> to the next closing one, if </answer> follows."""
    begin = text.find(OPEN)
    opened = text.find("[", begin) if begin >= 0 else -1
    closed = text.find("]", opened) if opened >= 0 else -1
    return text[opened : closed + 1] if closed >= 0 and text.find(CLOSE, closed) >= 0 else ""


def _tagged_list(text: str) -> str:
    """A list that fills <answer> from end to end."""
    begin = text.find(OPEN + "[")
    end = text.find("]" + CLOSE, begin + len(OPEN) + 2) if begin >= 0 else -1
    return text[begin + len(OPEN) : end + 1] if end >= 0 else ""


def _to_last_bracket(text: str, begin: int) -> str:
    """From the first opening bracket at or after a place to the last closing one of the text."""
    opened = text.find("[", begin) if begin >= 0 else -1
    closed = text.rfind("]")
    return text[opened : closed + 1] if 0 <= opened < closed else ""


def _between(text: str, opening: str, closing: str) -> str:
    begin = text.find(opening)
    end = text.find(closing, begin) if begin >= 0 else -1
    return text[begin + len(opening) : end] if end >= 0 else ""


def _tagged(text: str) -> str:
    """Everything from the first <answer> to the last </answer>."""
    begin, end = text.find(OPEN), text.rfind(CLOSE)
    return text[begin + len(OPEN) : end] if 0 <= begin < end else ""


def _tagged_box(text: str, braces: int) -> str:
    """The last box between the first <answer> and the last </answer>."""
    return next(_boxes(_tagged(text), braces, last=True), "")


def _first_box(text: str, braces: int) -> str:
    return next(_boxes(text, braces, last=False), "")


def _boxes(text: str, braces: int, *, last: bool) -> Iterator[str]:
    """What stands between `boxed{` and the last closing brace of its line, however many boxes stand between."""
    opening, closing = "boxed" + "{" * braces, "}" * braces
    lines = text.split("\n")
    for line in reversed(lines) if last else lines:
        end = line.rfind(closing)
        begin = line.rfind(opening, 0, max(end, 0)) if last else line.find(opening)
        if begin >= 0 and begin + len(opening) <= end:
            yield line[begin + len(opening) : end]


def _last_line_list(text: str) -> str:
    """Behind the first fence, on the last line that has one: from its last opening bracket to the last closing one."""
    begin = text.find("```")
    if begin < 0:
        return ""
    for line in reversed(text[begin + 3 :].split("\n")):
        closed = line.rfind("]")
        opened = line.rfind("[", 0, max(closed, 0))
        if 0 <= opened < closed:
            return line[opened : closed + 1]
    return ""
