"""Answers of a model that is in this process: sampled, in batches, without touching the random numbers of training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.difficulty.estimating import Answers, Messages

if TYPE_CHECKING:
    from training.models.loading import ModelSpec


@dataclass(frozen=True)
class Sampling:
    """How answers are sampled.

    Attributes:
        max_new_tokens: the longest answer; one that is cut here is judged as it is.
        temperature: above 0; 1 is the model's own distribution, which GRPO trains on.
        top_p: share of the distribution that is sampled from, above 0 up to 1.
        batch: answers sampled at the same time.
        seed: of the sampling; the same seed, model and batch give the same answers on one machine.
    """

    max_new_tokens: int = 256
    temperature: float = 1.0
    top_p: float = 1.0
    batch: int = 64
    seed: int = 0


def answering(model: Any, tokenizer: Any, sampling: Sampling) -> Answers:
    """The model as something that answers prompts; it may be in training meanwhile and is left as it was."""

    def answers(prompts: Sequence[Messages], k: int) -> list[list[str]]:
        repeated = [prompt for prompt in prompts for _ in range(k)]
        said: list[str] = []
        with _apart(model, sampling.seed):
            for start in range(0, len(repeated), sampling.batch):
                said += _answered(model, tokenizer, repeated[start : start + sampling.batch], sampling)
        return [said[i * k : (i + 1) * k] for i in range(len(prompts))]

    return answers


def loaded_when_asked(spec: ModelSpec, sampling: Sampling) -> Answers:
    """A reference model as something that answers prompts: in memory only while it answers."""

    def answers(prompts: Sequence[Messages], k: int) -> list[list[str]]:
        from training.data.template import template_of
        from training.failures import only_our_words
        from training.models.loading import load_model, load_tokenizer
        from training.models.placement import placed
        from training.settings import TrainSettings

        settings = TrainSettings()
        placement, tokenizer = placed(settings), load_tokenizer(spec)
        tokenizer.chat_template = tokenizer.chat_template or template_of(tokenizer).source
        with only_our_words(), own_numbers():  # loading sets the seed of everything
            model = load_model(spec, settings, placement, tokenizer, keep_base=Path()).model
        return answering(model.to(placement.device), tokenizer, sampling)(prompts, k)

    return answers


@contextmanager
def own_numbers() -> Iterator[None]:
    """Whatever draws random numbers inside, those outside go on as if it had not."""
    import random

    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])


@contextmanager
def _apart(model: Any, seed: int) -> Iterator[None]:
    """Evaluation mode and random numbers of our own; both are as they were afterwards."""
    import torch

    training = model.training
    with own_numbers(), torch.no_grad():
        torch.manual_seed(seed)
        model.eval()
        try:
            yield
        finally:
            model.train(training)


def _answered(model: Any, tokenizer: Any, prompts: list[Messages], sampling: Sampling) -> list[str]:
    import torch

    ids = [_prompt_ids(tokenizer, prompt) for prompt in prompts]
    longest = max(map(len, ids))
    padding = _padding(tokenizer)
    tokens = torch.tensor(
        [[padding] * (longest - len(own)) + own for own in ids]
    )  # (B, P), padded on the left
    mask = torch.tensor([[0] * (longest - len(own)) + [1] * len(own) for own in ids])
    made = model.generate(
        input_ids=tokens.to(model.device),
        attention_mask=mask.to(model.device),
        do_sample=True,
        top_k=0,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_new_tokens=sampling.max_new_tokens,
        pad_token_id=padding,
        eos_token_id=_ends(model, tokenizer),
    )
    said: list[str] = tokenizer.batch_decode(made[:, longest:], skip_special_tokens=True)
    return said


def _prompt_ids(tokenizer: Any, prompt: Messages) -> list[int]:
    found = tokenizer.apply_chat_template(
        list(prompt), add_generation_prompt=True, tokenize=True, return_dict=True
    )
    return list(found["input_ids"])


def _padding(tokenizer: Any) -> int:
    given = tokenizer.pad_token_id
    return int(tokenizer.eos_token_id if given is None else given)


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Every token that ends an answer, by the model's word and the tokenizer's."""
    own = model.generation_config.eos_token_id
    known = own if isinstance(own, list) else [own]
    return sorted({int(i) for i in [*known, tokenizer.eos_token_id] if i is not None})
