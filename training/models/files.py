"""What lies in a model's folder: which files decide what the model says, and whether any of them may run code.

A pickle runs whatever its author put into it as soon as it is read. Weights come as safetensors; a folder with pickled
weights is refused unless the user asks. What trainers leave beside a checkpoint (optimizer, scheduler, random state)
is pickled too, but never read by what loads a model.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from pathlib import Path

from training.errors import ModelError
from training.models.hashing import file_hash

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.msgpack", "*.h5")
LEFT_BY_TRAINERS = ("optimizer*", "scheduler*", "rng_state*", "training_args*", "scaler*")
DECIDES = (
    "*.safetensors", *PICKLES[:4], "config.json", "generation_config.json", "adapter_config.json",
    "*.safetensors.index.json",
    "tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "*.jinja", "*.model",
)  # fmt: skip
"""Files that decide what a model says."""
ADAPTER = "adapter_config.json"


def pickled_weights(folder: Path) -> list[str]:
    """Names of files in the folder that would be unpickled, were they loaded."""
    return [
        p.name for p in sorted(folder.iterdir()) if p.is_file() and _matches(p.name, PICKLES) and not _left(p)
    ]


def refuse_pickles(folder: Path, *, allowed: bool) -> bool:
    """True where the weights are safetensors, False where they are pickles that the user allows.

    Pickles that lie beside safetensors are never read, so they are no reason to refuse a folder.

    Raises:
        ModelError: the folder holds pickled weights only, or none.
    """
    kind = "adapter_model*" if (folder / ADAPTER).is_file() else "*"
    if any(folder.glob(f"{kind}.safetensors")):
        return True
    found = pickled_weights(folder)
    if not found:
        hint = "the folder should hold config.json and model.safetensors"
        raise ModelError("the folder holds no weights", where=str(folder), hint=hint)
    if not allowed:
        raise ModelError(
            f"the model's weights are pickles ({', '.join(found[:3])}), which can run code when read",
            where=str(folder),
            hint="convert them to safetensors, or give --allow-pickle if you trust who made them",
        )
    return False


def model_hash(folder: Path) -> str:
    """64 hex over names and contents of the files that decide what the model says, its base's too for an adapter."""
    lines = [
        f"{path.name} {file_hash(path)}"
        for path in sorted(folder.iterdir())
        if path.is_file() and _matches(path.name, DECIDES) and not _left(path)
    ]
    base = base_of(folder)
    if base is not None and Path(base).is_dir():
        lines.append(f"base {model_hash(Path(base))}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def base_of(folder: Path) -> str | None:
    """The model that an adapter's folder is for; None where it is no adapter.

    Raises:
        ModelError: the adapter does not say, or says itself.
    """
    file = folder / ADAPTER
    if not file.is_file():
        return None
    try:
        base = json.loads(file.read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError, OSError) as error:
        raise ModelError("the adapter's settings cannot be read", where=str(file)) from error
    if not isinstance(base, str) or not base or Path(base).resolve() == folder.resolve():
        raise ModelError("the adapter does not say which model it is for", where=str(file))
    return base


def checkpoint_of(folder: Path) -> tuple[str, int | None]:
    """(training run, optimizer steps done) where the folder is a checkpoint or the last state of a run of ours.

    A run's folder holds `run.json` beside its checkpoints and its model. ("", None) of any other folder.
    """
    run = _values(folder.resolve().parent / "run.json").get("run")
    if not isinstance(run, str):
        return "", None
    step = _values(folder / "govern.json").get(
        "step", _values(folder / "trainer_state.json").get("global_step")
    )
    return run, step if isinstance(step, int) else None


def _values(file: Path) -> dict[str, object]:
    """The JSON object in a file; empty where there is none that can be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _left(path: Path) -> bool:
    return _matches(path.name, LEFT_BY_TRAINERS)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
