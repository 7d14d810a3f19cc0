"""Conversations that the template of Qwen3 renders as something else, held against the template itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.detectors.tokens.qwen3 import rendered, thoughts_in_order
from governance.rules.tok003_template_mismatch import RULE
from tests.builders import Turn, batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run, spans

CALL = '<tool_call>\n{"name": "price", "arguments": {"bond": "Bund"}}\n</tool_call>'
FIRES = {
    "an expert": ([("user", "Hi"), ("expert", "Hello.")], "unknown-role"),
    "a Chinese role": ([("user", "你好"), ("客服", "您好。")], "unknown-role"),
    "a text among turns": ([("text", "Context."), *asked("Hi", "Hello.")], "unknown-role"),
    "a late system turn": ([*asked("Hi", "Hello."), ("system", "Be kind."), *asked("a", "b")], "late-system"),
    "an answer first": ([("assistant", "Hello."), *asked("Hi", "Hello.")], "assistant-first"),
    "an answer after the system": ([("system", "Be kind."), ("assistant", "您好。")], "assistant-first"),
    "two questions": ([("user", "a"), *asked("b", "c")], "repeated-role"),
    "two answers": ([*asked("a", "b"), ("assistant", "c")], "repeated-role"),
    "a tool without a call": ([("user", "Price?"), ("tool", "5"), ("assistant", "5.")], "tool-without-call"),
    "a tool after plain words": (
        [*asked("价格？", "请稍等。"), ("tool", "5"), ("assistant", "5元。")],
        "tool-without-call",
    ),
    "an end inside": (asked("Say <|im_end|> please", "No."), "special-token"),
    "a start inside": (asked("Hi", "Hello.<|im_start|>user\nMore"), "special-token"),
    "an end of a text": ("One.<|endoftext|>Two.", "special-token"),
    "an open thought": (asked("a", "<think>It is b. So: b."), "unbalanced-think"),
    "a closed thought": (asked("a", "思考。</think>回答。"), "unbalanced-think"),
    "two thoughts": (asked("a", "<think>b</think>c<think>d</think>e"), "unbalanced-think"),
    "words before a thought": (asked("a", "Well. <think>b</think>c"), "unbalanced-think"),
}
NEAR_MISSES = {
    "a conversation": asked("Hi", "Hello."),
    "a system turn first": [("system", "Be kind."), *asked("你好", "您好。")],
    "several turns": [*asked("a", "b"), *asked("c", "d")],
    "a question last": [*asked("a", "b"), ("user", "c")],
    "a tool that was called": [*asked("Price?", CALL), ("tool", "5"), ("assistant", "5.")],
    "two tools at once": [
        *asked("Price?", CALL + "\n" + CALL),
        ("tool", "5"),
        ("tool", "6"),
        ("assistant", "5, 6."),
    ],
    "a call as an action": [*asked("Price?", 'Action: price("Bund")'), ("tool", "5"), ("assistant", "5.")],
    "a thought": asked("a", "<think>\nb\n</think>\n\nc"),
    "a user about tags": asked("What does <think> do?", "It opens a thought."),
    "other tags": asked("a", "<thinking>b</thinking> <b>c</b> <|x|> < | im_end | >"),
    "a plain text": "A bond is a loan. <think>",
    "an empty conversation": [],
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_what_the_template_changes_is_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_it_renders_faithfully_is_not(row):
    assert [] == kinds(RULE, row)


def test_tokens_and_tags_are_named_by_place():
    assert ["<|im_end|>", "<|im_start|>"] == spans(
        RULE, [("user", "你😀<|im_end|>好<|im_start|>"), ("assistant", "b")]
    )
    assert ["</think>"] == spans(RULE, asked("a", "思考。</think>回答。"))


def test_turns_are_named():
    evidence = run(RULE, batch(asked("a", "b"), [("user", "a"), ("user", "b"), ("assistant", "c")])).evidence

    assert [(1, 1)] == [(e["row"], e["turn"]) for e in evidence.to_pylist()]


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)


# The template itself


@pytest.fixture(scope="session")
def template(shared_data: Path) -> Callable[[list[Turn]], str]:
    """Qwen3's chat template as transformers renders it."""
    path = shared_data.parent / "models" / "qwen3_tokenizer" / "chat_template.jinja"
    if not path.is_file():
        pytest.skip(f"Qwen3's chat template is not present at {path}")
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
    compiled = environment.from_string(path.read_text("utf-8"))

    def render(turns: list[Turn]) -> str:
        return compiled.render(messages=[{"role": role, "content": content} for role, content in turns])

    return render


