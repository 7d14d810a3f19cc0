from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.errors import ModelError
from training.models.files import base_of, checkpoint_of, model_hash, pickled_weights, refuse_pickles


def folder(path: Path, **files: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in {"config.json": "{}", "model.safetensors": "weights", **files}.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "pytorch_model.bin",
        "pytorch_model-00001-of-2.bin",
        "model.pt",
        "a.pth",
        "adapter_model.bin",
        "x.ckpt",
        "x.pkl",
    ],
)
def test_pickled_weights_are_refused_unless_allowed(tmp_path: Path, name: str):
    found = folder(tmp_path, **{name: ""})

    assert refuse_pickles(found, allowed=False)  # safetensors are there to be read instead
    (found / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="weights are pickles") as refused:
        refuse_pickles(found, allowed=False)
    assert name in refused.value.what
    assert "--allow-pickle" in refused.value.hint
    assert not refuse_pickles(found, allowed=True)


def test_an_adapters_pickle_is_refused_whatever_else_lies_beside_it(tmp_path: Path):
    found = folder(tmp_path, **{"adapter_config.json": "{}", "adapter_model.bin": ""})

    with pytest.raises(ModelError, match=r"adapter_model\.bin"):
        refuse_pickles(found, allowed=False)


def test_a_folder_without_weights_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="holds no weights"):
        refuse_pickles(tmp_path, allowed=True)


def test_what_a_trainer_leaves_beside_a_checkpoint_is_never_read_and_not_refused(tmp_path: Path):
    left = (
        "optimizer.pt",
        "scheduler.pt",
        "rng_state.pth",
        "rng_state_0.pth",
        "training_args.bin",
        "scaler.pt",
    )
    found = folder(tmp_path, **dict.fromkeys(left, ""))

    assert [] == pickled_weights(found)
    refuse_pickles(found, allowed=False)


def test_the_hash_is_of_what_decides_and_of_nothing_else(tmp_path: Path):
    first = model_hash(folder(tmp_path / "a"))

    assert first == model_hash(folder(tmp_path / "b", README__md="hello", **{"optimizer.pt": "state"}))
    assert first != model_hash(folder(tmp_path / "c", **{"model.safetensors": "other"}))
    assert first != model_hash(folder(tmp_path / "d", **{"chat_template.jinja": "{{ 1 }}"}))
    assert first != model_hash(folder(tmp_path / "e", **{"generation_config.json": "{}"}))


def test_an_adapters_hash_covers_its_base(tmp_path: Path):
    base = folder(tmp_path / "base")
    settings = json.dumps({"base_model_name_or_path": str(base)})
    adapter = folder(tmp_path / "adapter", **{"adapter_config.json": settings})
    before = model_hash(adapter)
    folder(base, **{"model.safetensors": "other"})

    assert str(base) == base_of(adapter)
    assert base_of(base) is None
    assert before != model_hash(adapter)


@pytest.mark.parametrize("settings", ["{}", "nonsense", "[]", '{"base_model_name_or_path": 3}'])
def test_an_adapter_that_does_not_name_its_base_is_refused(tmp_path: Path, settings: str):
    with pytest.raises(ModelError):
        base_of(folder(tmp_path, **{"adapter_config.json": settings}))


def test_an_adapter_that_names_itself_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="does not say which model"):
        base_of(
            folder(
                tmp_path, **{"adapter_config.json": json.dumps({"base_model_name_or_path": str(tmp_path)})}
            )
        )


def test_a_checkpoint_knows_its_run(tmp_path: Path):
    (tmp_path / "run.json").write_text('{"run": "20261126-130000-abcdef"}')
    found = folder(tmp_path / "checkpoint-30", **{"govern.json": '{"step": 30}'})
    last = folder(tmp_path / "model")

    assert ("20261126-130000-abcdef", 30) == checkpoint_of(found)
    assert ("20261126-130000-abcdef", None) == checkpoint_of(last)
    assert ("", None) == checkpoint_of(tmp_path)
