"""TRL's SFTTrainer with four differences: weights, exact counts, an order of its own, and a step that can be refused.

The loss of one optimizer step, over all its micro-batches on all processes, is

    L = - sum_i w_i log P(y_i | x_i) / M

with log P summed over the supervised tokens of sample i, and M the number of supervised tokens of the step (`loss =
"tokens"`: with all weights 1 it is TRL's own loss) or the number of its samples (`loss = "samples"`: equation 16 of
Agentar-Fin-R1). M is counted before the first micro-batch, so accumulation changes nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from trl.trainer.sft_trainer import SFTTrainer

from training.callback import NUMBERS, ObservedSteps
from training.data.order import Order
from training.data.samples import Samples
from training.errors import LossNotFinite
from training.observer import MicroBatch
from training.supervised.weighting import Weighting

IGNORED = -100
"""The label of a token that is not learned, as TRL and transformers write it."""


class WeightedTrainer(ObservedSteps, SFTTrainer):
    """A trainer whose batches carry sample numbers; `prepare` completes it.

    Attributes:
        losses: this process's loss of each micro-batch of the step, on the device.
        seen: the samples' numbers of each of them.
        grad_norm: of the step, before clipping.
        fused: the output layer and the loss are one, which takes less memory.
    """

    fused = True

    # Divided by the whole step's count already; transformers shall not divide once more.
    loss_is_scaled_for_ga = True  # type: ignore[assignment]

    def prepare(self, samples: Samples, weighting: Weighting, order: Order, *, by_tokens: bool) -> None:
        """What the loss and the order need."""
        self.samples = samples
        self.weighting = weighting
        self.supervised: npt.NDArray[np.int64] = samples.rows.column("supervised").to_numpy()
        self.order = order
        self.by_tokens = by_tokens
        self.losses: list[torch.Tensor] = []
        self.seen: list[tuple[int, ...]] = []
        self.grad_norm: float | None = None

    def _get_train_sampler(self, train_dataset: Any = None) -> Order:
        return self.order

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        """What the sum of a whole step is divided by: its supervised tokens or its samples, on all processes."""
        counts = [
            self.supervised[b[NUMBERS]].sum() if self.by_tokens else b[NUMBERS].size for b in batch_samples
        ]
        own = torch.tensor(float(sum(counts)), dtype=torch.float64 if device.type == "cpu" else torch.float32)
        return self.accelerator.gather(own.to(device)).sum() if self.args.world_size > 1 else own.to(device)

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """The loss of one micro-batch, remembered until the step is taken."""
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        self.losses.append(loss)
        self.seen.append(self.batch.samples)
        return loss

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The micro-batch's share of the step's loss; DDP averages over processes, so it is multiplied by them."""
        log_probs = self.log_probs(model, inputs)
        weights = self.token_weights(self.batch, log_probs)
        total = -(log_probs * weights).sum() / num_items_in_batch.to(log_probs.dtype)
        loss = total * self.args.world_size
        return (loss, {"log_probs": log_probs}) if return_outputs else loss

    def log_probs(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        """(rows, length - 1) of each token given those before it; 0 where the model does not learn it.

        TRL's fused output layer never makes the logits, which is a third of the memory, and goes around the module;
        who watches that module's gradient sets `fused` to False.
        """
        if self.fused:
            found: torch.Tensor = model(**inputs, use_cache=False, fused_lm_head=True).log_probs
            return found
        labels = inputs["labels"][:, 1:]
        rest = {name: value for name, value in inputs.items() if name != "labels"}
        logits = model(**rest, use_cache=False).logits[:, :-1]
        logits = logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits
        chosen = logits.gather(2, labels.clamp(min=0).unsqueeze(2)).squeeze(2) - logits.logsumexp(dim=2)
        return torch.where(labels == IGNORED, chosen.new_zeros(()), chosen)

    def token_weights(self, batch: MicroBatch, log_probs: torch.Tensor) -> torch.Tensor | float:
        """The weight of each predicted token, (rows, length - 1); one number where all samples weigh the same."""
        values = self.weighting.of(batch.samples)
        if (values == values[0]).all():
            return float(values[0])
        rows, length = log_probs.shape
        weights = np.zeros((rows, length + 1))
        for segment, value in zip(batch.segments, values, strict=True):
            weights[segment.row, segment.start : segment.stop] = value
        return torch.from_numpy(weights[:, 1:]).to(log_probs)  # the first token of a row is never predicted

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """The norm before clipping. Here a step is refused: the gradients are whole, and nothing has moved."""
        found = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[no-untyped-call]
        self.grad_norm = float(found)
        loss = float(torch.stack(self.losses).sum())
        if not (np.isfinite(loss) and np.isfinite(self.grad_norm)):
            raise self._refused(loss)
        return found

    def take_step(self) -> tuple[float, tuple[tuple[int, ...], ...]]:
        """(the step's loss over all processes, this process's samples by micro-batch); the next begins with none."""
        total, seen = torch.stack(self.losses).sum().double(), tuple(self.seen)
        self.losses, self.seen = [], []
        if self.args.world_size > 1:
            total = self.accelerator.gather(total.float()).double().mean()
        return float(total), seen

    def _refused(self, loss: float) -> LossNotFinite:
        thing = "gradient" if np.isfinite(loss) else "loss"
        bad = [n for n, each in enumerate(self.losses) if not torch.isfinite(each)] or range(len(self.losses))
        place = f"step {self.state.global_step}, micro-batch {', '.join(map(str, bad))}"
        numbers = [n for part in bad for n in self.seen[part]]
        return LossNotFinite(
            f"the {thing} of step {self.state.global_step} is not a number, and training stopped before the update",
            where=f"{place}: {self.samples.named(numbers)}",
            hint="lower learning_rate, or look at these samples of the split",
        )
