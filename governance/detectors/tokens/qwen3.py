"""The chat template of Qwen3 as rules and as a function.

The template that Qwen3 ships (tokenizer_config.json, `chat_template`; also trl's `qwen3.jinja`) writes each turn as
`<|im_start|>role\\ncontent<|im_end|>\\n`. It leaves out turns of roles that it does not know, writes tool results as
turns of the user, keeps thoughts after the last question only, and checks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

START, END, TEXT_END = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
CONTROL = (
    r"<\|(?:im_start|im_end|endoftext|object_ref_start|object_ref_end|box_start|box_end|quad_start|quad_end|vision_start|"
    r"vision_end|vision_pad|image_pad|video_pad|fim_prefix|fim_middle|fim_suffix|fim_pad|repo_name|file_sep)\|>"
)
"""Tokens of Qwen3's vocabulary that content must not spell (RE2 and re)."""

TURN_TOKENS = 12
"""Tokens that the template adds to a turn at most: five for start, role and end, four for an empty thought, five for
the tags of a tool result, which stand in a turn of their own."""

THOUGHT = re.compile(r"</?think>")
CALL = r'(?i)<tool_call>|"(?:name|function|arguments)"|\b(?:action|function|tool|call)\b|\w\('
"""What a turn holds that calls a tool, in the usual notations (RE2)."""

Turn = tuple[str, str]


def rendered(turns: Sequence[Turn]) -> str:
    """The text that the template makes of (role, content) turns, without tools and without a prompt to go on."""
    last_question = max((i for i, turn in enumerate(turns) if _asks(turn)), default=len(turns) - 1)
    parts = []
    for i, (role, content) in enumerate(turns):
        if role in ("user", "system"):
            parts.append(f"{START}{role}\n{content}{END}\n")
        elif role == "assistant":
            last = i == len(turns) - 1
            parts.append(f"{START}assistant\n{_answer(content, i > last_question, last)}{END}\n")
        elif role == "tool":
            opened = START + "user" if i == 0 or turns[i - 1][0] != "tool" else ""
            closed = END + "\n" if i == len(turns) - 1 or turns[i + 1][0] != "tool" else ""
            parts.append(f"{opened}\n<tool_response>\n{content}\n</tool_response>{closed}")
    return "".join(parts)


def _asks(turn: Turn) -> bool:
    """True for a turn of the user that is no tool result in disguise."""
    role, content = turn
    disguised = content.startswith("<tool_response>") and content.endswith("</tool_response>")
    return role == "user" and not disguised


def _answer(content: str, kept: bool, last: bool) -> str:
    """An answer with its thought where the template keeps it."""
    thought = ""
    if "</think>" in content:
        thought = content.split("</think>", maxsplit=1)[0].rstrip("\n").split("<think>")[-1].lstrip("\n")
        content = content.rsplit("</think>", maxsplit=1)[-1].lstrip("\n")
    if not kept or not (last or thought):
        return content
    stripped, answer = thought.strip("\n"), content.lstrip("\n")
    return f"<think>\n{stripped}\n</think>\n\n{answer}"


def thoughts_in_order(content: str) -> bool:
    """True where an answer has no thought, or one that begins it and is closed."""
    tags = [match.group() for match in THOUGHT.finditer(content)]
    if not tags:
        return True
    return tags == ["<think>", "</think>"] and not content[: content.index("<think>")].strip()
