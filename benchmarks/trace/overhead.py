"""What tracing costs over the plain TRL step: capture alone, and the whole with items.

    python -m benchmarks.trace.overhead                          # tiny Qwen3 with LoRA on the CPU
    python -m benchmarks.trace.overhead --shape 0.6b --bf16      # Qwen3-0.6B's shape, random weights, on a GPU

One process, one model, synthetic tokens, so it runs from a bare checkout. The variants take turns, `--rounds` times,
each on a fresh trainer from the same weights; the figure is the median over rounds. Time is wall time on a GPU, where
kernels run beside Python, and process time on a CPU, which others may be using too.

    plain      TRL's SFTTrainer with LoRA, nothing attached
    capture    per-sample gradients, their check, and the optimizer's movement taken apart at every step; nothing kept
    whole      marks at the spacing given, or adaptive under the cost ceiling
"""

from __future__ import annotations

import argparse
import copy
import gc
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from attribution.entries import ANSWER_LOSS
from attribution.ledger.coverage import coverage
from attribution.ledger.movement import read_after
from attribution.ledger.refresh import Refresh
from attribution.ledger.rows import balances
from attribution.tracing.items import Probe
from attribution.tracing.tracer import Tracer, TraceSettings
from attribution.tracing.trl import AttributionCallback
from training.evaluation.functionals import Continuation, answer_batch

