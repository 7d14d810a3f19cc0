from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.errors import InputError, UsageError
from tests.training.evaluation.builders import byte_tokenizer, letter_suite, saved_model
from training.errors import ModelError
from training.evaluation.asking import Failed, Message, Question, Said
from training.evaluation.engine import Work, all_results, work_off
from training.evaluation.functionals import answer_batch, answer_log_likelihood, answer_loss, margin
from training.evaluation.generate import LocalModel, Sampling, load_model
from training.evaluation.journal import Heading, open_journal
from training.evaluation.plan import Choice, plan
from training.evaluation.rendering import Renderer, load_tokenizer
from training.evaluation.targets import gold_batch, margin_batch
from training.scoring.registry import scorers

CHATS = [(Message("user", text),) for text in ("a", "What is twice 3?", "中文", "x" * 60, "b")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def local(folder: Path) -> LocalModel:
    model, tokenizer = load_model(str(folder))
    return LocalModel(model, Renderer(tokenizer), Sampling(12), batch=3)


def texts(found: list[Said | Failed]) -> list[str]:
    return [said.text for said in found if isinstance(said, Said)]


def test_answers_do_not_depend_on_the_batch(local: LocalModel):
    together = local.generate(CHATS)
    alone = [local.generate([chat])[0] for chat in CHATS]

    assert len(CHATS) == len(texts(together))
    assert texts(alone) == texts(together)
    assert [said.output_tokens for said in alone] == [said.output_tokens for said in together]  # type: ignore[union-attr]


def test_greedy_answers_are_the_likeliest_tokens(local: LocalModel):
    import torch

    said = local.generate([CHATS[1]])[0]
    assert isinstance(said, Said)
    ids = local.renderer.tokens(local.renderer.prompt(CHATS[1]))
    written: list[int] = []
    with torch.no_grad():
        for _ in range(12):
            token = int(local.model(torch.tensor([[*ids, *written]])).logits[0, -1].argmax())
            if token == local.renderer.tokenizer.eos_token_id:
                break
            written.append(token)

    assert local.renderer.tokenizer.decode(written, skip_special_tokens=True) == said.text
    assert (len(ids), "length" if len(written) == 12 else "stop") == (said.prompt_tokens, said.finish)


def test_a_seed_decides_what_is_drawn(local: LocalModel):
    def drawn(seed: int) -> list[str]:
        return texts(replace(local, sampling=Sampling(12, 1.5, seed)).generate(CHATS))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_an_answer_ends_where_the_model_says_so(local: LocalModel):
    import copy

    import torch

    model = copy.deepcopy(local.model)
    end = local.renderer.tokenizer.eos_token_id
    with torch.no_grad():  # the end of a turn is now the likeliest token everywhere
        model.lm_head = torch.nn.Linear(model.config.hidden_size, model.config.vocab_size)
        model.lm_head.weight.zero_()
        model.lm_head.bias.zero_()
        model.lm_head.bias[end] = 9.0
    said = replace(local, model=model).generate([CHATS[0]])[0]

    assert isinstance(said, Said)
    assert ("", "stop", 1) == (said.text, said.finish, said.output_tokens)


def test_a_prompt_that_leaves_no_room_is_not_asked(local: LocalModel):
    found = local.generate([CHATS[0], (Message("user", "x" * 1100),)])

    assert isinstance(found[0], Said)
    assert isinstance(found[1], Failed)
    assert "leaves no room for 12 more in the model's 1,024" in found[1].reason


def test_likelihoods_are_those_of_the_functional_whatever_the_batch(local: LocalModel):
    import torch

    questions = [Question(chat, ("A", "B", "C")) for chat in CHATS] + [
        Question(CHATS[1], ("一二", "A", "xyz"))
    ]
    found = local.likelihoods(questions)

    for question, likelihoods in zip(questions, found, strict=True):
        assert not isinstance(likelihoods, Failed)
        prompt = local.renderer.direct_prompt(question.chat)
        rows = [local.renderer.continuation(prompt, answer) for answer in question.answers]
        with torch.no_grad():
            wanted = [float(answer_log_likelihood(local.model, answer_batch([row]))) for row in rows]
        assert pytest.approx(wanted, abs=1e-4) == [one.nats for one in likelihoods]
        assert [len(row.answer) for row in rows] == [one.tokens for one in likelihoods]


def test_likelihoods_that_cannot_be_had_say_why(local: LocalModel):
    found = local.likelihoods([Question(CHATS[0], ("",)), Question((Message("user", "x" * 1100),), ("A",))])

    assert Failed("an answer has no token in the model's vocabulary") == found[0]
    assert isinstance(found[1], Failed)
    assert "the model was made for 1,024" in found[1].reason


def test_a_direct_prompt_has_no_thinking_to_come_and_a_base_model_is_asked_in_plain_text():
    chat = (Message("user", "Q?"), Message("assistant", "A."), Message("user", "R?"))
    renderer = Renderer(byte_tokenizer())

    assert renderer.prompt(chat).endswith("<|im_start|>assistant\n")
    assert renderer.direct_prompt(chat).endswith("<think>\n\n</think>\n\n")
    assert replace(renderer, thinking=False).prompt(chat) == renderer.direct_prompt(chat)
    assert "Q?\n\nA.\n\nR?\n\n" == Renderer(byte_tokenizer(template=None)).prompt(chat)


def test_special_tokens_of_a_template_are_tokens(local: LocalModel):
    ids = local.renderer.tokens(local.renderer.prompt(CHATS[0]))

    assert local.renderer.tokenizer.convert_tokens_to_ids("<|im_start|>") == ids[0]


@pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing`:FutureWarning"
)  # peft 0.21 on transformers 5.24
def test_an_adapter_answers_as_its_base_with_the_adapter_on(folder: Path, tmp_path: Path):
    import torch
    from peft import LoraConfig, get_peft_model

    base, _ = load_model(str(folder))
    torch.manual_seed(0)
    adapted: Any = get_peft_model(base, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    adapted.peft_config["default"].base_model_name_or_path = str(folder)
    adapted.save_pretrained(tmp_path / "adapter")
    merged, tokenizer = load_model(str(tmp_path / "adapter"))
    ids = torch.tensor([tokenizer("What?")["input_ids"]])

    with torch.no_grad():
        assert torch.allclose(adapted(ids).logits, merged(ids).logits, atol=1e-4)


def test_a_folder_with_pickles_is_refused(folder: Path, tmp_path: Path):
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")

    assert load_model(str(copy))[0] is not None  # the safetensors beside it are read, it is not
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="weights are pickles"):
        load_model(str(copy))


def test_what_is_no_model_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="no such model"):
        load_model(str(tmp_path / "nowhere"), offline=True)
    with pytest.raises(ModelError, match="holds no weights"):
        load_model(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    (tmp_path / "model.safetensors").write_bytes(b"garbage")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(str(tmp_path))
    with pytest.raises(InputError, match="holds no tokenizer"):
        load_tokenizer(str(tmp_path), offline=True)


def test_a_gpu_that_is_not_there_is_no_device(folder: Path, monkeypatch: pytest.MonkeyPatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no GPU"):
        load_model(str(folder), device="cuda")


@pytest.mark.parametrize("text", [False, True])
def test_targets_are_what_the_evaluation_measured(local: LocalModel, tmp_path: Path, text: bool):
    import torch

    what = plan(letter_suite(4), Choice(option_text=text))
    with open_journal(tmp_path / "j", Heading("e", "p", "now")) as journal:
        work_off(Work(what, local, scorers("mine"), "loglik"), journal)
        found = all_results(what, journal.results)
    with torch.no_grad():
        losses = answer_loss(local.model, gold_batch(local.renderer, what.asked))
        margins = margin(local.model, margin_batch(local.renderer, what.asked, [r.competitor for r in found]))

    assert pytest.approx([r.gold_loglik for r in found], abs=1e-4) == (-losses).tolist()
    assert pytest.approx([r.margin for r in found], abs=1e-4) == margins.tolist()
    with pytest.raises(ValueError, match="have no such answer"):
        margin_batch(local.renderer, what.asked, [None] * 4)
