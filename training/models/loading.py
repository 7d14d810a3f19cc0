"""The model that is trained: a folder, a hub name, or one from scratch; whole or with low-rank adapters.

Weights are read from safetensors. A folder whose weights are pickles is refused unless asked for, and then read by
torch's restricted unpickler (`weights_only`); code that a folder carries is never run.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.errors import ModelError
from training.models.files import PICKLES, base_of, model_hash, refuse_pickles
from training.models.fresh import byte_tokenizer, config_of, size_of
from training.models.hashing import text_hash
from training.models.placement import Placement, placed
from training.settings import Lora, TrainSettings

HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
OFFLINE_HINT = "give the folder of a model, or leave out --offline; training takes new:tiny too"


@dataclass(frozen=True)
class ModelSpec:
    """Which model is meant.

    Attributes:
        name: a folder, a hub name such as Qwen/Qwen3-0.6B, or new:SIZE.
        tokenizer: a folder or hub name; empty takes the model's own, or bytes for a new one.
        allow_pickle: weights may be read from pickles.
    """

    name: str
    tokenizer: str = ""
    offline: bool = False
    allow_pickle: bool = False


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to be trained.

    Attributes:
        sha256: 64 hex over the base model's files, or over the configuration and seed of a new one.
    """

    model: Any
    tokenizer: Any
    sha256: str

    @property
    def context(self) -> int:
        """How many tokens the model takes at once."""
        return int(self.model.config.max_position_embeddings)

    @property
    def parameters(self) -> tuple[int, int]:
        """(trained, all)."""
        sizes = [(p.numel(), p.requires_grad) for p in self.model.parameters()]
        return sum(n for n, trained in sizes if trained), sum(n for n, _ in sizes)


def load_tokenizer(spec: ModelSpec) -> Any:
    """The tokenizer of the model, or the one that is named."""
    from transformers import AutoTokenizer

    if not spec.tokenizer and size_of(spec.name):
        return byte_tokenizer()
    name = spec.tokenizer or spec.name
    folder = locate(replace(spec, name=name))
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError("the tokenizer cannot be loaded", where=name, hint="check the folder") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_config(spec: ModelSpec, tokenizer: Any) -> Any:
    """The model's configuration; of an adapter's folder, that of its base."""
    from transformers import AutoConfig

    size = size_of(spec.name)
    if size:
        return config_of(size, len(tokenizer), (tokenizer.eos_token_id, tokenizer.pad_token_id))
    folder = locate(spec)
    base = base_of(folder)
    if base is not None:
        return load_config(replace(spec, name=base), tokenizer)
    try:
        return AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        hint = "the folder should hold config.json of a model that transformers knows"
        raise ModelError("the model's configuration cannot be read", where=str(folder), hint=hint) from error


def load_model(
    spec: ModelSpec, settings: TrainSettings, placement: Placement, tokenizer: Any, keep_base: Path
) -> LoadedModel:
    """The model on the CPU, with adapters where the settings ask for them; the same seed gives the same weights.

    Adapters need the model they belong to: one from scratch is kept in `keep_base` with its tokenizer.
    """
    import torch
    from transformers import set_seed

    set_seed(settings.seed)
    size = size_of(spec.name)
    folder = Path() if size else locate(spec)
    if size:
        model, sha256 = _new(size, settings, placement, tokenizer)
        name = str(keep_base.absolute())
    else:
        dtype = torch.bfloat16 if placement.half_weights else torch.float32
        model, sha256 = read_model(folder, spec, dtype, placement.attention), model_hash(folder)
        name = str(folder.absolute()) if Path(spec.name).is_dir() else spec.name
    _check_vocabulary(model, tokenizer, spec)
    if settings.lora.rank:
        if size or base_of(folder) is not None:
            _keep(model, tokenizer, keep_base)
            name = str(keep_base.absolute())
        model = with_adapters(model, settings.lora)
        model.peft_config["default"].base_model_name_or_path = name
    return LoadedModel(model, tokenizer, sha256)


def keep_new(name: str, settings: TrainSettings, folder: Path) -> None:
    """The new model of this name (new:SIZE) in a folder, as a run with these settings would start from it."""
    spec = ModelSpec(name)
    tokenizer = load_tokenizer(spec)
    model = load_model(spec, settings, placed(settings), tokenizer, folder).model
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))


