from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from governance.errors import GovernError, UsageError
from tests.training.evaluation.builders import byte_tokenizer
from tests.training.evaluation.edge import (
    Edge,
    Reply,
    completion,
    drip,
    edge,
    half,
    half_a_stream,
    says,
    silence,
)
from training.evaluation.asking import Failed, Likelihood, Message, Question, Said
from training.evaluation.rendering import Renderer
from training.evaluation.server import Address, ServerModel, Wish, without_credentials


def server(at: Edge, renderer: Renderer | None = None, **more: Any) -> ServerModel:
    values = {"pause": 0.01, "timeout": 0.4, "retries": 2, **more}
    return ServerModel(Address(at.url, "small", **values), Wish(16), renderer)


def ask(at: Edge, number: int = 3, **more: Any) -> Said | Failed:
    with server(at, **more) as model:
        return model.generate([(Message("user", f"What is twice {number}?"),)])[0]


def test_an_answer_comes_with_its_tokens_and_the_request_says_what_was_wished():
    with edge() as at:
        found = ask(at)

        assert isinstance(found, Said)
        assert ("#### 6", "stop", 7, 3) == (
            found.text,
            found.finish,
            found.prompt_tokens,
            found.output_tokens,
        )
        assert {
            "model": "small",
            "messages": [{"role": "user", "content": "What is twice 3?"}],
            "max_tokens": 16,
            "temperature": 0.0,
            "seed": 0,
            "stream": False,
        } == at.bodies[0]
        assert "authorization" not in {name.lower() for name in at.headers[0]}


def test_a_key_is_sent_and_never_shown():
    with edge() as at:
        ask(at, key="secret-key")

        assert "Bearer secret-key" == {k.lower(): v for k, v in at.headers[0].items()}["authorization"]
    assert "secret-key" not in repr(Address("http://h/v1", "m", "secret-key"))


@pytest.mark.parametrize(
    "bad",
    [
        says(b"", 500),
        says(b"too many", 429),
        says(b"<html>gateway</html>", 503),
        says(b"not json"),
        says(b"[1, 2]"),
        says(b"{}"),
        says(b'{"choices": []}'),
        says(b'{"choices": [{"message": 5}]}'),
        says(b'{"choices": [{"message": {"content": {"a": 1}}}]}'),
        says(b"[" * 100_000),
        says(b"\xff\xfe\x00"),
        says(b"", content_encoding="gzip"),
        says(b"not gzip", content_encoding="gzip"),
        half,
        half_a_stream,
        silence,
        drip,
    ],
)
def test_what_another_try_mends_is_tried_again(bad: Reply):
    with edge(bad) as at:
        found = ask(at)

        assert isinstance(found, Said), found
        assert "#### 6" == found.text
        assert [2] == list(at.requests.values())


def test_after_the_last_try_the_item_has_failed_and_the_reason_says_how():
    with edge(*[says(b"no", 500)] * 9) as at:
        assert Failed("the server answered 500, in 3 tries") == ask(at)
    with edge(*[says(b"nonsense")] * 9) as at:
        assert Failed("the answer is not JSON, in 3 tries") == ask(at)
    with edge(*[half] * 9) as at:
        assert Failed("the answer broke off, in 3 tries") == ask(at)
    with edge(*[silence] * 9) as at:
        assert Failed("no whole answer within 0.2 seconds, in 2 tries") == ask(at, retries=1, timeout=0.2)
    with edge(*[says(b"no", 500)] * 9) as at:
        assert Failed("the server answered 500") == ask(at, retries=0)


def test_a_drip_that_never_ends_is_a_timeout():
    with edge(*[drip] * 9) as at:
        started = time.monotonic()
        assert Failed("no whole answer within 0.3 seconds") == ask(at, retries=0, timeout=0.3)
        assert time.monotonic() - started < 5


