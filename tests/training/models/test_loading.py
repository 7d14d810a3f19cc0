"""Models are loaded from folders, safely; what a run began from is known by its hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from governance.errors import UsageError
from tests.training.builders import request, sums
from training.errors import ModelError
from training.models.files import model_hash
from training.models.fresh import byte_tokenizer
from training.models.loading import ModelSpec, load_config, load_model, load_tokenizer, locate
from training.models.placement import placed
from training.settings import chosen
from training.supervised.sft import train_sft


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in a folder, as a run leaves it."""
    return train_sft(request(tmp_path_factory.mktemp("made") / "run", sums(4))).model


def loaded(spec: ModelSpec, where: Path, *assignments: str) -> Any:
    settings = chosen(assignments=("device=cpu", *assignments)).settings
    return load_model(spec, settings, placed(settings), load_tokenizer(spec), where / "base")


def test_a_trained_model_is_a_model_to_train(folder: Path, tmp_path: Path) -> None:
    run = train_sft(request(tmp_path / "next", sums(4), model=ModelSpec(str(folder))))

    assert run.losses[0] < 5.6
    assert "<|im_start|>" in load_tokenizer(ModelSpec(str(folder))).chat_template


def test_the_folder_of_a_trained_model_holds_no_pickle(folder: Path) -> None:
    assert [] == [p.name for p in folder.iterdir() if p.suffix in {".bin", ".pt", ".pth"}]


def test_an_adapter_is_a_model_to_train(tmp_path: Path) -> None:
    first = train_sft(request(tmp_path / "first", sums(4), "lora.rank=2", "epochs=3"))

    second = train_sft(
        request(tmp_path / "second", sums(4), "lora.rank=2", model=ModelSpec(str(first.model)))
    )

    assert second.losses[0] < first.losses[0]
    assert (tmp_path / "second" / "base" / "model.safetensors").is_file()


def test_adapters_train_few_parameters_and_leave_the_rest(tmp_path: Path) -> None:
    model = loaded(ModelSpec("new:tiny"), tmp_path, "lora.rank=2")

    trained, every = model.parameters

    assert 0 < trained < every / 5
    assert all("lora_" in name for name, p in model.model.named_parameters() if p.requires_grad)


def test_the_same_seed_gives_the_same_model(tmp_path: Path) -> None:
    one, same, other = (
        loaded(ModelSpec("new:tiny"), tmp_path, f"seed={seed}", "lora.rank=2") for seed in (1, 1, 2)
    )

    assert one.sha256 == same.sha256 != other.sha256
    for (_, a), (_, b) in zip(one.model.named_parameters(), same.model.named_parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_hash_follows_the_weights_and_not_what_lies_beside(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    before = model_hash(copy)
    (copy / "README.md").write_text("x")
    beside = model_hash(copy)
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "model.safetensors").write_bytes(data)

    assert model_hash(folder) == before == beside != model_hash(copy)


def test_a_run_and_an_evaluation_know_a_model_by_the_same_hash(folder: Path, tmp_path: Path) -> None:
    model = loaded(ModelSpec(str(folder)), tmp_path)

    assert model_hash(folder) == model.sha256


@pytest.fixture
def pickled(folder: Path, tmp_path: Path) -> Path:
    """The same model with its weights as a pickle."""
    import shutil

    from safetensors.torch import load_file

    copy = Path(shutil.copytree(folder, tmp_path / "pickled"))
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    return copy


def test_pickled_weights_are_refused_unless_asked_for(pickled: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"pickles \(pytorch_model.bin\)") as caught:
        loaded(ModelSpec(str(pickled)), tmp_path)

    assert "--allow-pickle" in caught.value.hint
    assert loaded(ModelSpec(str(pickled), allow_pickle=True), tmp_path).parameters[1] > 0


def test_a_pickle_that_would_run_code_is_not_run_even_when_asked_for(pickled: Path, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> Any:
            return (open, (str(tmp_path / "ran"), "w"))

    (pickled / "pytorch_model.bin").write_bytes(pickle.dumps(Evil()))

    with pytest.raises(Exception):  # noqa: B017  torch's own error
        loaded(ModelSpec(str(pickled), allow_pickle=True), tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = Path(shutil.copytree(folder, tmp_path / "empty"))
    (copy / "model.safetensors").unlink()

    with pytest.raises(ModelError, match="no weights"):
        loaded(ModelSpec(str(copy)), tmp_path)


def test_a_tokenizer_larger_than_the_model_is_refused(tmp_path: Path) -> None:
    tokenizer = byte_tokenizer()
    tokenizer.add_tokens(["<new>"])
    settings = chosen(assignments=("device=cpu",)).settings
    small = ModelSpec("new:tiny")
    config = load_config(small, byte_tokenizer())

    assert 259 == config.vocab_size
    model = train_sft(request(tmp_path / "run", sums(2))).model
    with pytest.raises(ModelError, match="260 tokens, the model 259"):
        load_model(ModelSpec(str(model)), settings, placed(settings), tokenizer, tmp_path)


@pytest.mark.parametrize("name", ["no/such/folder", "../up", "absent"])
def test_a_name_that_is_neither_folder_nor_hub_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="no such model"):
        locate(ModelSpec(name))


def test_offline_a_hub_name_is_not_fetched() -> None:
    with pytest.raises(ModelError, match="cannot be fetched") as caught:
        locate(ModelSpec("nobody/nothing-of-that-name", offline=True))

    assert "--offline" in caught.value.hint


def test_sizes_of_new_models_are_few_and_named() -> None:
    with pytest.raises(UsageError, match="size 'huge'"):
        load_tokenizer(ModelSpec("new:huge"))


def test_no_module_of_a_name_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lora.targets"):
        loaded(ModelSpec("new:tiny"), tmp_path, "lora.rank=2", "lora.targets=nothing")


def test_a_gpu_that_is_not_there_is_said_so() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UsageError, match="no GPU"):
        placed(chosen(assignments=("device=cuda",)).settings)
    with pytest.raises(UsageError, match="flash attention cannot be used"):
        placed(chosen(assignments=("attention=flash_attention_2",)).settings)


def test_bytes_come_back_from_the_byte_tokenizer() -> None:
    tokenizer = byte_tokenizer()
    text = "a\n 元🙂\x00<|im_end|>"

    assert text == tokenizer.decode(tokenizer(text)["input_ids"])
    assert 259 == len(tokenizer)


@pytest.mark.shared
def test_small_pretrained_models_train(shared_models: Path, tmp_path: Path) -> None:
    """The 0.26 M parameter model learns; the 26 M parameter one takes adapters on two layers."""
    rows = sums(24)
    spec = ModelSpec(str(shared_models / "stories260k_hf"))
    settings = ("template=chatml", "epochs=4", "batch_size=8", "learning_rate=3e-3", "max_length=200")

    run = train_sft(request(tmp_path / "run", rows, *settings, model=spec))

    assert run.losses[-1] < run.losses[0] - 1
