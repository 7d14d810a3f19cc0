"""What a log of another program holds, in one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a log. Texts are untrusted.

    Attributes:
        key: what the log calls it, unique within the log.
        gold: as it was asked, a letter where there are options; None where the log has none.
        messages: the chat messages that were sent, as JSON; empty where the log does not say.
        output: what the model said, its thoughts in <think>; None where nothing was generated or is left.
        answer: what the program took out of it.
        score: what the program gave, 0 to 1.
        logliks: nats of each option, or of the gold alone where there are no options.
        texts: the texts those are of.
        error: our words, where asking failed.
    """

    key: str
    question: str
    options: tuple[str, ...] = ()
    gold: str | None = None
    subject: str | None = None
    messages: str = ""
    output: str | None = None
    answer: str | None = None
    score: float | None = None
    finish: str = ""
    logliks: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    error: str = ""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Log:
    """One task of one model.

    Attributes:
        program: lm-eval or inspect.
        file: its name, without folders.
        sha256: of the file's bytes.
        started: ISO 8601; empty where the log does not say.
        settings: what the log says about how it was made.
        notes: what was left out, in words.
    """

    program: str
    task: str
    model: str
    file: str
    sha256: str
    started: str
    entries: tuple[Entry, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def number_of(value: Any) -> float | None:
    """A score as a number from 0 to 1: numbers, true and false; None of anything else, and of what is out of range."""
    if isinstance(value, bool | int | float):
        number = float(value)
        return number if 0.0 <= number <= 1.0 else None
    return None


def text_of(value: Any) -> str | None:
    """A value as text that UTF-8 can hold; None of None."""
    if value is None:
        return None
    return str(value).encode("utf-8", "replace").decode()