def test_the_server_may_say_how_long_to_wait():
    with edge(says(b"", 429, retry_after="0.3")) as at:
        started = time.monotonic()
        ask(at)
        assert 0.3 <= time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("2", 2, 2),
        ("0", 0, 0),
        ("-5", 0, 0),
        ("1e9", 60, 60),
        ("nan", 0, 1),
        ("soon", 0, 1),
        ("", 0, 1),
        (timedelta(seconds=30), 20, 30),
        (timedelta(seconds=-30), 0, 0),
        (timedelta(days=30), 60, 60),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_has_a_bound(value: str | timedelta, least: float, most: float):
    from training.evaluation.server import AgainError, _asked_pause

    if isinstance(value, timedelta):
        value = format_datetime(datetime.now(UTC) + value)
    with ServerModel(Address("http://127.0.0.1:1/v1", "m"), Wish(1)) as model:
        assert least <= model._pause(0, AgainError("", _asked_pause(value)), {}) <= most


def test_pauses_grow_to_a_bound():
    from training.evaluation.server import AgainError

    with ServerModel(Address("http://127.0.0.1:1/v1", "m", pause=1, longest_pause=60), Wish(1)) as model:
        pauses = [model._pause(n, AgainError(""), {"a": 1}) for n in range(12)]

    assert all(0.5 * 2**n <= p <= 2**n for n, p in enumerate(pauses[:6]))
    assert all(30 <= p <= 60 for p in pauses[6:])


@pytest.mark.parametrize("status", [301, 401, 403, 404])
def test_what_no_request_can_mend_ends_the_evaluation(status: int):
    with edge(says(b'{"error": "no such model: \x1b[31m"}', status)) as at:
        with pytest.raises(GovernError, match=f"refuses what it is asked \\({status}\\)") as refused:
            ask(at)

    assert "no such model" in refused.value.hint
    assert "\x1b" not in refused.value.hint


def test_one_refused_item_fails_alone():
    with edge(says(b'{"error": "context length exceeded"}', 400)) as at:
        assert Failed("the server refused it (400)") == ask(at)


def test_a_server_that_never_answers_is_given_up():
    with edge(*[says(b"no", 500)] * 99) as at, server(at, retries=0) as model:
        assert Failed("the server answered 500") == model.generate([(Message("user", "a"),)])[0]
        model.generate([(Message("user", "b"),)])
        with pytest.raises(GovernError, match="3 items in a row have failed"):
            model.generate([(Message("user", "c"),)])
        assert 3 == len(at.bodies)


def test_a_server_that_is_not_there_is_given_up():
    with ServerModel(Address("http://127.0.0.1:9/v1", "m", retries=1, pause=0.01), Wish(1)) as model:
        chat = (Message("user", "a"),)
        assert [Failed("the server could not be reached, in 2 tries")] * 2 == model.generate([chat, chat])
        with pytest.raises(GovernError, match="could not be reached"):
            model.generate([chat])


def test_thinking_that_the_server_took_out_is_put_back_so_that_scorers_see_it_ended():
    with edge(says(completion("#### 6", reasoning_content="twice 3 is 6"))) as at:
        found = ask(at)
    assert isinstance(found, Said)
    assert "<think>twice 3 is 6</think>#### 6" == found.text

    with edge(says(completion("", reasoning_content="twice 3 is"))) as at:
        found = ask(at)
    assert isinstance(found, Said)
    assert "<think>twice 3 is" == found.text


def test_odd_but_honest_answers_are_read():
    parts = [{"type": "text", "text": "#### "}, {"type": "text", "text": "6"}]
    for message in ({"content": parts}, {"content": "#### 6", "tool_calls": []}):
        body = json.dumps({"choices": [{"message": message, "finish_reason": "weird"}], "usage": "none"})
        with edge(says(body.encode())) as at:
            found = ask(at)
        assert isinstance(found, Said)
        assert ("#### 6", "", None, None) == (
            found.text,
            found.finish,
            found.prompt_tokens,
            found.output_tokens,
        )


