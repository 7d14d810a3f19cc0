from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.training.evaluation.builders import continuations, tiny_qwen3
from training.evaluation.functionals import (
    Continuation,
    MarginBatch,
    answer_batch,
    answer_log_likelihood,
    answer_loss,
    margin,
)


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_qwen3()


def by_hand(model: Any, row: Continuation) -> float:
    """The log-likelihood of one row, token by token, each from a pass over what stands before it."""
    tokens = [*row.prompt, *row.answer]
    total = 0.0
    for place in range(len(row.prompt), len(tokens)):
        with torch.no_grad():
            logits = model(torch.tensor([tokens[:place]])).logits[0, -1]
        total += float(torch.log_softmax(logits, dim=0)[tokens[place]])
    return total


def test_the_loss_is_the_sum_over_the_answers_tokens(model: Any):
    rows = continuations(5)

    with torch.no_grad():
        found = answer_loss(model, answer_batch(rows))

    assert (5,) == found.shape
    assert pytest.approx([-by_hand(model, r) for r in rows], abs=1e-6) == found.tolist()


@pytest.mark.parametrize("pad", [0, 96])
def test_padding_and_neighbours_change_nothing(model: Any, pad: int):
    rows = [Continuation((5,), (7,)), *continuations(4, seed=1), Continuation(tuple(range(40)), (1, 2, 3))]

    with torch.no_grad():
        together = answer_loss(model, answer_batch(rows, pad))
        alone = torch.cat([answer_loss(model, answer_batch([r])) for r in rows])

    assert torch.allclose(alone, together, atol=1e-6, rtol=0)


def test_a_model_that_computes_all_logits_gives_the_same(model: Any):
    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: Any, attention_mask: Any, use_cache: bool) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask, use_cache=use_cache)

    batch = answer_batch(continuations(4))

    with torch.no_grad():
        assert torch.allclose(answer_loss(model, batch), answer_loss(Whole(), batch), atol=1e-12, rtol=0)


@pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing`:FutureWarning"
)  # peft 0.21 on transformers 5.24
def test_an_adapter_is_part_of_the_model(model: Any):
    from peft import LoraConfig, get_peft_model

    batch = answer_batch(continuations(3))
    adapted = get_peft_model(
        tiny_qwen3(), LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
    )

    with torch.no_grad():
        with adapted.disable_adapter():
            base = answer_loss(adapted, batch)
        assert torch.allclose(answer_loss(model, batch), base, atol=1e-6, rtol=0)
        assert not torch.allclose(base, answer_loss(adapted, batch), atol=1e-4)


def test_the_margin_of_two_single_tokens_is_the_difference_of_their_logits(model: Any):
    prompt = (3, 1, 4, 1, 5)
    pair = MarginBatch(
        answer_batch([Continuation(prompt, (9,))]), answer_batch([Continuation(prompt, (26,))])
    )

    with torch.no_grad():
        logits = model(torch.tensor([prompt])).logits[0, -1]
        assert pytest.approx(float(logits[9] - logits[26]), abs=1e-6) == float(margin(model, pair))


def test_the_margin_is_the_difference_of_two_losses_and_changes_sign_with_the_sides(model: Any):
    gold, other = answer_batch(continuations(4, seed=2)), answer_batch(continuations(4, seed=3))

    with torch.no_grad():
        found = margin(model, MarginBatch(gold, other))
        back = margin(model, MarginBatch(other, gold))
        losses = answer_loss(model, other) - answer_loss(model, gold)

    assert torch.allclose(losses, found, atol=1e-12, rtol=0)
    assert torch.allclose(-found, back, atol=1e-12, rtol=0)


@pytest.mark.parametrize("functional", ["loss", "margin"])
def test_gradients_are_what_a_small_step_shows(functional: str):
    model = tiny_qwen3(seed=4)
    batch = answer_batch(continuations(3, seed=5))
    pair = MarginBatch(batch, answer_batch(continuations(3, seed=6)))
    weight = model.model.layers[0].mlp.up_proj.weight

    def value() -> Any:
        return (answer_loss(model, batch) if functional == "loss" else margin(model, pair)).sum()

    value().backward()
    step, place = 1e-3, (7, 11)  # Qwen3's norms work in float32, so smaller steps drown
    with torch.no_grad():
        weight[place] += step
        above = float(value())
        weight[place] -= 2 * step
        below = float(value())

    assert pytest.approx((above - below) / (2 * step), rel=5e-3) == float(weight.grad[place])


def test_a_rows_gradient_does_not_depend_on_the_rows_beside_it():
    model = tiny_qwen3(seed=7)
    rows = continuations(3, seed=8)

    def gradient(values: Any) -> Any:
        model.zero_grad()
        values.backward()
        return model.model.embed_tokens.weight.grad.clone()

    together = gradient(answer_loss(model, answer_batch(rows))[1])
    alone = gradient(answer_loss(model, answer_batch([rows[1]]))[0])

    assert torch.allclose(alone, together, atol=1e-6, rtol=0)


def test_half_precision_is_summed_in_single():
    model = tiny_qwen3().to(torch.bfloat16)

    with torch.no_grad():
        assert torch.float32 == answer_log_likelihood(model, answer_batch(continuations(2))).dtype


def test_a_batch_moves_as_a_whole():
    moved = answer_batch(continuations(2)).to("meta")

    assert {"meta"} == {t.device.type for t in (moved.input_ids, moved.attention_mask, moved.answer_mask)}


@pytest.mark.parametrize("row", [Continuation((), (1,)), Continuation((1,), ())])
def test_an_empty_side_is_refused(row: Continuation):
    with pytest.raises(ValueError, match="a token in its prompt and one in its answer"):
        answer_batch([row])
