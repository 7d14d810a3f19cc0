"""What a run is told: a small typed TOML, with the origin of every value.

    learning_rate = 2e-4
    batch_size = 8
    accumulation = 4

    [lora]
    rank = 16

Values come from, in this order: the command line (`--set lora.rank=8`), the file, the default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from governance.errors import ConfigError, UsageError, did_you_mean

DEFAULT = "default"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Lora(_Strict):
    """Low-rank adapters; `rank` 0 trains the whole model."""

    rank: int = Field(default=0, ge=0, le=1024)
    alpha: float = Field(default=32.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] = (
        "all-linear",
    )  # names of modules, or all-linear: every one but the output layer


class TrainSettings(_Strict):
    """Everything that decides what a run computes, and how.

    Attributes:
        max_steps: steps of the optimizer; 0 leaves it to `epochs`.
        batch_size: rows of a micro-batch on one device.
        accumulation: micro-batches of a step.
        warmup: share of the steps in which the learning rate rises.
        max_length: tokens; a longer sample is excluded. 0 is the model's context, at most 4,096.
        packing: several samples a row, each seeing only itself.
        loss: `tokens` divides the weighted sum of -log P by the step's supervised tokens, as is usual; `samples` by
            the number of its samples, which is equation 16 of Agentar-Fin-R1 word by word.
        template: chatml or the path of a .jinja file; empty takes the tokenizer's own.
        precision: auto is bf16 where the device has it.
        attention: auto is flash attention where it is installed and fits, else sdpa.
        gradient_checkpointing: auto is on with a GPU and off without.
        save_every: steps between checkpoints; 0 saves at the end only.
        keep: checkpoints kept on disk.
        refresh_every: steps between two estimates of the label weights; 0 estimates once.
    """

    epochs: int = Field(default=1, ge=1)
    max_steps: int = Field(default=0, ge=0)
    batch_size: int = Field(default=4, ge=1)
    accumulation: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=1e-4, gt=0)
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = Field(default=0.03, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.999, ge=0, lt=1)
    epsilon: float = Field(default=1e-8, gt=0)
    max_grad_norm: float = Field(default=1.0, ge=0)
    seed: int = Field(default=42, ge=0, lt=2**32)
    shuffle: bool = True
    max_length: int = Field(default=0, ge=0)
    packing: bool = False
    loss: Literal["tokens", "samples"] = "tokens"
    template: str = ""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    attention: Literal["auto", "flash_attention_2", "sdpa", "eager"] = "auto"
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    save_every: int = Field(default=0, ge=0)
    keep: int = Field(default=2, ge=1)
    refresh_every: int = Field(default=0, ge=0)
    lora: Lora = Lora()


@dataclass(frozen=True)
class Chosen:
    """Settings in force.

    Attributes:
        origins: dotted key -> where its value comes from: default, the file's path, `--set`.
    """

    settings: TrainSettings
    origins: Mapping[str, str]

    @property
    def values(self) -> dict[str, Any]:
        """Dotted key -> value, of every setting."""
        return flat(self.settings.model_dump(mode="json"))


def chosen(
    path: Path | None = None,
    assignments: Iterable[str] = (),
    options: Mapping[str, tuple[Any, str]] | None = None,
) -> Chosen:
    """The settings in force: file, then `KEY=VALUE` assignments, then `options` (key -> (value, origin))."""
    layers: dict[str, tuple[Any, str]] = {}
    if path is not None:
        layers |= {key: (value, str(path)) for key, value in flat(_read(path)).items()}
    layers |= {key: (value, "--set") for key, value in map(_assigned, assignments)}
    return from_layers(layers | dict(options or {}))


def from_layers(layers: Mapping[str, tuple[Any, str]]) -> Chosen:
    """Settings from dotted keys with (value, origin); ConfigError names the first that does not fit."""
    values = {key: value for key, (value, _) in layers.items()}
    try:
        settings = TrainSettings.model_validate(_nested(values))
    except ValidationError as error:
        raise _explained(error, layers) from error
    defaults = dict.fromkeys(flat(settings.model_dump(mode="json")), DEFAULT)
    return Chosen(settings, defaults | {key: origin for key, (_, origin) in layers.items()})


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        table, _, name = key.rpartition(".")
        place = nested.setdefault(table, {}) if table else nested
        place[name] = value
    return nested


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("the settings cannot be read", where=str(path), hint="check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings are not TOML: {error}", where=str(path), hint="see `govern train -h`"
                          ) from error  # fmt: skip


def _assigned(text: str) -> tuple[str, Any]:
    """`lora.rank=8` as a key and a value; commas make a list where a list belongs."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not (key and equals):
        hint = "write --set KEY=VALUE, for example --set learning_rate=2e-4"
        raise UsageError(f"{text!r} sets nothing", where="--set", hint=hint)
    return key, [v.strip() for v in value.split(",")] if key == "lora.targets" else value


def _explained(error: ValidationError, layers: Mapping[str, tuple[Any, str]]) -> ConfigError:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
    origin = layers.get(key, (None, ""))[1]
    where = f"{origin}: {key}" if origin else key
    known = list(flat(TrainSettings().model_dump(mode="json")))
    if first["type"] == "extra_forbidden":
        hint = f"{did_you_mean(key, known)}settings are: {', '.join(known)}"
        return ConfigError(f"there is no setting {key!r}", where=where, hint=hint)
    said = first["msg"]
    return ConfigError(
        f"{first['input']!r} does not fit {key!r}", where=where, hint=said[:1].lower() + said[1:]
    )