def test_a_lone_surrogate_in_an_answer_does_not_reach_the_disk():
    with edge(says(b'{"choices": [{"message": {"content": "a\\ud800"}}]}')) as at:
        found = ask(at)

    assert isinstance(found, Said)
    assert "a?" == found.text


def test_whether_to_think_goes_to_the_chat_template():
    with edge() as at:
        with ServerModel(Address(at.url, "m"), Wish(4, thinking=False)) as model:
            model.generate([(Message("user", "a"),)])
        assert {"enable_thinking": False} == at.bodies[0]["chat_template_kwargs"]


def echo(handler: Any, body: dict[str, Any]) -> None:
    """Token t of the prompt has log-probability -t / 100; one more token is made up at the end."""
    values = [None, *(-t / 100 for t in body["prompt"][1:]), -0.1]
    handler.send(
        200, json.dumps({"choices": [{"text": "!", "logprobs": {"token_logprobs": values}}]}).encode()
    )


def likely(at: Edge, *answers: str, **more: Any) -> tuple[Likelihood, ...] | Failed:
    with server(at, Renderer(byte_tokenizer()), **more) as model:
        return model.likelihoods([Question((Message("user", "What is twice 3?"),), answers)])[0]


def test_log_likelihoods_come_from_a_prompt_that_is_repeated_token_by_token():
    tokenizer = byte_tokenizer()
    six, zero = tokenizer("60")["input_ids"]
    with edge(echo, echo) as at:
        found = likely(at, "6", "600")

        assert not isinstance(found, Failed)
        assert pytest.approx([-six / 100, -(six + 2 * zero) / 100]) == [one.nats for one in found]
        assert [1, 3] == [one.tokens for one in found]
        prompt = tokenizer.decode(at.bodies[1]["prompt"])
        assert prompt.endswith(
            "What is twice 3?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n600"
        )
        assert at.bodies[0]["echo"] is True


def test_tries_are_made_again_for_log_likelihoods_too():
    with edge(says(b"", 503), says(b"nonsense"), echo) as at:
        assert not isinstance(likely(at, "6"), Failed)


@pytest.mark.parametrize(
    "reply",
    [
        says(completion("no")),
        says(b'{"choices": [{"logprobs": {"token_logprobs": [null, -1.0]}}]}'),
        says(b'{"error": "echo is not supported"}', 400),
        says(b'{"detail": "prompt must be a string"}', 422),
    ],
)
def test_a_server_without_log_probabilities_ends_the_evaluation_at_once(reply: Reply):
    with edge(*[reply] * 9) as at:
        with pytest.raises(UsageError, match="gives no log-probabilities of a prompt") as refused:
            likely(at, "6")
        assert 1 == len(at.bodies)
    assert "--method generation" in refused.value.hint


def test_a_log_probability_that_is_none_is_garbage():
    def positive(handler: Any, body: dict[str, Any]) -> None:
        values = [0.5] * len(body["prompt"])
        handler.send(200, json.dumps({"choices": [{"logprobs": {"token_logprobs": values}}]}).encode())

    with edge(echo, *[positive] * 9) as at:
        with server(at, Renderer(byte_tokenizer()), retries=0) as model:
            question = Question((Message("user", "a"),), ("6", "7"))
            assert [Failed("a log-probability is no number")] == model.likelihoods([question])


def test_log_likelihoods_need_the_chat_template():
    with edge() as at, server(at) as model:
        with pytest.raises(UsageError, match="chat template"):
            model.likelihoods([Question((Message("user", "a"),), ("b",))])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("https://user:password@example.org/v1?key=1#a", "https://example.org/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_results_keep_no_credentials(given: str, kept: str):
    assert kept == without_credentials(given)


@pytest.mark.parametrize("given", ["", "127.0.0.1:8000", "file:///etc/passwd", "http://"])
def test_what_is_no_address_is_refused(given: str):
    with pytest.raises(UsageError, match="no address of a server"):
        without_credentials(given)
