"""Members become tokens: what is learned, what is left out and why; nothing is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.builders import members
from training.data.samples import Samples, tokenised, within
from training.data.template import CHATML, template_of
from training.errors import ModelError, TemplateError
from training.models.fresh import byte_tokenizer

UNMARKED = CHATML.replace("{%- generation %}", "").replace("{%- endgeneration %}", "")
ASKED = [{"role": "user", "content": "How much?"}, {"role": "assistant", "content": "Ten 元 🙂"}]
AGAIN = [*ASKED, {"role": "user", "content": "And more?"}, {"role": "assistant", "content": "Nine."}]


def taken(*conversations: Any, limit: int = 1000, template: str = CHATML) -> tuple[Samples, Any]:
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = template
    rows = [{"conversation": c, "prompt": "", "response": ""} for c in conversations]
    return tokenised([members(rows)], tokenizer, template_of(tokenizer), limit), tokenizer


def learned(samples: Samples, tokenizer: Any, number: int = 0) -> str:
    ids, supervised = samples.tokens.of(number)
    return str(tokenizer.decode(ids[supervised]))


@pytest.mark.parametrize("template", [CHATML, UNMARKED], ids=["marked", "by what turns add"])
def test_the_answer_and_the_end_of_its_turn_are_learned_and_nothing_else(template: str) -> None:
    samples, tokenizer = taken(ASKED, AGAIN, template=template)

    assert "Ten 元 🙂<|im_end|>" == learned(samples, tokenizer)
    assert "Ten 元 🙂<|im_end|>Nine.<|im_end|>" == learned(samples, tokenizer, 1)
    assert [] == samples.excluded.to_pylist()


def test_the_text_is_what_the_template_writes() -> None:
    samples, tokenizer = taken(ASKED)

    text = tokenizer.decode(samples.tokens.of(0)[0])

    assert tokenizer.apply_chat_template(ASKED, tokenize=False) == text


def test_a_system_turn_is_read_and_not_learned() -> None:
    samples, tokenizer = taken([{"role": "system", "content": "Be brief."}, *ASKED])

    assert "Be brief." in tokenizer.decode(samples.tokens.of(0)[0])
    assert "Be brief." not in learned(samples, tokenizer)


def test_over_length_is_excluded_and_not_cut() -> None:
    long = [ASKED[0], {"role": "assistant", "content": "word " * 50}]

    samples, _ = taken(long, ASKED, limit=100)

    assert [("over_length", 0)] == [(e["reason"], e["position"]) for e in samples.excluded.to_pylist()]
    assert samples.excluded.to_pylist()[0]["tokens"] > 250
    assert [1] == samples.rows.column("position").to_pylist()
    assert [0] == samples.rows.column("number").to_pylist()


def test_a_sample_of_exactly_the_limit_is_kept() -> None:
    length = len(taken(ASKED)[0].tokens.ids)

    assert 1 == len(taken(ASKED, limit=length)[0])
    assert 0 == len(taken(ASKED, limit=length - 1)[0])


@pytest.mark.parametrize(
    "turns",
    [
        [{"role": "user", "content": "Nobody answers."}],
        [{"role": "system", "content": "x"}, {"role": "user", "content": "y"}],
    ],
)
def test_without_an_answer_there_is_nothing_to_learn(turns: Any) -> None:
    samples, _ = taken(turns, ASKED)

    assert {"no_supervised_token": 1} == samples.reasons


def test_an_empty_conversation_is_excluded() -> None:
    samples, _ = taken([], ASKED)

    assert {"template_refused": 1} == samples.reasons


def test_a_conversation_that_the_template_refuses_is_excluded_by_itself() -> None:
    strict = "{% if messages[0].role != 'user' %}{{ raise_exception('no') }}{% endif %}" + CHATML

    samples, _ = taken([{"role": "system", "content": "x"}, *ASKED], ASKED, template=strict)

    assert {"template_refused": 1} == samples.reasons
    assert 1 == len(samples)


def test_a_template_that_rewrites_earlier_turns_excludes_what_it_rewrites() -> None:
    forgetful = UNMARKED.replace(
        "{{- message.content + '<|im_end|>' }}",
        "{{- (message.content if loop.last else 'gone') + '<|im_end|>' }}",
        1,
    )

    samples, tokenizer = taken(ASKED, AGAIN, template=forgetful)

    assert {"template_refused": 1} == samples.reasons
    assert "Ten 元 🙂<|im_end|>" == learned(samples, tokenizer)


def test_plain_text_is_learned_whole_with_its_end() -> None:
    samples, tokenizer = taken([{"role": "text", "content": "A note."}])

    assert "A note.<|im_end|>" == learned(samples, tokenizer)
    assert [7] == samples.rows.column("supervised").to_pylist()  # the first of 8 tokens follows nothing


def test_empty_text_is_excluded() -> None:
    samples, _ = taken([{"role": "text", "content": ""}], ASKED)

    assert {"no_supervised_token": 1} == samples.reasons


def test_a_template_without_an_assistant_part_is_refused() -> None:
    silent = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"

    with pytest.raises(TemplateError, match="no assistant part"):
        taken(ASKED, template=silent)


def test_a_tokenizer_without_a_template_says_how_to_give_one() -> None:
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = None

    with pytest.raises(TemplateError) as caught:
        template_of(tokenizer)

    assert "template=chatml" in caught.value.hint
    assert "chatml" == template_of(tokenizer, "chatml").origin


def test_a_template_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.jinja"
    path.write_text(UNMARKED)

    assert UNMARKED == template_of(byte_tokenizer(), str(path)).source
    with pytest.raises(TemplateError, match="cannot be read"):
        template_of(byte_tokenizer(), str(tmp_path / "absent.jinja"))


def test_a_template_runs_in_a_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "evil.jinja"
    path.write_text("{{ messages.__class__.__mro__[1].__subclasses__() }}")

    with pytest.raises(TemplateError):
        template_of(byte_tokenizer(), str(path))


def test_a_tokenizer_without_offsets_is_refused() -> None:
    class Slow:
        is_fast = False

    with pytest.raises(ModelError, match="where its tokens stand"):
        tokenised([], Slow(), None, 10)


def test_a_token_that_begins_before_the_answer_is_not_learned() -> None:
    offsets = [(0, 2), (2, 5), (5, 5), (5, 7), (7, 9), (9, 12)]

    assert [False, False, False, True, True, False] == within([(4, 9)], offsets).tolist()
    assert [True, False, False, False, True, True] == within([(0, 2), (7, 12)], offsets).tolist()
    assert [False] * 6 == within([], offsets).tolist()


@pytest.mark.shared
def test_qwen3_learns_what_its_template_writes_for_the_assistant(shared_models: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(shared_models / "qwen3_tokenizer"))
    template = template_of(tokenizer)
    rows = [{"conversation": c, "prompt": "", "response": ""} for c in (ASKED, AGAIN)]

    samples = tokenised([members(rows)], tokenizer, template, 1000)

    assert "TRL" in template.origin
    assert "<think>\n\n</think>\n\nTen 元 🙂<|im_end|>\n" == learned(samples, tokenizer)
    assert learned(samples, tokenizer, 1).endswith("Nine.<|im_end|>\n")


@pytest.mark.shared
def test_a_template_that_nobody_marked_is_understood(shared_models: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(shared_models / "minimind2_small_hf_fp16"))
    rows = [{"conversation": c, "prompt": "", "response": ""} for c in (ASKED, AGAIN)]

    samples = tokenised([members(rows)], tokenizer, template_of(tokenizer), 1000)

    assert {} == samples.reasons
    assert "Ten 元 🙂<|im_end|>" == learned(samples, tokenizer)
