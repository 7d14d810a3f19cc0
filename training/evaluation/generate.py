"""Transformers in this process: a model loaded with care, answers in batches, log-likelihoods of answers."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import GovernError, UsageError
from training.evaluation.asking import Chat, Failed, Likelihood, Question, Said
from training.evaluation.loglik import likelihoods
from training.evaluation.rendering import Renderer, load_tokenizer
from training.models.files import base_of
from training.models.loading import ModelSpec, locate, read_model

if TYPE_CHECKING:
    import torch

UNLIMITED = 1 << 30  # tokenizers and configurations say so by a huge number, or by none
DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn.

    Attributes:
        max_new_tokens: an answer is cut there; results say so.
        temperature: 0 always takes the likeliest token, so nothing is random.
    """

    max_new_tokens: int
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class LocalModel:
    """A model in this process, as a `Backend`."""

    model: Any
    renderer: Renderer
    sampling: Sampling
    batch: int = 8
    parallel: int = 1

    @property
    def context(self) -> int:
        """Tokens the model was made for, prompt and answer together."""
        found = getattr(self.model.config, "max_position_embeddings", None)
        return int(found) if found else UNLIMITED

    def generate(self, chats: Sequence[Chat]) -> list[Said | Failed]:
        """What the model says to each; a prompt that leaves no room for an answer is not asked."""
        prompts = [self.renderer.tokens(self.renderer.prompt(chat)) for chat in chats]
        fits = [i for i, p in enumerate(prompts) if len(p) + self.sampling.max_new_tokens <= self.context]
        said = dict(zip(fits, self._answers([prompts[i] for i in fits]), strict=True))
        return [said.get(i) or Failed(self._too_long(len(p))) for i, p in enumerate(prompts)]

    def likelihoods(self, questions: Sequence[Question]) -> list[tuple[Likelihood, ...] | Failed]:
        """The log-likelihood of each answer of each question."""
        with _explained_memory():
            return likelihoods(self.model, self.renderer, questions, self.batch, self.context)

    def stop(self) -> None:
        """Nothing is waited for in this process."""

    def _answers(self, prompts: Sequence[Sequence[int]]) -> list[Said]:
        import torch

        if not prompts:
            return []
        started = time.monotonic()
        tokenizer, device = self.renderer.tokenizer, self.model.device
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self._stops()[0]
        width = max(map(len, prompts))
        ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        torch.manual_seed(_seed(self.sampling.seed, prompts))
        with torch.inference_mode(), _explained_memory():
            found = self.model.generate(
                input_ids=ids, attention_mask=mask, generation_config=self._settings(pad)
            )[:, width:].tolist()
        each = (time.monotonic() - started) / len(prompts)
        return [self._said(row, len(p), each) for row, p in zip(found, prompts, strict=True)]

    def _said(self, tokens: list[int], prompt_tokens: int, seconds: float) -> Said:
        """The answer up to the token that ends it, as text without special tokens."""
        stops = set(self._stops())
        end = next((i for i, token in enumerate(tokens) if token in stops), None)
        spoken = tokens if end is None else tokens[:end]
        text = self.renderer.tokenizer.decode(spoken, skip_special_tokens=True)
        said = len(spoken) + (end is not None)
        return Said(text, "length" if end is None else "stop", prompt_tokens, said, seconds)

    def _stops(self) -> list[int]:
        """Tokens that end an answer: those of the model's settings, and the tokenizer's own."""
        given = self.model.generation_config.eos_token_id
        listed = given if isinstance(given, list) else [] if given is None else [given]
        own = self.renderer.tokenizer.eos_token_id
        return sorted({*listed, *([] if own is None else [own])})

    def _settings(self, pad: int) -> Any:
        """The model's own settings of generation, with length, temperature and end as this evaluation has them."""
        settings = copy.deepcopy(self.model.generation_config)
        sampled = self.sampling.temperature > 0
        settings.do_sample = sampled
        settings.temperature = self.sampling.temperature if sampled else None
        if not sampled:  # they mean nothing now, and transformers warns of each
            settings.top_p = settings.top_k = settings.min_p = settings.typical_p = None
        settings.max_length = None
        settings.max_new_tokens = self.sampling.max_new_tokens
        settings.eos_token_id = self._stops() or None
        settings.pad_token_id = pad
        return settings

    def _too_long(self, tokens: int) -> str:
        return (
            f"a prompt of {tokens:,} tokens leaves no room for {self.sampling.max_new_tokens:,} more"
            f" in the model's {self.context:,}"
        )


def quiet_libraries() -> None:
    """Progress bars and advice of the libraries stay away from stderr, where this program's own line moves."""
    from transformers.utils import logging

    library: Any = logging
    library.set_verbosity_error()
    library.disable_progress_bar()


def load_model(
    name: str, *, allow_pickle: bool = False, offline: bool = True, dtype: str = "auto", device: str = "auto"
) -> tuple[Any, Any]:
    """(model, tokenizer) of a folder, an adapter's folder or a hub name, ready to answer.

    Code that comes with a model is never run. `auto` takes the weights' own precision on a GPU and float32 on a CPU,
    where half precision is slower and less exact.

    Raises:
        ModelError: there is no such model, it cannot be loaded, or holds pickles that are not allowed.
        UsageError: a device that is not there.
    """
    import torch

    spec = ModelSpec(name, offline=offline, allow_pickle=allow_pickle)
    folder, place = locate(spec), _device(device)
    kind = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}.get(dtype)
    if kind is None and place.type == "cpu":
        kind = torch.float32
    model = read_model(folder, spec, "auto" if kind is None else kind)
    return model.to(place).eval(), _tokenizer(folder, offline)


def _tokenizer(folder: Path, offline: bool) -> Any:
    """An adapter's folder may hold a tokenizer of its own; else its base's is used."""
    base = base_of(folder)
    own = (folder / "tokenizer_config.json").is_file()
    return load_tokenizer(str(folder) if own or base is None else base, offline=offline)


def _device(wanted: str) -> torch.device:
    import torch

    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError("there is no GPU that torch can use", where="--device", hint="--device cpu")
    return torch.device(wanted)


def _seed(seed: int, prompts: Sequence[Sequence[int]]) -> int:
    """A seed that the batch decides, so that a resumed evaluation draws what it would have drawn."""
    digest = hashlib.sha256(f"{seed}\n{list(map(list, prompts))}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


@contextmanager
def _explained_memory() -> Iterator[None]:
    """Running out of memory becomes an error that says what to change."""
    import torch

    try:
        yield
    except (torch.cuda.OutOfMemoryError, MemoryError) as error:
        hint = "give a smaller --batch-size or --max-new-tokens, then --resume"
        raise GovernError("the model and its batch do not fit into memory", hint=hint) from error