def locate(spec: ModelSpec) -> Path:
    """The folder of a model; a hub name is fetched first, unless offline."""
    folder = Path(spec.name)
    if folder.is_dir():
        return folder
    if not HUB_NAME.fullmatch(spec.name):
        hint = "give the folder of a model or a hub name such as Qwen/Qwen3-0.6B; training takes new:tiny too"
        raise ModelError("there is no such model", where=spec.name, hint=hint)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = [*WANTED, *(PICKLES if spec.allow_pickle else ())]
    try:
        found = snapshot_download(spec.name, allow_patterns=patterns, local_files_only=spec.offline)
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        hint = (
            OFFLINE_HINT if spec.offline else "check the name and the network, or give the folder of a model"
        )
        raise ModelError("the model cannot be fetched from the hub", where=spec.name, hint=hint) from error
    return Path(found)


def with_adapters(model: Any, lora: Lora) -> Any:
    """The model with low-rank adapters, which alone are trained."""
    from peft import LoraConfig, get_peft_model

    targets: Any = "all-linear" if lora.targets == ("all-linear",) else list(lora.targets)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]  # any number will do
        lora_dropout=lora.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    try:
        with _old_name():
            return get_peft_model(model, config)
    except ValueError as error:  # no module of such a name
        hint = "names of linear modules such as q_proj,v_proj, or all-linear"
        raise ModelError("no module of the model has the names of lora.targets", hint=hint) from error


def _new(size: str, settings: TrainSettings, placement: Placement, tokenizer: Any) -> tuple[Any, str]:
    import torch
    from transformers import Qwen3ForCausalLM

    config = config_of(size, len(tokenizer), (tokenizer.eos_token_id, tokenizer.pad_token_id))
    config._attn_implementation = placement.attention
    model: Any = Qwen3ForCausalLM(config)
    if placement.half_weights:
        model = model.to(torch.bfloat16)
    content = f"{config.to_json_string()}\nseed {settings.seed}\n{tokenizer.backend_tokenizer.to_str()}"
    return model, text_hash(content)


def read_model(folder: Path, spec: ModelSpec, dtype: Any = "auto", attention: str | None = None) -> Any:
    """The model of a folder; of an adapter's folder, its base with the adapter merged into it.

    Args:
        folder: where `locate` found the model.
        spec: whether pickles may be read, and whether an adapter's base may come from the hub.
        dtype: torch's, or "auto" for the one of the weights.
        attention: name of an implementation; None leaves it to the library.

    Raises:
        ModelError: there are no weights, they are pickles that nobody asked for, or they cannot be read.
    """
    safe = refuse_pickles(folder, allowed=spec.allow_pickle)
    base = base_of(folder)
    if base is not None:
        under = replace(spec, name=base)
        return _merged(read_model(locate(under), under, dtype, attention), folder)
    from transformers import AutoModelForCausalLM

    with _readable(folder):
        return AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=dtype,
            attn_implementation=attention,
            use_safetensors=safe,
            weights_only=True,
            trust_remote_code=False,
            local_files_only=True,
        )


def _merged(model: Any, folder: Path) -> Any:
    """The model with the adapter merged into its weights: the same answers, one pass less a layer."""
    from peft import PeftModel

    with _readable(folder), _old_name():
        return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """What the libraries say of files they cannot read becomes one error."""
    import safetensors

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        hint = "the folder should hold config.json and model.safetensors of a model that transformers knows"
        raise ModelError(f"the model cannot be loaded: {reason}", where=str(folder), hint=hint) from error


@contextmanager
def _old_name() -> Iterator[None]:
    """peft 0.21 asks transformers 5.24 by a name that is to go, and is warned for it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def _keep(model: Any, tokenizer: Any, folder: Path) -> None:
    if os.environ.get("RANK", "0") == "0" and not folder.is_dir():
        model.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))


def _check_vocabulary(model: Any, tokenizer: Any, spec: ModelSpec) -> None:
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        what = f"the tokenizer has {len(tokenizer):,} tokens, the model {rows:,}"
        raise ModelError(what, where=spec.tokenizer or spec.name, hint="use the model's own tokenizer")
