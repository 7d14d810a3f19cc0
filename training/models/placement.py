"""What the device allows: where a run computes, in which precision, with which attention, and why."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from governance.errors import UsageError
from training.settings import TrainSettings


@dataclass(frozen=True)
class Placement:
    """How a run computes.

    Attributes:
        device: cpu or cuda.
        bf16: matrix products are in bfloat16 (autocast).
        half_weights: the frozen weights are kept in bfloat16 too; never those that are trained.
        attention: flash_attention_2, sdpa or eager.
        checkpointing: activations are computed again in the backward pass instead of kept.
    """

    device: str
    bf16: bool
    half_weights: bool
    attention: str
    checkpointing: bool


def placed(settings: TrainSettings) -> Placement:
    """The placement that the settings and this machine lead to; UsageError where they exclude each other."""
    import torch

    has_gpu = torch.cuda.is_available()
    if settings.device == "cuda" and not has_gpu:
        raise UsageError("there is no GPU that torch can use", where="device", hint="leave device at auto")
    device = "cuda" if has_gpu and settings.device != "cpu" else "cpu"
    able = device == "cuda" and torch.cuda.is_bf16_supported()
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and able)
    return Placement(
        device=device,
        bf16=bf16,
        half_weights=bf16 and settings.lora.rank > 0,
        attention=_attention(settings.attention, device, bf16),
        checkpointing={"on": True, "off": False}.get(settings.gradient_checkpointing, device == "cuda"),
    )


def _attention(wanted: str, device: str, bf16: bool) -> str:
    """Flash attention needs its package, a GPU and 16 bits; torch's own serves everywhere."""
    installed = importlib.util.find_spec("flash_attn") is not None
    usable = device == "cuda" and bf16 and installed
    if wanted == "flash_attention_2" and not usable:
        why = "the package flash-attn is not installed" if not installed else "it needs a GPU and bf16"
        raise UsageError(f"flash attention cannot be used: {why}", where="attention", hint="use sdpa or auto")
    return wanted if wanted != "auto" else ("flash_attention_2" if usable else "sdpa")
