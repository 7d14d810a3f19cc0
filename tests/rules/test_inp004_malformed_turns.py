"""INP004: conversations whose turns are not as they should be; what all input rules share is in test_inp."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.rules.inp004_malformed_turns import RULE
from tests.rules.inputs import ANSWER, ASK, chat, messages, on_lines

FIRES = {
    "no role": (chat({"content": "hello"}), "turn 1 has no role"),
    "no content": (chat(ASK, {"role": "assistant"}), "turn 2 has no content"),
    "neither": (chat(ASK, {}), "turn 2 has neither role nor content"),
    "null turn": (
        '{"messages": [null, {"role": "user", "content": "x"}]}',
        "turn 1 has neither role nor content",
    ),
    "a text as turn": ('{"messages": ["hello"]}', "a turn is a text, not an object"),
    "an object as content": (
        chat(ASK, {"role": "assistant", "content": {"a": 1}}),
        "a column of text holds an object or a nested list",
    ),
    "empty answer": (chat(ASK, {"role": "assistant", "content": " "}), "turn 2 is an empty answer"),
    "role with control characters": (
        chat({"role": "us\ner", "content": "x"}),
        "turn 1 has a role that is not a name",
    ),
    "role of 40 letters": (chat({"role": "r" * 40, "content": "x"}), "turn 1 has a role that is not a name"),
    "nobody asked": (chat(ANSWER), "there is an answer and no user turn"),
    "an image": (
        chat(
            {
                "role": "user",
                "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": "x"}],
            }
        ),
        "a turn has parts that are not text; only its texts are read",
    ),
    "没有角色": (chat({"content": "什么是债券？"}), "turn 1 has no role"),
    "空白的回答": (
        chat({"role": "user", "content": "什么是债券？"}, {"role": "assistant", "content": "　"}),
        "turn 2 is an empty answer",
    ),
    "turns as one object": ('{"messages": {"role": "user", "content": "x"}}', None),
}


@pytest.mark.parametrize(("line", "words"), FIRES.values(), ids=FIRES)
def test_a_malformed_turn_is_named(line: str, words: str | None, tmp_path: Path):
    words = words or "the conversation is one object, not a list of turns"

    assert [words] == messages(on_lines(RULE, tmp_path / "a.jsonl", chat(ASK, ANSWER), line))


NEAR_MISSES = {
    "two user turns in a row": chat(ASK, ASK, ANSWER),
    "ends with the user": chat(ASK, ANSWER, ASK),
    "only a question": chat(ASK),
    "system first": chat({"role": "system", "content": "be brief"}, ASK, ANSWER),
    "a role of its own": chat({"role": "expert", "content": "x"}, ANSWER),
    "a role in Chinese": chat({"role": "专家", "content": "x"}, ANSWER),
    "tool call without content": chat(
        ASK, {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    ),
    "answer to a tool": chat({"role": "tool", "content": "42"}, ANSWER),
    "parts of text": chat({"role": "user", "content": [{"type": "text", "text": "see"}]}, ANSWER),
    "empty system prompt": chat({"role": "system", "content": ""}, ASK, ANSWER),
    "a number as content": chat(ASK, {"role": "assistant", "content": 42}),
}


@pytest.mark.parametrize("line", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_usual_conversations_are_not_malformed(line: str, tmp_path: Path):
    assert [] == messages(on_lines(RULE, tmp_path / "a.jsonl", chat(ASK, ANSWER), line))
