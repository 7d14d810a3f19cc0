"""Small models and items for tests of evaluation."""

from __future__ import annotations

import random
from typing import Any

from training.evaluation.functionals import Continuation


def tiny_qwen3(seed: int = 0, vocabulary: int = 97) -> Any:
    """A Qwen3 of 30,000 random weights, in float64 so that identities can be shown."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        initializer_range=0.2,
    )
    return Qwen3ForCausalLM(config).double().eval()


def continuations(count: int, seed: int = 0, vocabulary: int = 97) -> list[Continuation]:
    """Rows of different lengths."""
    draw = random.Random(seed)

    def tokens(least: int, most: int) -> tuple[int, ...]:
        return tuple(draw.randrange(vocabulary) for _ in range(draw.randint(least, most)))

    return [Continuation(tokens(1, 12), tokens(1, 6)) for _ in range(count)]
