"""About how much memory a run needs, from the shape of the model alone: no weights are read.

    weights      4 bytes a parameter, 2 where frozen ones are kept in bfloat16
    gradients    4 bytes a trained parameter
    optimizer    8 bytes a trained parameter (Adam's two moments)
    activations  what the backward pass needs of the longest micro-batch: of every layer, or of one layer and the
                 inputs of the others where activations are computed again; and the logits of one tile

Good to some 30 %: libraries' workspaces and fragmentation are not in it, and neither is the attention's own matrix,
which flash attention and torch's fused kernels never hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from training.models.loading import with_adapters
from training.models.placement import Placement
from training.settings import TrainSettings

TILE = 32_768  # logits a token that TRL's fused output layer holds at once


@dataclass(frozen=True)
class Memory:
    """Bytes, and the parameters they are counted from."""

    trained: int
    parameters: int
    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.weights + self.gradients + self.optimizer + self.activations


def estimated(config: Any, settings: TrainSettings, placement: Placement, tokens: int) -> Memory:
    """The memory of a run whose longest micro-batch has so many tokens, padding among them."""
    trained, every = parameters(config, settings)
    frozen = (2 if placement.half_weights else 4) * (every - trained)
    return Memory(
        trained=trained,
        parameters=every,
        weights=frozen + 4 * trained,
        gradients=4 * trained,
        optimizer=8 * trained,
        activations=activations(config, placement, tokens),
    )


def parameters(config: Any, settings: TrainSettings) -> tuple[int, int]:
    """(trained, all), counted on a model without memory."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
        model = with_adapters(model, settings.lora) if settings.lora.rank else model
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, trained in sizes if trained), sum(n for n, _ in sizes)


def activations(config: Any, placement: Placement, tokens: int) -> int:
    """Bytes that one micro-batch leaves for its backward pass."""
    width = 2 if placement.bf16 else 4
    hidden, heads = config.hidden_size, config.num_attention_heads
    head = getattr(config, "head_dim", None) or hidden // heads
    groups = getattr(config, "num_key_value_heads", None) or heads
    attention = 3 * heads * head + 2 * groups * head  # queries, keys, values, the output and its input
    layer = tokens * width * (6 * hidden + attention + 4 * config.intermediate_size)
    layers = config.num_hidden_layers
    kept = layer + layers * tokens * width * hidden if placement.checkpointing else layers * layer
    return int(kept + 2 * tokens * 4 * min(config.vocab_size, TILE))