SHAPES = {
    "tiny": {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 4, "vocab_size": 512},
    "0.6b": {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "vocab_size": 151_936},
}
HEADS = {
    "tiny": {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32},
    "0.6b": {"num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128},
}
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Took:
    """One run: seconds a step, the first few left out; peak bytes; what the ledger covered."""

    variant: str
    seconds: float
    peak: int
    covered: float | None
    spacing: int | None


def main() -> None:
    """Measures and prints a table."""
    options = _options()
    warnings.simplefilter("ignore")
    device = "cuda" if torch.cuda.is_available() and not options.cpu else "cpu"
    if device == "cpu":
        torch.set_num_threads(1)
    base = _model(options).to(device)
    print(_heading(options, device), flush=True)
    variants = _variants(options, device)
    took = []
    for number in range(options.rounds):
        for name, settings in variants.items():
            took.append(_run(name, settings, base, options, device))
            print(f"  round {number + 1}: {_line(took[-1])}", flush=True)
    _table(took, list(variants))


def _variants(options: Any, device: str) -> dict[str, TraceSettings | None]:
    storage = "bfloat16" if device == "cuda" else "full"
    whole = (
        Refresh(every=4, most=options.most, ceiling=options.ceiling)
        if options.spacing == "adaptive"
        else Refresh(every=int(options.spacing), adaptive=False)
    )
    common = {"storage": storage, "interval": options.interval, "marks": options.marks}
    return {
        "plain": None,
        "capture": TraceSettings(refresh=Refresh(every=10**6, adaptive=False), removal=False, **common),
        "whole": TraceSettings(refresh=whole, removal=options.removal, **common),
    }


def _model(options: Any) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        **SHAPES[options.shape],
        **HEADS[options.shape],
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return Qwen3ForCausalLM(config).to(torch.bfloat16 if options.bf16 else torch.float32)


def _run(name: str, settings: TraceSettings | None, base: Any, options: Any, device: str) -> Took:
    """One training from the same weights."""
    _forget_peak(device)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(base, options, folder, device)
        steps = _Steps(device)
        trainer.add_callback(steps.callback())
        callback = None
        if settings is not None:
            probes = _probes(options)
            callback = AttributionCallback(probes, settings, say=lambda text: print(f"  {text}", flush=True))
            if name == "capture":
                callback.tracer.__class__ = CaptureOnly
            callback.attach(trainer)
        trainer.train()
    seconds, peak = steps.each(options.skip), _peak(device)
    if callback is None or name == "capture":
        return Took(name, seconds, peak, None, None)
    found = coverage(balances(callback.tracer.intervals, callback.tracer.names))
    return Took(name, seconds, peak, found.explained, callback.tracer.refresh.every)


class CaptureOnly(Tracer):
    """Takes every step apart and keeps nothing of it."""

    def step_started(self, step: int) -> None:
        """No mark."""
        self._recorded = []

    def after_update(self, step: int) -> None:
        """The movement is read, and let go."""
        _, _, pending = self._pending  # type: ignore[misc]
        read_after(self.layout, self._running.optimizer, pending)
        self._pending = None


def _trainer(base: Any, options: Any, folder: str, device: str) -> Any:
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from trl import SFTConfig, SFTTrainer

    torch.manual_seed(0)
    model = get_peft_model(
        copy.deepcopy(base),
        LoraConfig(r=options.rank, lora_alpha=32, lora_dropout=0.0, target_modules=TARGETS),
    )
    made = torch.Generator().manual_seed(1)
    vocabulary = min(512, SHAPES[options.shape]["vocab_size"])
    tokens = torch.randint(3, vocabulary, (options.rows * options.steps, options.tokens), generator=made)
    rows = [{"input_ids": t, "labels": [-100] * (len(t) // 2) + t[len(t) // 2 :]} for t in tokens.tolist()]
    config = SFTConfig(
        output_dir=folder,
        per_device_train_batch_size=options.rows,
        max_steps=options.steps,
        learning_rate=options.rate,
        warmup_steps=options.steps // 10,
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        bf16=options.bf16 and device == "cuda",
        use_cpu=device == "cpu",
        gradient_checkpointing=options.checkpointing,
        max_length=None,
        disable_tqdm=True,
    )
    return SFTTrainer(
        model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=_tokenizer()
    )


def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({f"w{n}": n for n in range(512)}, unk_token="w0"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="w0", eos_token="w2")


def _probes(options: Any) -> tuple[Probe, ...]:
    """Items of synthetic tokens, eight a batch."""
    made = torch.Generator().manual_seed(2)
    half = options.item_tokens // 2
    tokens = torch.randint(3, 512, (options.items, options.item_tokens), generator=made).tolist()
    questions = [Continuation(tuple(t[:half]), tuple(t[half:])) for t in tokens]
    return tuple(
        Probe(
            "synthetic",
            tuple(f"item/{n}" for n in range(first, min(first + options.item_rows, options.items))),
            ANSWER_LOSS,
            answer_batch(questions[first : first + options.item_rows]),
        )
        for first in range(0, options.items, options.item_rows)
    )


class _Steps:
    """The clock between the ends of successive steps, so that marks and settlements are in it."""

    def __init__(self, device: str) -> None:
        self.ends: list[float] = []
        self._clock: Callable[[], float] = time.perf_counter if device == "cuda" else time.process_time
        self._device = device

    def callback(self) -> Any:
        """For the trainer."""
        from transformers import TrainerCallback

        steps = self

        class Clock(TrainerCallback):
            def on_step_end(self, *_: Any, **__: Any) -> None:
                steps.end()

            def on_train_begin(self, *_: Any, **__: Any) -> None:
                steps.end()

        return Clock()

    def end(self) -> None:
        """A step is over."""
        if self._device == "cuda":
            torch.cuda.synchronize()
        self.ends.append(self._clock())

    def each(self, skip: int) -> float:
        """Mean seconds a step without the first few."""
        counted = self.ends[skip:]
        return (counted[-1] - counted[0]) / (len(counted) - 1)


def _forget_peak(device: str) -> None:
    gc.collect()  # the run before holds itself in cycles
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _peak(device: str) -> int:
    """Bytes: on the GPU of this run; on the CPU of the process so far, which only grows."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _heading(options: Any, device: str) -> str:
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU, one thread"
    return (
        f"Qwen3 {options.shape}, LoRA r={options.rank}, {options.rows} x {options.tokens} tokens a step, "
        f"{options.items} items of {options.item_tokens} tokens, {'bf16' if options.bf16 else 'float32'}, "
        f"checkpointing {'on' if options.checkpointing else 'off'}, {options.steps} steps, {name}"
    )


def _line(took: Took) -> str:
    covered = "" if took.covered is None else f", coverage {100 * took.covered:.1f} %, spacing {took.spacing}"
    return f"{took.variant:8s} {1000 * took.seconds:9.1f} ms a step, peak {took.peak / 1e9:6.2f} GB{covered}"


def _table(took: list[Took], variants: list[str]) -> None:
    plain = statistics.median(t.seconds for t in took if t.variant == "plain")
    print(f"{'variant':10s}{'ms a step':>12s}{'over plain':>12s}{'peak GB':>10s}{'coverage':>10s}")
    for name in variants:
        mine = [t for t in took if t.variant == name]
        seconds = statistics.median(t.seconds for t in mine)
        covered = mine[-1].covered
        share = "" if covered is None else f"{100 * covered:.1f} %"
        over = f"{100 * (seconds / plain - 1):+.1f} %"
        print(
            f"{name:10s}{1000 * seconds:12.1f}{over:>12s}{max(t.peak for t in mine) / 1e9:10.2f}{share:>10s}"
        )


def _options() -> Any:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", choices=sorted(SHAPES), default="tiny")
    parser.add_argument("--bf16", action="store_true", help="weights in bfloat16; adapters stay in float32")
    parser.add_argument("--cpu", action="store_true", help="use the CPU even where there is a GPU")
    parser.add_argument("--checkpointing", action="store_true", help="gradient checkpointing")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--skip", type=int, default=8, help="first steps that are not counted")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--items", type=int, default=64)
    parser.add_argument("--item-tokens", type=int, default=64)
    parser.add_argument("--item-rows", type=int, default=16)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--spacing", default="adaptive", help="steps between marks, or 'adaptive'")
    parser.add_argument(
        "--ceiling", type=float, default=0.15, help="share of step time for marks and settlements"
    )
    parser.add_argument("--most", type=int, default=64)
    parser.add_argument("--interval", type=int, default=40)
    parser.add_argument("--marks", type=int, default=4)
    parser.add_argument("--removal", action="store_true", help="gather the removal score too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
