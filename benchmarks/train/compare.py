"""Prints tokens a second and peak memory of `train_sft` beside plain TRL with the same settings, as a Markdown table.

    python -m benchmarks.train.compare              # the shape of Qwen3-0.6B, bf16, LoRA; made for one GPU, 2 minutes
    python -m benchmarks.train.compare --tiny       # a look at the machinery on a CPU, seconds

Nothing is fetched: the weights are random, the text is made up, the tokenizer is of bytes. Both sides load the same
folder, train the same adapters on the same tokens in the same order, in one process, turn by turn, so that what else
the machine does falls on both. Timed are the steps after the warm-up, from the beginning of one to the beginning of
the last, with the GPU idle at both ends. Tokens are counted at the model's door, without padding. `train_sft` writes
its journal and commits to a lake while it is timed. The goal: at least 0.97 of TRL's speed.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import platform
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOAL = 0.97
LOGGED = 10  # steps that TRL takes the mean loss of, by default
WORDS = ("rate", "bond", "share", "price", "risk", "yield", "fund", "swap", "loan", "asset", "option", "cash")
BIG = {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16,
       "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151_936}  # fmt: skip
TINY = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 2_000}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What both sides train: steps, rows of a micro-batch, micro-batches of a step, tokens of a row."""

    steps: int
    warm_up: int
    batch: int
    accumulation: int
    length: int
    rank: int = 16

    @property
    def rows(self) -> int:
        """Rows enough for every step, packed ones too."""
        return self.steps * self.batch * self.accumulation * 4


