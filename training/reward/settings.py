"""What may be set of a training by reward, each with its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from governance.errors import UsageError
from governance.settings import Strict
from training.settings import DEFAULT, Lora, TrainSettings, flat
from training.tables import validated

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class GrpoSettings(Strict):
    """Settings of one GRPO run; those that TRL has too bear TRL's meaning."""

    steps: Count = 200
    """optimizer steps"""
    prompts: Count = 8
    """prompts of one step"""
    generations: Annotated[int, Field(ge=2)] = 8
    """answers to each prompt, which are compared with each other"""
    micro_batch: Count = 8
    """answers in one forward and backward pass"""
    max_new_tokens: Count = 1024
    """longest answer, tokens"""
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """of sampling"""
    top_p: Share = 1.0
    """share of the distribution that is sampled from"""
    learning_rate: Amount = 1e-6
    """peak, reached after `warmup_steps` and held"""
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    """steps over which the learning rate rises"""
    weight_decay: Amount = 0.0
    """of AdamW"""
    max_grad_norm: Amount = 1.0
    """gradients are clipped to this norm; 0 for not at all"""
    kl: Amount = 0.0
    """beta, the weight of the distance to the model before; label weights leave it as it is"""
    clip: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """epsilon, how far the ratio of probabilities counts"""
    loss: Literal["grpo", "bnpo", "dr_grpo", "dapo"] = "dapo"
    """how the terms of tokens are summed"""
    scale_rewards: Literal["group", "batch", "none"] = "group"
    """by whose standard deviation advantages are divided"""
    label_weights: Literal["advantage", "none"] = "advantage"
    """advantage: every advantage is multiplied by its label's weight; none: every label counts the same"""
    reestimate_steps: Annotated[int, Field(ge=0)] = 0
    """label weights are estimated at the start and then every so many steps; 0 for not at all"""
    save_steps: Annotated[int, Field(ge=0)] = 0
    """steps between checkpoints; 0 for one at the end only"""
    keep: Count = 2
    """checkpoints kept on disk"""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    """of the order of prompts and of sampling"""
    template: str = ""
    """chatml or the path of a .jinja file; empty takes the tokenizer's own"""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """auto is bf16 where the device has it"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """where the run computes"""
    attention: Literal["auto", "flash_attention_2", "sdpa", "eager"] = "auto"
    """auto is flash attention where it is installed and fits, else sdpa"""
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    """activations are computed twice to save memory; auto is on with a GPU and off without"""
    lora: Lora = Lora()
    """low-rank adapters; rank 0 trains the whole model"""

    def as_sft(self) -> TrainSettings:
        """What loading and placing a model asks of settings."""
        shared = ("seed", "template", "precision", "device", "attention", "gradient_checkpointing", "lora")
        return TrainSettings(**{name: getattr(self, name) for name in shared})

    def accumulation(self, processes: int = 1) -> int:
        """Micro-batches of one step in each of the processes.

        Raises:
            UsageError: the answers of a step cannot be dealt out evenly.
        """
        answers, at_once = self.prompts * self.generations, self.micro_batch * processes
        if answers % at_once:
            raise UsageError(
                f"{answers} answers a step cannot be dealt out in micro-batches of {self.micro_batch}"
                + (f" to {processes} processes" if processes > 1 else ""),
                where="micro_batch",
                hint="prompts times generations has to be a multiple of micro_batch times processes",
            )
        return answers // at_once


@dataclass(frozen=True)
class ChosenGrpo:
    """Settings in force.

    Attributes:
        origins: dotted key -> where its value comes from: default, or the file's path.
    """

    settings: GrpoSettings
    origins: Mapping[str, str]

    @property
    def values(self) -> dict[str, Any]:
        """Dotted key -> value, of every setting."""
        return flat(self.settings.model_dump(mode="json"))


def chosen_grpo(table: Mapping[str, Any], origin: str) -> ChosenGrpo:
    """Settings from a table; ConfigError names the first key that does not fit."""
    settings = validated(GrpoSettings, table, origin)
    settings.accumulation()  # answers that cannot be dealt out are found before any work
    defaults = dict.fromkeys(flat(settings.model_dump(mode="json")), DEFAULT)
    return ChosenGrpo(settings, defaults | dict.fromkeys(flat(table), origin))
