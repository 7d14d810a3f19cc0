"""Shares of the real gradient, one a sample, whatever the shape of the batch and the kind of the model."""

from __future__ import annotations

import warnings
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from attribution.capturing.capture import Capture, common_factor, quick_factor
from attribution.capturing.layout import layout_of
from attribution.errors import CannotTrace, ParametersNotCovered, SharesDoNotAdd
from governance.errors import UsageError
from tests.attribution.builders import loss_of, packed, padded, sentences, tiny_qwen3, with_lora
from training.observer import Segment

ROWS = sentences(3)


def recorded(model: Any, inputs: Any, segments: Any, loss: Any = loss_of, **options: Any) -> tuple[Any, Any]:
    """(layout, shares) of one backward, checked against the gradient."""
    layout = layout_of(model)
    capture = Capture(model, layout, **options)
    model.zero_grad()
    with capture.recording(segments, inputs["input_ids"].shape[0]) as found:
        loss(model, inputs).backward()
    capture.remove()
    factor = common_factor(
        layout, found.shares.sum(0, dtype=layout.work), layout.gradients(), capture.tolerance
    )
    assert factor == pytest.approx(1, rel=capture.tolerance)
    return layout, found.shares


def alone(model: Any, shape: Any = padded) -> Any:
    """(3, P) each sample's gradient from a backward of its own."""
    layout = layout_of(model)
    gradients = []
    for n, row in enumerate(ROWS):
        model.zero_grad()
        loss_of(model, shape([row], [n])[0]).backward()
        gradients.append(layout.gradients())
    return torch.stack(gradients)


