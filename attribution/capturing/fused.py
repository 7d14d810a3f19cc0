"""An output layer that is one with the loss, as TRL has it: the logits are never made, so no tap on the layer fires.

TRL's head goes from hidden states to each token's log-probability in tiles. What goes in is what the model below it
gives, and what comes back is the gradient of each log-probability; the gradient of the logits follows from both:

    d logits = d log p (one-hot(token) - softmax(logits))

and with it the weight's gradient for each sample. Logits are made for one sample at a time, and only where something
came back. Heads that bend their logits (soft caps, scales) do not add up here, and are refused where shares and
gradient are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from attribution.capturing.capture import Capture

LABELS, FUSED = "labels", "fused_lm_head"
"""What TRL's forward is told."""


def fused_taps(capture: Capture, model: torch.nn.Module, tap: Any) -> list[Any]:
    """Hooks on every model of which the output layer is traced; they do nothing where its forward is not the fused one.

    Args:
        tap: (output, input, taken) -> output; see `capture._Tap`.
    """
    hooks: list[Any] = []
    for name, module in model.named_modules():
        head = _output_layer(module)
        if head is not None and id(head.weight) in capture.layout.places:
            hooks += _hooks(capture, name, module, head, tap)
    return hooks


def log_probability(head: Any, x: Tensor, back: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Shares of an output layer that is one with the loss.

    Args:
        x: (n, t, width) hidden states.
        back: (n, t, 2) gradient of each log-probability, and the token it is of; below 0 where none is learned.
    """
    weight, bias = head.weight, head.bias
    work = torch.promote_types(x.dtype, torch.float32)
    weights = torch.zeros(len(x), *weight.shape, dtype=work, device=x.device)
    biases = torch.zeros(len(x), len(weight), dtype=work, device=x.device)
    for n in range(len(x)):
        learned = (back[n, :, 0] != 0) & (back[n, :, 1] >= 0)
        hidden, sent, tokens = x[n, learned], back[n, learned, 0].to(work), back[n, learned, 1].long()
        logits = torch.nn.functional.linear(hidden, weight.to(hidden.dtype), _like(bias, hidden))
        slopes = logits.to(work).softmax(-1).mul_(-sent.unsqueeze(1))
        slopes[torch.arange(len(tokens), device=tokens.device), tokens] += sent
        weights[n], biases[n] = slopes.T @ hidden.to(work), slopes.sum(0)
    yield "weight", weights
    if bias is not None and bias.requires_grad:
        yield "bias", biases


def _hooks(capture: Capture, name: str, module: Any, head: torch.nn.Module, tap: Any) -> list[Any]:
    last: list[Tensor] = []

    def below(_: Any, args: Any, output: Any) -> None:
        last[:] = (
            [output.last_hidden_state] if capture.active and hasattr(output, "last_hidden_state") else []
        )

    def above(_: Any, args: Any, kwargs: Mapping[str, Any], output: Any) -> Any:
        if not (last and kwargs.get(FUSED) and capture.active and output.log_probs.requires_grad):
            return None
        tokens = kwargs[LABELS][:, 1:]

        def taken(x: Tensor, back: Tensor) -> None:
            wide = back.float()  # as TRL has it; a token's number is exact in it up to 16 million
            sent = torch.stack([wide, tokens.to(wide)], -1)
            padded = torch.nn.functional.pad(sent, (0, 0, 0, 1))  # nothing follows the last position
            capture.take(name, head, log_probability, x, padded)

        output.log_probs = tap(output.log_probs, last.pop().detach(), taken)
        return output

    return [
        module.base_model.register_forward_hook(below),
        module.register_forward_hook(above, with_kwargs=True),
    ]


def _output_layer(module: torch.nn.Module) -> Any:
    """The layer that a causal language model makes its logits with; None of any other module."""
    layers = {id(child): child for child in module.children() if isinstance(child, torch.nn.Linear)}
    if not layers or not hasattr(module, "base_model_prefix"):
        return None
    named: Any = module
    return layers.get(id(named.get_output_embeddings()))


def _like(bias: Any, hidden: Tensor) -> Any:
    return None if bias is None else bias.to(hidden.dtype)
