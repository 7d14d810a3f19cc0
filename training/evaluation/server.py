"""Any server that speaks OpenAI's protocol: vLLM, SGLang, llama.cpp, `transformers serve` and others.

A server is untrusted: what it sends may be late, cut, endless or nonsense. What another try may mend is tried again
with growing pauses, or after as long as the server asks for; what it will not mend fails the one item, with our words.
A server that has answered nothing at all, or nothing any more, ends the evaluation instead of failing every item.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from governance.answers.extract import THINKING, THOUGHT
from governance.errors import GovernError, UsageError
from governance.safe_text import brief
from training.evaluation.asking import Chat, Failed, Likelihood, Question, Said, as_messages
from training.evaluation.functionals import Continuation
from training.evaluation.loglik import UNWRITABLE
from training.evaluation.rendering import Renderer
from training.evaluation.replies import Garbage, NoLogprobsError, chat_reply, echoed, read_body

TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
HOPELESS = frozenset({401, 403, 404, 405})
"""No other request of this evaluation will fare better."""
NEVER_ANSWERED, GAVE_UP = 3, 20
"""Failures in a row after which a server that never answered, or one that did, is given up."""


@dataclass(frozen=True)
class Address:
    """Where the server is and what it is asked for.

    Attributes:
        base: e.g. http://127.0.0.1:8000/v1
        model: the name the server knows the model by.
        key: sent as a bearer token; in memory only.
        timeout: seconds for one whole answer.
        retries: further tries after the first.
        pause: seconds before the second try; doubled each time, up to `longest_pause`.
    """

    base: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 120.0
    retries: int = 5
    pause: float = 1.0
    longest_pause: float = 60.0
    concurrency: int = 8


@dataclass(frozen=True)
class Wish:
    """What an answer is to be like.

    Attributes:
        thinking: passed on to the chat template where it is not None.
    """

    max_new_tokens: int
    temperature: float = 0.0
    seed: int = 0
    thinking: bool | None = None


class AgainError(Exception):
    """Another try may mend it. `after` is what the server asks for, in seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class ServerModel:
    """A model behind a server, as a `Backend`. Close it, or use it as a context manager."""

    batch = 1

    def __init__(self, address: Address, wish: Wish, renderer: Renderer | None = None) -> None:
        import httpx

        self.address = address
        self.wish = wish
        self.parallel = address.concurrency
        self._renderer = renderer
        self._stopped = threading.Event()
        self._guard = threading.Lock()
        self._answered, self._failed_in_a_row = 0, 0
        self._last_refusal = b""
        headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
        limits = httpx.Limits(max_connections=address.concurrency)
        local = urlsplit(address.base).hostname in {"localhost", "127.0.0.1", "::1"}
        self._client = httpx.Client(
            timeout=address.timeout, headers=headers, limits=limits, trust_env=not local
        )

    def __enter__(self) -> ServerModel:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Connections are closed."""
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Nobody waits any longer before trying again."""
        self._stopped.set()

    def generate(self, chats: Sequence[Chat]) -> list[Said | Failed]:
        """What the model says to each, one after the other; the engine asks side by side."""
        return [self._say(chat) for chat in chats]

    def likelihoods(self, questions: Sequence[Question]) -> list[tuple[Likelihood, ...] | Failed]:
        """The log-likelihood of each answer, from a completion that repeats its prompt with log-probabilities.

        Prompts are sent as tokens, so they are those that the model would get in this process.

        Raises:
            UsageError: the server gives none, or there is no tokenizer to write the prompt with.
        """
        if self._renderer is None:
            raise UsageError(
                "log-likelihoods over a server need the model's chat template",
                where="MODEL",
                hint="give a folder with its tokenizer as MODEL and the server's name for it as --model-name",
            )
        render = self._renderer
        rows = [render.continuations(render.direct_prompt(q.chat), q.answers) for q in questions]
        return [self._likelihoods(of_one) for of_one in rows]

    def _say(self, chat: Chat) -> Said | Failed:
        body: dict[str, Any] = {
            "model": self.address.model,
            "messages": as_messages(chat),
            "max_tokens": self.wish.max_new_tokens,
            "temperature": self.wish.temperature,
            "seed": self.wish.seed,
            "stream": False,
        }
        if self.wish.thinking is not None:
            body["chat_template_kwargs"] = {"enable_thinking": self.wish.thinking}
        started = time.monotonic()
        reply = self._post("chat/completions", body, chat_reply)
        if isinstance(reply, Failed):
            return reply
        thought = f"{THINKING}{reply.reasoning}{THOUGHT if reply.text else ''}" if reply.reasoning else ""
        seconds = time.monotonic() - started
        return Said(thought + reply.text, reply.finish, reply.prompt_tokens, reply.output_tokens, seconds)

    def _likelihoods(self, rows: Sequence[Continuation]) -> tuple[Likelihood, ...] | Failed:
        found = []
        for row in rows:
            one = self._likelihood(row) if row.answer else Failed(UNWRITABLE)
            if isinstance(one, Failed):
                return one
            found.append(one)
        return tuple(found)

    def _likelihood(self, row: Continuation) -> Likelihood | Failed:
        body = {
            "model": self.address.model,
            "prompt": [*row.prompt, *row.answer],
            "max_tokens": 1,  # some servers refuse 0; what it makes up comes after the answer and is not read
            "temperature": 0,
            "echo": True,
            "logprobs": 1,
            "stream": False,
        }
        reason = "it leaves them out"
        try:
            found: Likelihood | Failed = self._post("completions", body, lambda reply: echoed(reply, row))
            if isinstance(found, Likelihood) or self._answered:
                return found
            reason = found.reason
        except NoLogprobsError:
            pass
        what = f"the server gives no log-probabilities of a prompt: {reason}"
        hint = "--method generation, or --backend transformers"
        raise UsageError(what, where=without_credentials(self.address.base), hint=hint)

    def _post(self, path: str, body: Mapping[str, Any], read: Any) -> Any:
        """What `read` makes of the reply, or `Failed` once every try has failed."""
        found: Any = None
        for number in range(self.address.retries + 1):
            try:
                found = self._once(path, body, read)
                break
            except AgainError as again:
                tries = f", in {number + 1} tries" if number else ""
                found = Failed(f"{again.reason}{tries}")
                if number == self.address.retries or self._stopped.wait(self._pause(number, again, body)):
                    break
        self._note(found)
        return found

    def _once(self, path: str, body: Mapping[str, Any], read: Any) -> Any:
        """One try: what was read, or `Failed` where another try is of no use."""
        import httpx

        try:
            with self._client.stream(
                "POST", f"{self.address.base.rstrip('/')}/{path}", json=body
            ) as response:
                content = read_body(response, time.monotonic() + self.address.timeout)
                status, headers = response.status_code, response.headers
        except (httpx.TimeoutException, TimeoutError):
            raise AgainError(f"no whole answer within {self.address.timeout:g} seconds") from None
        except httpx.ConnectError:
            raise AgainError("the server could not be reached") from None
        except Garbage as error:
            raise AgainError(str(error)) from None
        except (httpx.TransportError, httpx.DecodingError, RuntimeError):
            raise AgainError("the answer broke off") from None
        except httpx.InvalidURL as error:
            raise UsageError(
                "this is no address", where=self.address.base, hint="http://HOST:PORT/v1"
            ) from error
        if status in TRY_AGAIN:
            raise AgainError(f"the server answered {status}", _asked_pause(headers.get("retry-after")))
        if status in HOPELESS or 300 <= status < 400:
            raise self._given_up(f"the server refuses what it is asked ({status})", content)
        if status != 200:
            self._last_refusal = content[:2000]
            return Failed(f"the server refused it ({status})")
        try:
            return read(content)
        except Garbage as error:
            raise AgainError(str(error)) from None

    def _given_up(self, what: str, content: bytes) -> GovernError:
        said = brief(" ".join(content[:2000].decode("utf-8", "replace").split()), 200)
        words = f"; the server says: {said}" if said else ""
        hint = f"check --base-url, --model-name and --api-key-env, then --resume{words}"
        where = f"{without_credentials(self.address.base)} as {self.address.model}"
        return GovernError(what, where=where, hint=hint)

    def _pause(self, number: int, again: AgainError, body: Mapping[str, Any]) -> float:
        """Seconds before the next try. What was asked spreads them, so that all do not come back at once."""
        if again.after is not None:
            return min(again.after, self.address.longest_pause)
        digest = hashlib.sha256(f"{number}{body}".encode("utf-8", "replace")).digest()
        spread = 0.5 + digest[0] / 510  # 0.5 to 1
        return float(min(self.address.pause * 2**number, self.address.longest_pause) * spread)

    def _note(self, found: object) -> None:
        """Count, and give up on a server that does not answer."""
        with self._guard:
            failed = isinstance(found, Failed)
            self._failed_in_a_row = self._failed_in_a_row + 1 if failed else 0
            self._answered += not failed
            most = GAVE_UP if self._answered else NEVER_ANSWERED
        if isinstance(found, Failed) and self._failed_in_a_row >= most:
            what = f"{self._failed_in_a_row} items in a row have failed: {found.reason}"
            raise GovernError(
                what, where=self.address.base, hint="look after the server, then go on with --resume"
            )


def without_credentials(address: str) -> str:
    """The address as results keep it: no user, password, query or fragment.

    Raises:
        UsageError: it is no address of a server.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            "this is no address of a server", where="--base-url", hint="http://127.0.0.1:8000/v1"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _asked_pause(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None where it says nothing usable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