MODELS = {
    "tied": tiny_qwen3,
    "untied": lambda: tiny_qwen3(tied=False),
    "adapters": lambda: with_lora(tiny_qwen3()),
    "adapters and biases": lambda: with_lora(tiny_qwen3(), bias="all"),
    "adapters and embeddings": lambda: with_lora(tiny_qwen3(tied=False), modules_to_save=["embed_tokens"]),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("side", ["right", "left"])
def test_a_padded_sample_has_the_share_it_has_alone(kind: str, side: str) -> None:
    model = MODELS[kind]()
    inputs, segments = padded(ROWS, [0, 1, 2], left=side == "left")
    if side == "left":
        inputs["position_ids"] = (inputs["attention_mask"].cumsum(1) - 1).clamp(min=0)

    _, shares = recorded(model, inputs, segments)

    torch.testing.assert_close(shares, alone(model), rtol=1e-5, atol=1e-8)  # norms are float32 inside


@pytest.mark.parametrize("kind", MODELS)
def test_a_packed_sample_has_the_share_it_has_alone(kind: str) -> None:
    model = MODELS[kind]()

    _, shares = recorded(model, *packed(ROWS, [0, 1, 2]))

    torch.testing.assert_close(shares, alone(model), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradient_checkpointing_gives_the_same_shares(reentrant: bool) -> None:
    model = tiny_qwen3(layers=2)
    batch = padded(ROWS, [0, 1, 2])
    _, expected = recorded(model, *batch)
    model.train()
    with warnings.catch_warnings():  # the name transformers 4 knows
        warnings.simplefilter("ignore", FutureWarning)
        model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()

    _, shares = recorded(model, *batch)

    torch.testing.assert_close(shares, expected)


class Regions(nn.Module):
    """Layers each in a checkpointed region of its own, of which the second is called again in a third region."""

    def __init__(self, checkpointed: bool) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.checkpointed = checkpointed

    def forward(self, x: Any) -> Any:
        for region in (self._one, self._two, self._two):
            x = checkpoint(region, x, use_reentrant=False) if self.checkpointed else region(x)
        return x

    def _one(self, x: Any) -> Any:
        return self.first(torch.tanh(self.first(torch.tanh(x))))

    def _two(self, x: Any) -> Any:
        return torch.tanh(self.second(x)) + self.second(torch.sin(x))


def test_checkpointed_regions_may_call_a_module_again() -> None:
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    found = []
    for checkpointed in (False, True):
        torch.manual_seed(0)
        model = Regions(checkpointed).double()
        _, shares = recorded(model, {"input_ids": x}, _rows(2), lambda m, i: m(i["input_ids"]).square().sum())
        found.append(shares)

    torch.testing.assert_close(found[1], found[0])


def test_tensors_that_are_offloaded_give_the_same_shares() -> None:
    model = tiny_qwen3()
    batch = padded(ROWS, [0, 1, 2])
    _, expected = recorded(model, *batch)

    def offloaded(model: Any, inputs: Any) -> Any:
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
            return loss_of(model, inputs)

    _, shares = recorded(model, *batch, loss=offloaded)

    torch.testing.assert_close(shares, expected)


def test_checkpointing_lets_go_of_inputs_between_forward_and_backward() -> None:
    alive: list[Any] = []

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            x = torch.sin(x)
            alive.append(weakref.ref(x))
            return self.inner(x)

    model = Watched()
    capture = Capture(model, layout_of(model))
    with capture.recording(_rows(2), 2):
        x = torch.randn(2, 5, 4, requires_grad=True)
        loss = checkpoint(model, x, use_reentrant=False).sum()
        held = [ref() is not None for ref in alive]
        loss.backward()
    capture.remove()

    assert [False] == held


def test_packed_samples_of_very_different_lengths_have_the_shares_they_have_alone() -> None:
    rows = [*sentences(2, least=3, most=3), *sentences(2, seed=1, least=9, most=9)]
    model = tiny_qwen3()
    layout = layout_of(model)
    expected = []
    for n, row in enumerate(rows):
        model.zero_grad()
        loss_of(model, padded([row], [n])[0]).backward()
        expected.append(layout.gradients())

    _, shares = recorded(model, *packed(rows, [0, 1, 2, 3]))

    torch.testing.assert_close(shares, torch.stack(expected), rtol=1e-5, atol=1e-8)


def test_parameters_that_nothing_came_back_to_have_shares_of_zero() -> None:
    class Unused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            return self.used(x)

    model = Unused()

    layout, shares = recorded(
        model, {"input_ids": torch.randn(2, 5, 4)}, _rows(2), lambda m, i: m(i["input_ids"]).square().sum()
    )

    assert not shares[:, layout.places[id(model.unused.weight)]].any()
    assert shares[:, layout.places[id(model.used.weight)]].any()


def test_a_module_called_twice_has_one_share() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)
            self.norm = nn.LayerNorm(4)

        def forward(self, x: Any) -> Any:
            return self.inner(torch.tanh(self.inner(self.norm(x))))

    torch.manual_seed(0)
    model, x = Twice().double(), torch.randn(2, 5, 4, dtype=torch.float64)

    layout, shares = recorded(
        model, {"input_ids": x}, _rows(2), lambda m, i: m(i["input_ids"]).square().sum()
    )

    for n in range(2):
        model.zero_grad()
        model(x[n : n + 1]).square().sum().backward()
        torch.testing.assert_close(shares[n], layout.gradients())


def test_bfloat16_autocast_is_within_its_own_precision() -> None:
    model = tiny_qwen3(layers=2, hidden=16, dtype=torch.float32)

    def loss(model: Any, inputs: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return loss_of(model, inputs)

    _, exact = recorded(model, *padded(ROWS, [0, 1, 2]))
    _, shares = recorded(model, *padded(ROWS, [0, 1, 2]), loss=loss)

    assert float((shares - exact).norm() / exact.norm()) < 0.05


@pytest.mark.parametrize("storage", [None, torch.bfloat16])
def test_what_the_model_computes_in_is_known_whatever_shares_are_stored_in(storage: Any) -> None:
    model = tiny_qwen3(layers=2, hidden=16, dtype=torch.float32)
    capture = Capture(model, layout_of(model), storage)
    inputs, segments = padded(ROWS, [0, 1, 2])

    with capture.recording(segments, 3):
        loss_of(model, inputs).backward()
    exact = capture.computed
    with capture.recording(segments, 3), torch.autocast("cpu", torch.bfloat16):
        loss_of(model, inputs).backward()
    capture.remove()

    assert (torch.float32, torch.bfloat16) == (exact, capture.computed)


def test_adapters_in_float32_on_weights_in_bfloat16_compute_in_bfloat16() -> None:
    model = tiny_qwen3(dtype=torch.bfloat16)
    adapted = with_lora(model)
    for parameter in adapted.parameters():
        parameter.data = parameter.data.float() if parameter.requires_grad else parameter.data
    capture = Capture(adapted, layout_of(adapted))

    assert torch.finfo(torch.bfloat16).eps == capture.grain


def test_shares_may_be_stored_in_bfloat16() -> None:
    model = tiny_qwen3(dtype=torch.float32)
    _, exact = recorded(model, *padded(ROWS, [0, 1, 2]))

    _, shares = recorded(model, *padded(ROWS, [0, 1, 2]), storage=torch.bfloat16)

    assert torch.bfloat16 == shares.dtype
    assert float((shares.float() - exact).norm() / exact.norm()) < 0.01


def test_an_output_layer_that_is_gone_around_is_refused_by_name() -> None:
    model = tiny_qwen3(tied=False)

    def fused(model: Any, inputs: Any) -> Any:  # as TRL's chunked loss does: the weight, not the module
        hidden = model.model(input_ids=inputs["input_ids"]).last_hidden_state
        return (hidden @ model.lm_head.weight.T).logsumexp(-1).sum()

    with pytest.raises(SharesDoNotAdd) as refused:
        recorded(model, *padded(ROWS, [0, 1, 2]), loss=fused)
    assert "lm_head.weight" == refused.value.where


def test_a_tied_output_layer_that_is_gone_around_is_refused_too() -> None:
    model = tiny_qwen3()

    def fused(model: Any, inputs: Any) -> Any:
        hidden = model.model(input_ids=inputs["input_ids"]).last_hidden_state
        return (hidden @ model.lm_head.weight.T).logsumexp(-1).sum()

    with pytest.raises(SharesDoNotAdd) as refused:
        recorded(model, *padded(ROWS, [0, 1, 2]), loss=fused)
    assert "model.embed_tokens.weight" == refused.value.where


def test_a_parameter_of_an_unknown_kind_is_refused_by_name_or_declared() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)
            self.scale = nn.Parameter(torch.ones(4))

    with pytest.raises(ParametersNotCovered) as refused:
        Capture(Odd(), layout_of(Odd()))
    model = Odd()
    layout = layout_of(model, ["scale"])

    assert "scale" in refused.value.where or "trainable" in refused.value.what
    assert ("scale",) == layout.left_out
    Capture(model, layout).remove()


def test_dora_is_refused_by_the_name_of_its_magnitudes() -> None:
    model = with_lora(tiny_qwen3(), use_dora=True)

    with pytest.raises(ParametersNotCovered) as refused:
        Capture(model, layout_of(model))
    assert "lora_magnitude_vector" in refused.value.where


def test_rows_that_are_no_samples_are_refused() -> None:
    model = nn.Sequential(nn.Flatten(0, 1), nn.Linear(4, 2))

    with pytest.raises(SharesDoNotAdd) as refused:
        recorded(model, {"input_ids": torch.randn(2, 5, 4)}, _rows(2), lambda m, i: m(i["input_ids"]).sum())
    assert "1" == refused.value.where


def test_positions_that_belong_to_no_sample_are_noticed() -> None:
    model = tiny_qwen3()
    inputs, segments = packed(ROWS, [0, 1, 2])

    with pytest.raises(SharesDoNotAdd):
        recorded(model, inputs, segments[:2])


def test_a_frozen_model_and_a_pattern_without_parameters_are_mistakes() -> None:
    with pytest.raises(CannotTrace):
        layout_of(tiny_qwen3().requires_grad_(False))
    with pytest.raises(UsageError):
        layout_of(tiny_qwen3(), ["no.such.*"])


def test_the_factor_is_the_clipping() -> None:
    model = tiny_qwen3()
    layout = layout_of(model)
    total = torch.randn(layout.size, dtype=torch.float64)

    assert common_factor(layout, total, 0.25 * total, 1e-8) == pytest.approx(0.25, rel=1e-12)
    assert 1.0 == common_factor(layout, 0 * total, 0 * total, 1e-8)
    with pytest.raises(SharesDoNotAdd):
        common_factor(layout, total, total * float("nan"), 1e-8)


def test_one_parameter_that_is_off_is_named_though_all_others_outweigh_it() -> None:
    layout = layout_of(tiny_qwen3())
    total = torch.randn(layout.size, dtype=torch.float64)
    place = layout.names.index("model.norm.weight")
    gradient = 0.25 * total
    gradient[layout.starts[place] : layout.starts[place + 1]] *= 1.001

    assert quick_factor(layout, total, gradient, 1e-2) == pytest.approx(0.25, rel=1e-3)
    assert quick_factor(layout, total, gradient, 1e-5) is None
    with pytest.raises(SharesDoNotAdd) as refused:
        common_factor(layout, total, gradient, 1e-5)
    assert "model.norm.weight" == refused.value.where


def _rows(count: int) -> tuple[Segment, ...]:
    return tuple(Segment(n, n, 0, 5) for n in range(count))


def fused_head(model: Any) -> Any:
    """A loss as TRL's trainer makes it: log-probabilities of labels, by a head that makes no logits for anyone."""
    forward = model.forward

    def fused(*args: Any, labels: Any = None, fused_lm_head: bool = False, **inputs: Any) -> Any:
        if not fused_lm_head:
            return forward(*args, **inputs)
        hidden = model.base_model(**inputs).last_hidden_state[:, :-1]
        logits = nn.functional.linear(hidden, model.lm_head.weight, model.lm_head.bias)
        found = logits.log_softmax(-1).gather(2, labels[:, 1:].clamp(min=0).unsqueeze(2)).squeeze(2)
        return SimpleNamespace(log_probs=found.masked_fill(labels[:, 1:] == -100, 0))

    model.forward = fused

    def loss(model: Any, inputs: Any) -> Any:
        return -model(**inputs, use_cache=False, fused_lm_head=True).log_probs.sum() / 8

    return loss


@pytest.mark.parametrize("shape", [padded, packed])
@pytest.mark.parametrize("tied", [False, True])
def test_an_output_layer_that_is_one_with_the_loss_has_its_shares(shape: Any, tied: bool) -> None:
    model = tiny_qwen3(tied=tied)
    exact = alone(model, shape)

    _, shares = recorded(model, *shape(ROWS, [0, 1, 2]), loss=fused_head(model))

    assert torch.allclose(exact, shares, rtol=1e-5, atol=1e-6)  # log-probabilities come back in float32


def test_a_frozen_output_layer_that_is_one_with_the_loss_needs_none() -> None:
    model = tiny_qwen3(tied=False)
    model.lm_head.weight.requires_grad_(False)
    exact = alone(model)

    _, shares = recorded(model, *padded(ROWS, [0, 1, 2]), loss=fused_head(model))

    assert torch.allclose(exact, shares, rtol=1e-5, atol=1e-6)
