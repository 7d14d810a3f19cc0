"""Chat messages as the tokens a model is given: through its chat template, or as plain text where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.errors import InputError
from training.evaluation.asking import Chat, as_messages
from training.evaluation.functionals import Continuation

VOCABULARIES = ("tokenizer.json", "*.model", "vocab.*", "*.tiktoken")
"""One of these is in every folder with a tokenizer; without one, transformers 5.24 gives an empty tokenizer."""


@dataclass(frozen=True)
class Renderer:
    """A tokenizer, and whether the model is to think before it answers (None: as its template has it)."""

    tokenizer: Any
    thinking: bool | None = None

    @property
    def has_template(self) -> bool:
        """False for a base model, which is asked in plain text."""
        return bool(getattr(self.tokenizer, "chat_template", None))

    def prompt(self, chat: Chat) -> str:
        """The text that the model goes on from when it answers."""
        return self._render(chat, self.thinking)

    def direct_prompt(self, chat: Chat) -> str:
        """The same where the answer follows at once: without a thinking part, as far as the template knows of any."""
        return self._render(chat, False)

    def tokens(self, prompt: str) -> list[int]:
        """The prompt's tokens. A template writes the special ones itself; plain text gets those of the tokenizer."""
        found: list[int] = self.tokenizer(prompt, add_special_tokens=not self.has_template)["input_ids"]
        return found

    def continuation(self, prompt: str, answer: str) -> Continuation:
        """Prompt and answer apart, as the model would have written the one after the other."""
        return self.continuations(prompt, (answer,))[0]

    def continuations(self, prompt: str, answers: Sequence[str]) -> list[Continuation]:
        """The same prompt with each answer."""
        before = tuple(self.tokens(prompt))
        after = [self.tokenizer(answer, add_special_tokens=False)["input_ids"] for answer in answers]
        return [Continuation(before, tuple(tokens)) for tokens in after]

    def _render(self, chat: Chat, thinking: bool | None) -> str:
        if not self.has_template:
            return "".join(f"{message.content}\n\n" for message in chat)
        extra = {} if thinking is None else {"enable_thinking": thinking}
        text: str = self.tokenizer.apply_chat_template(
            as_messages(chat), tokenize=False, add_generation_prompt=True, **extra
        )
        return text


def load_tokenizer(name: str, *, offline: bool) -> Any:
    """The tokenizer of a folder or a hub name.

    Raises:
        InputError: there is none that can be read.
    """
    from transformers import AutoTokenizer

    folder = Path(name)
    hint = "give a model's folder or its name on the hub"
    if folder.is_dir() and not any(any(folder.glob(pattern)) for pattern in VOCABULARIES):
        raise InputError("this folder holds no tokenizer", where=name, hint=hint)
    try:
        return AutoTokenizer.from_pretrained(
            name, local_files_only=offline or folder.is_dir(), trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("no tokenizer can be read here", where=name, hint=hint) from error
