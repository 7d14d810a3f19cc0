"""What a server sent, read as what was asked for; anything else is garbage, said in our words."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.evaluation.asking import Likelihood
from training.evaluation.functionals import Continuation

if TYPE_CHECKING:
    import httpx

LARGEST = 64 << 20
"""Bytes of the longest reply that is read; the log-probabilities of 100,000 tokens take a tenth of it."""


class Garbage(Exception):
    """The reply is not what was asked for."""


class NoLogprobsError(Exception):
    """The server gives no log-probabilities of a prompt; asking again is of no use."""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a chat completion holds.

    Attributes:
        reasoning: thinking that the server has taken out of the text.
        finish: stop or length, in OpenAI's words; empty where it does not say.
    """

    text: str
    reasoning: str
    finish: str
    prompt_tokens: int | None
    output_tokens: int | None


def read_body(response: httpx.Response, deadline: float) -> bytes:
    """The whole body, within a time and a size: a server may send a byte a minute, for ever.

    Raises:
        TimeoutError: it took too long.
        Garbage: it is too large.
    """
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if len(content) > LARGEST:
            raise Garbage(f"the answer is larger than {LARGEST >> 20} MiB")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(content)


def chat_reply(content: bytes) -> ChatReply:
    """The reply of `chat/completions`."""
    reply = _json(content)
    choice = _first(reply)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Garbage("the answer holds no message")
    text = _text(message.get("content"))
    reasoning = _text(message.get("reasoning_content") or message.get("reasoning"))
    usage = reply.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    finish = choice.get("finish_reason")
    return ChatReply(
        text,
        reasoning,
        finish if finish in {"stop", "length"} else "",
        _count(counts.get("prompt_tokens")),
        _count(counts.get("completion_tokens")),
    )


def echoed(content: bytes, row: Continuation) -> Likelihood:
    """The answer's log-likelihood in a completion that repeats the prompt, token by token.

    Raises:
        NoLogprobsError: the reply has no log-probabilities of the prompt.
        Garbage: one of the answer's is no number.
    """
    found = _first(_json(content)).get("logprobs")
    values = found.get("token_logprobs") if isinstance(found, dict) else None
    if not isinstance(values, list) or len(values) < len(row.prompt) + len(row.answer):
        raise NoLogprobsError
    mine = values[len(row.prompt) : len(row.prompt) + len(row.answer)]
    if not all(isinstance(v, int | float) and math.isfinite(v) and v <= 0 for v in mine):
        raise Garbage("a log-probability is no number")
    return Likelihood(math.fsum(mine), len(mine))


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Garbage("the answer is not JSON") from None
    if not isinstance(found, dict):
        raise Garbage("the answer is not a JSON object")
    return found


def _first(reply: dict[str, Any]) -> dict[str, Any]:
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Garbage("the answer holds no choice")
    return choices[0]


def _text(value: object) -> str:
    """A text, or texts in parts; UTF-8 has to hold it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_part(v) for v in value)
    if not isinstance(value, str):
        raise Garbage("the message is no text")
    return value.encode("utf-8", "replace").decode()


def _part(value: object) -> str:
    return _text(value.get("text")) if isinstance(value, dict) else _text(value)


def _count(value: object) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31
    return value if good and isinstance(value, int) else None
