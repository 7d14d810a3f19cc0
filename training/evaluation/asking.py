"""What is asked and what comes back, whoever answers: values that prompts, backends and the engine share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from training.scoring.base import Item


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat: system, user or assistant."""

    role: str
    content: str


Chat = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """An item as it is put to a model.

    Attributes:
        item: the item with its options in the order they are asked in, and its gold to match.
        chat: what is asked where the model may say what it likes.
        direct: what is asked where the answer alone is to follow, for log-likelihoods.
        choices: the answers of a multiple-choice question, as they would follow `direct`; empty where there are none.
        names: what the choices are called in results, e.g. A, B, C, D.
        gold: the right answer as it would follow `direct`; None where it is withheld.
    """

    item: Item
    chat: Chat
    direct: Chat
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    gold: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said.

    Attributes:
        finish: stop, or length where it was cut at the most tokens it may say.
        seconds: wall clock; in a batch each has an equal share.
    """

    text: str
    finish: str
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Likelihood:
    """log p(answer | prompt), summed over the answer's tokens, in nats."""

    nats: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Asking did not work; the reason is in our words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and the answers whose log-likelihood is wanted."""

    chat: Chat
    answers: tuple[str, ...]


class Backend(Protocol):
    """Whoever answers. Asking gives one result for each thing asked, in order."""

    @property
    def batch(self) -> int:
        """Items that are asked together."""

    @property
    def parallel(self) -> int:
        """Batches that may be asked at the same time."""

    def generate(self, chats: Sequence[Chat]) -> list[Said | Failed]:
        """What the model says to each."""

    def likelihoods(self, questions: Sequence[Question]) -> list[tuple[Likelihood, ...] | Failed]:
        """The log-likelihood of each answer of each question."""

    def stop(self) -> None:
        """Nobody waits any longer before trying again."""


def as_json(chat: Chat) -> str:
    """The messages as a JSON list, the way results keep them."""
    return json.dumps([asdict(m) for m in chat], ensure_ascii=False)


def as_messages(chat: Chat) -> list[dict[str, str]]:
    """The messages as chat templates and servers take them."""
    return [asdict(m) for m in chat]