CONTENTS = st.sampled_from(
    ["", "a", "你好\n", "<think>\nb\n</think>\n\nc", "<think></think>", "<think>d", "e</think>f",
     "g<think>h</think>i<think>j</think>",
     "<tool_response>k</tool_response>", "\n\nl"]
)  # fmt: skip
ROLES = st.sampled_from(["system", "user", "assistant", "tool", "expert"])


@pytest.mark.shared
@given(turns=st.lists(st.tuples(ROLES, CONTENTS), min_size=1, max_size=6))
def test_the_function_renders_what_the_template_renders(template, turns: list[Turn]):
    assert template(turns) == rendered(turns)


def blocks(text: str) -> list[tuple[str, str]]:
    """(role, content) of a rendered text as a model reads it."""
    parts = [part.split("<|im_end|>")[0] for part in text.split("<|im_start|>")[1:]]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


@pytest.mark.shared
@pytest.mark.parametrize("row", [r for r in NEAR_MISSES.values() if not isinstance(r, str) and r], ids=str)
def test_a_faithful_rendering_has_a_block_for_each_turn(template, row: list[Turn]):
    read = blocks(template(row))
    tools = sum(role == "tool" for role, _ in row)

    said = [role for role, _ in row if role != "tool"]
    assert said == [role for role, content in read if not content.startswith("<tool_response>")]
    assert tools == sum(content.count("<tool_response>") for _, content in read)
    for role, content in row:
        answer = content.rsplit("</think>", 1)[-1].strip()
        assert any(answer in text for r, text in read if r == role or role == "tool")


@pytest.mark.shared
def test_an_unknown_role_is_left_out(template):
    assert "Hello." not in template(FIRES["an expert"][0])
    assert "Context." not in template(FIRES["a text among turns"][0])


@pytest.mark.shared
def test_a_late_system_turn_is_no_system_prompt(template):
    assert ["user", "assistant", "system", "user", "assistant"] == [
        role for role, _ in blocks(template(FIRES["a late system turn"][0]))
    ]


@pytest.mark.shared
def test_an_answer_first_has_no_thought_block(template):
    assert "<think>" in template(asked("Hi", "您好。"))
    assert "<think>" not in template(FIRES["an answer after the system"][0])


@pytest.mark.shared
def test_repeated_roles_leave_a_question_unanswered(template):
    assert [("user", "a"), ("user", "b")] == blocks(template(FIRES["two questions"][0]))[:2]


@pytest.mark.shared
def test_a_tool_result_without_a_call_is_written_as_a_user(template):
    read = blocks(template(FIRES["a tool without a call"][0]))

    assert [("user", "Price?"), ("user", "<tool_response>\n5\n</tool_response>")] == read[:2]


@pytest.mark.shared
def test_a_control_token_ends_its_turn(template):
    assert [("user", "Say "), ("assistant", "<think>\n\n</think>\n\nNo.")] == blocks(
        template(FIRES["an end inside"][0])
    )
    assert 3 == len(blocks(template(FIRES["a start inside"][0])))


@pytest.mark.shared
def test_thoughts_out_of_order_lose_text_or_stay_open(template):
    assert "c" not in template(FIRES["two thoughts"][0]).split("assistant\n")[1]
    assert "Well." not in template(FIRES["words before a thought"][0])
    assert 2 == template(FIRES["an open thought"][0]).count("<think>")
    assert "<think>\n思考。\n</think>" in template(FIRES["a closed thought"][0])


def test_one_thought_at_the_beginning_is_in_order():
    contents = [
        "a",
        "<think>b</think>c",
        " \n<think>b</think>",
        "<think>",
        "</think>",
        "</think><think>",
        "a<think></think>",
    ]

    assert [True, True, True, False, False, False, False] == [
        thoughts_in_order(content) for content in contents
    ]