@dataclass(frozen=True)
class Cost:
    """One run of one side; `memory` is the peak of the GPU in bytes, 0 without one."""

    tokens: int
    seconds: float
    memory: int
    loss: float

    @property
    def speed(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds


class Clock:
    """Counts tokens at the model's door between two steps."""

    def __init__(self, shape: Shape) -> None:
        self.first, self.last = shape.warm_up, shape.steps - 1
        self.started = self.stopped = 0.0
        self.tokens = 0
        self._counting = False
        self._seen: list[Any] = []

    def watch(self, model: Any) -> None:
        """Look at what goes in; the sums are read when the clock has stopped."""
        base = model.get_base_model() if hasattr(model, "get_base_model") else model
        base.model.register_forward_pre_hook(self._look, with_kwargs=True)

    def step(self, number: int) -> None:
        """A step begins."""
        if number == self.first:
            synchronise()
            self.started, self._counting = time.perf_counter(), True
        elif number == self.last:
            synchronise()
            self.stopped, self._counting = time.perf_counter(), False
            self.tokens = int(sum(int(s) for s in self._seen))

    def _look(self, module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if self._counting:
            mask = kwargs.get("attention_mask")
            self._seen.append(kwargs["input_ids"].numel() if mask is None else mask.sum())


def synchronise() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def made_model(folder: Path, sizes: dict[str, int]) -> Path:
    """A folder with an untrained model of that shape and the tokenizer of bytes."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from training.models.fresh import byte_tokenizer

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = byte_tokenizer()
    ends = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    with torch.device(device):
        model = Qwen3ForCausalLM(
            Qwen3Config(**sizes, **ends, max_position_embeddings=4096, tie_word_embeddings=True)
        )
    model = model.to(torch.bfloat16) if device == "cuda" else model
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def made_rows(shape: Shape) -> list[dict[str, str]]:
    """Questions and answers of many lengths, half of the longest on average."""
    draw = random.Random(0)

    def text(size: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(max(1, size // 6)))

    most = shape.length - 80
    return [
        {"prompt": text(most // 8), "response": text(int(draw.uniform(0.1, 0.85) * most))}
        for _ in range(shape.rows)
    ]


def ours(model: Path, rows: list[dict[str, str]], shape: Shape, packing: bool, place: Path) -> Cost:
    """train_sft, with a journal and a lake."""
    from governance.lake import open_lake
    from training.data.source import SplitData
    from training.models.loading import ModelSpec
    from training.observer import RunStarted, Watching
    from training.settings import from_layers
    from training.supervised.sft import SftRequest, train_sft

    clock = Clock(shape)

    class Timed(Watching):
        def run_started(self, run: RunStarted) -> None:
            clock.watch(run.model)

        def step_started(self, step: int) -> None:
            clock.step(step)

    values = {"max_steps": shape.steps, "batch_size": shape.batch, "accumulation": shape.accumulation,
              "max_length": shape.length, "packing": packing, "shuffle": False, "lora.rank": shape.rank,
              "schedule": "constant", "warmup": 0.0}  # fmt: skip
    chosen = from_layers({key: (value, "benchmark") for key, value in values.items()})
    table = members_of(rows)
    split = SplitData("made@1", "0" * 32, "0" * 64, lambda: iter([table]))
    with measured() as peak, open_lake(str(place / "lake"), create=True) as lake:
        run = train_sft(SftRequest(split, ModelSpec(str(model)), chosen, place / "run", lake=lake), [Timed()])
    return Cost(clock.tokens, clock.stopped - clock.started, peak[0], statistics.mean(run.losses[-LOGGED:]))


def theirs(model: Path, rows: list[dict[str, str]], shape: Shape, packing: bool, place: Path) -> Cost:
    """TRL's SFTTrainer as its documentation has it, on tokens that are ready."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    clock = Clock(shape)

    class Timed(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            clock.step(state.global_step)

    gpu = torch.cuda.is_available()
    tokenizer = AutoTokenizer.from_pretrained(str(model))
    with measured() as peak:
        loaded = AutoModelForCausalLM.from_pretrained(
            str(model), dtype=torch.bfloat16 if gpu else torch.float32, attn_implementation=attention(gpu)
        )
        trainer = SFTTrainer(
            loaded,
            SFTConfig(
                str(place / "trl"), max_steps=shape.steps, per_device_train_batch_size=shape.batch,
                gradient_accumulation_steps=shape.accumulation, max_length=shape.length, packing=packing,
                learning_rate=1e-4, lr_scheduler_type="constant", weight_decay=0.0, seed=42, bf16=gpu, use_cpu=not gpu,
                gradient_checkpointing=gpu, report_to="none", disable_tqdm=True, save_strategy="no",
                train_sampling_strategy="sequential", shuffle_dataset=False, dataloader_pin_memory=gpu,
            ),
            train_dataset=tokens_of(rows, tokenizer, shape.length),
            processing_class=tokenizer,
            peft_config=LoraConfig(r=shape.rank, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
            callbacks=[Timed()],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        clock.watch(trainer.model)
        trainer.train()
        losses = [h["loss"] for h in trainer.state.log_history if "loss" in h]
    return Cost(clock.tokens, clock.stopped - clock.started, peak[0], losses[-1])


def attention(gpu: bool) -> str:
    """The same choice as ours."""
    from training.models.placement import placed
    from training.settings import TrainSettings

    return placed(TrainSettings(precision="bf16" if gpu else "fp32")).attention


@contextlib.contextmanager
def measured() -> Iterator[list[int]]:
    """The peak of the GPU's memory, from a clean start; what was held is given back afterwards."""
    import torch

    gpu, peak = torch.cuda.is_available(), [0]
    gc.collect()
    if gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    yield peak
    peak[0] = torch.cuda.max_memory_allocated() if gpu else 0


def members_of(rows: list[dict[str, str]]) -> Any:
    import pyarrow as pa

    from governance.members import MEMBERS

    made = [
        {"position": n, "sample_id": f"{n:064x}", "part": "train", "weight": 1.0, "dataset": "made@1", "row": n,
         "source": None, "label": None, "group": None,
         "conversation": [{"role": "user", "content": row["prompt"]},
                          {"role": "assistant", "content": row["response"]}]}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(made, schema=MEMBERS)


def tokens_of(rows: list[dict[str, str]], tokenizer: Any, length: int) -> Any:
    """The same tokens and labels as a dataset that TRL takes as it is."""
    import numpy as np
    from datasets import Dataset

    from training.data.samples import tokenised
    from training.data.template import template_of

    samples = tokenised([members_of(rows)], tokenizer, template_of(tokenizer), length)
    given = [samples.tokens.of(n) for n in range(len(samples))]
    return Dataset.from_dict(
        {
            "input_ids": [ids.tolist() for ids, _ in given],
            "labels": [np.where(mask, ids, -100).tolist() for ids, mask in given],
        }
    )


def quiet() -> None:
    """No bars and no notes of the libraries between the lines of the table."""
    import datasets
    from transformers.utils import logging

    warnings.simplefilter("ignore")
    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()


def machine() -> str:
    import peft
    import torch
    import transformers
    import trl

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or "CPU"
    return (
        f"{device}; torch {torch.__version__}, transformers {transformers.__version__}, trl {trl.__version__}, "
        f"peft {peft.__version__}, attention {attention(torch.cuda.is_available())}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiny", action="store_true", help="a tiny model and few steps")
    parser.add_argument("--repeat", type=int, default=2, help="turns of each side (default 2)")
    parser.add_argument("--steps", type=int, help="optimizer steps of a run")
    given = parser.parse_args()
    shape = Shape(10, 2, 2, 2, 256, 4) if given.tiny else Shape(given.steps or 30, 6, 8, 2, 1024)
    quiet()
    print(machine(), flush=True)
    print(f"{shape}\n", flush=True)
    print(
        "| rows | run | tokens/s | of TRL | peak memory | loss of the last 10 steps |\n|---|---|---|---|---|---|",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="govern-compare-") as scratch:
        model = made_model(Path(scratch) / "model", TINY if given.tiny else BIG)
        rows = made_rows(shape)
        for packing in (False, True):
            compare(model, rows, shape, packing, given.repeat, Path(scratch))


def compare(model: Path, rows: Any, shape: Shape, packing: bool, repeat: int, scratch: Path) -> None:
    """Both sides in turn, and a line each: the median of their turns."""
    costs: dict[str, list[Cost]] = {"TRL": [], "govern": []}
    for turn in range(repeat):
        for name, side in (("TRL", theirs), ("govern", ours)):
            place = scratch / f"{name}-{packing}-{turn}"
            place.mkdir()
            costs[name].append(side(model, rows, shape, packing, place))
    base = statistics.median(c.speed for c in costs["TRL"])
    for name, found in costs.items():
        speed = statistics.median(c.speed for c in found)
        memory = f"{max(c.memory for c in found) / 1e9:.2f} GB" if found[0].memory else "-"
        print(
            f"| {'packed' if packing else 'padded'} | {name} | {speed:,.0f} | {speed / base:.3f} | {memory} |"
            f" {found[-1].loss:.4f} |",
            flush=True,
        )
    share = statistics.median(c.speed for c in costs["govern"]) / base
    print(
        f"\n{'reached' if share >= GOAL else 'MISSED'}: {share:.3f} of TRL's speed, goal {GOAL}\n", flush=True
    )


if __name__ == "__main__":
    main()
