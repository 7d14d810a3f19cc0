"""What tracing costs over the plain TRL step: capture alone, and the whole with items.

    python -m benchmarks.trace.overhead                          # tiny Qwen3 with LoRA on the CPU
    python -m benchmarks.trace.overhead --shape 0.6b --bf16      # Qwen3-0.6B's shape, random weights, on a GPU

One process, made tokens that can be learned, so it runs from a bare checkout. The variants are trained side by side
from the same weights and take turns at every step, so that a busy machine slows all alike. Time is wall time on a
GPU, where kernels run beside Python, and process time on a CPU, which others may be using too.

    plain      TRL's SFTTrainer with LoRA, nothing attached
    capture    per-sample gradients, their check, and the optimizer's movement taken apart at every step; nothing kept
    whole      the tracer as it is by default: marks, settlements, removal score, adaptive under the cost ceiling
    bergson    the gradient callback of bergson, where it is installed: projections of per-sample gradients to disk

`step` is the median over steps of a variant's step over the plain one beside it, `run` the whole of training, with the
first and the last mark and the settlements, over the whole of the plain one; in brackets the range over rounds.
"""

from __future__ import annotations

import argparse
import copy
import gc
import importlib.util
import os
import resource
import statistics
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from attribution.entries import ANSWER_LOSS
from attribution.ledger.coverage import coverage
from attribution.ledger.movement import read_after
from attribution.ledger.refresh import Refresh
from attribution.ledger.rows import balances
from attribution.tracing.items import BATCH, TOKENS, Probe
from attribution.tracing.tracer import Tracer, TraceSettings
from attribution.tracing.trl import AttributionCallback
from benchmarks.trace.turns import Record, Turn, Turns
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


def main() -> None:
    """Measures and prints a table."""
    options = _options()
    warnings.simplefilter("ignore")
    _quiet()
    device = "cuda" if torch.cuda.is_available() and not options.cpu else "cpu"
    if device == "cpu":
        torch.set_num_threads(1)
    base = _model(options).to(device)
    print(_heading(options, device), flush=True)
    if options.profile:
        for name in options.variants:
            _profile(name, base, options, device)
        return
    peaks = {} if device == "cuda" else {name: _peak_alone(name, base, options) for name in options.variants}
    _round(base, _short(options), device)  # kernels are loaded, allocators have their memory
    rounds = []
    for number in range(options.rounds):
        rounds.append(_round(base, options, device))
        print(f"  round {number + 1}: {_words(rounds[-1])}", flush=True)
    _table(rounds, peaks)


def _quiet() -> None:
    from datasets import disable_progress_bars

    disable_progress_bars()


def _short(options: Any) -> Any:
    return argparse.Namespace(**{**vars(options), "steps": 3, "spacing": "2"})


def _round(base: Any, options: Any, device: str) -> dict[str, Record]:
    """All variants side by side, once."""
    gc.collect()  # what was before holds itself in cycles
    if device == "cuda":
        torch.cuda.empty_cache()

    def training(name: str) -> Callable[[Turn], Any]:
        return lambda turn: _train(name, base, options, device, [turn.callback()])

    return Turns(device).run({name: training(name) for name in options.variants})


def _train(name: str, base: Any, options: Any, device: str, callbacks: Sequence[Any]) -> Any:
    """One training from the same weights; (coverage, marks) where there is a ledger."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(base, options, folder, device)
        tracer = _attached(name, trainer, options, device, Path(folder))
        for callback in callbacks:
            trainer.add_callback(callback)
        trainer.train()
    if tracer is None or not tracer.intervals:
        return None
    return coverage(balances(tracer.intervals, tracer.names)).explained, tracer.marks


def _attached(name: str, trainer: Any, options: Any, device: str, folder: Path) -> Tracer | None:
    if name == "plain":
        return None
    if name == "bergson":
        from bergson.huggingface import GradientCollectorCallback, prepare_for_gradient_collection

        trainer.add_callback(GradientCollectorCallback(folder / "gradients"))
        prepare_for_gradient_collection(trainer)
        return None
    callback = AttributionCallback(_probes(options), _settings(name, options, device))
    if name == "capture":
        callback.tracer.__class__ = CaptureOnly
    callback.attach(trainer)
    return callback.tracer


def _settings(name: str, options: Any, device: str) -> TraceSettings:
    plain = TraceSettings(storage="bfloat16" if device == "cuda" else "full")
    if name == "capture":
        return replace(plain, refresh=Refresh(every=10**6, adaptive=False), removal=False)
    if options.spacing == "adaptive":
        return plain
    return replace(plain, refresh=Refresh(every=int(options.spacing), adaptive=False))


class CaptureOnly(Tracer):
    """Takes every step apart and keeps nothing of it."""

    def step_started(self, step: int) -> None:
        """No mark."""
        self._recorded = []

    def after_update(self, step: int) -> None:
        """The movement is read, and let go."""
        _, _, pending = self._pending  # type: ignore[misc]
        read_after(self.layout, self._running.optimizer, pending)
        self._pending, self._recorded = None, []


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
    with torch.device("cuda" if torch.cuda.is_available() and not options.cpu else "cpu"):
        return Qwen3ForCausalLM(config).to(torch.bfloat16 if options.bf16 else torch.float32)


def _trainer(base: Any, options: Any, folder: str, device: str) -> Any:
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from trl import SFTConfig, SFTTrainer

    torch.manual_seed(0)
    model = get_peft_model(
        copy.deepcopy(base),
        LoraConfig(r=options.rank, lora_alpha=32, lora_dropout=0.0, target_modules=TARGETS),
    )
    tokens = _texts(options.rows * options.steps, options.tokens, seed=1)
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
    trainer = SFTTrainer(
        model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=_tokenizer()
    )
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({f"w{n}": n for n in range(512)}, unk_token="w0"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="w0", eos_token="w2")


def _probes(options: Any) -> tuple[Probe, ...]:
    """Items of synthetic tokens, as many a batch as `govern attribute` takes together."""
    half = options.item_tokens // 2
    tokens = _texts(options.items, options.item_tokens, seed=2).tolist()
    questions = [Continuation(tuple(t[:half]), tuple(t[half:])) for t in tokens]
    rows = max(1, min(BATCH, TOKENS // options.item_tokens))
    return tuple(
        Probe(
            "synthetic",
            tuple(f"item/{n}" for n in range(first, min(first + rows, options.items))),
            ANSWER_LOSS,
            answer_batch(questions[first : first + rows]),
        )
        for first in range(0, options.items, rows)
    )


def _texts(count: int, length: int, seed: int) -> torch.Tensor:
    """(count, length) tokens that can be learned, so that items move: after three of four comes a certain one."""
    follows = 3 + torch.randperm(509, generator=torch.Generator().manual_seed(0))
    made = torch.Generator().manual_seed(seed)
    tokens = torch.randint(3, 512, (count, length), generator=made)
    kept = torch.rand(count, length, generator=made) < 0.75
    for place in range(1, length):
        tokens[:, place] = torch.where(kept[:, place], follows[tokens[:, place - 1] - 3], tokens[:, place])
    return tokens


def _peak_alone(name: str, base: Any, options: Any) -> int:
    """Bytes that a process of its own takes at most for one training; a child, as a peak never falls."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        _train(name, base, options, "cpu", [])
        unit = 1 if sys.platform == "darwin" else 1024
        os.write(writes, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit).encode())
        os._exit(0)
    os.close(writes)
    os.waitpid(child, 0)
    with os.fdopen(reads) as told:
        return int(told.read() or 0)


def _profile(name: str, base: Any, options: Any, device: str) -> None:
    """Where one step's time goes, by operation."""
    from torch.profiler import ProfilerActivity, profile
    from transformers import TrainerCallback

    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device == "cuda" else [])]
    profiler = profile(activities=activities)

    class Window(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 5:
                _settle(device)
                profiler.start()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 6:
                _settle(device)
                profiler.stop()

    _train(name, base, argparse.Namespace(**{**vars(options), "steps": 8}), device, [Window()])
    found = profiler.key_averages()
    print(f"\n== {name}: one step, operations by time of their own")
    for key in ["self_cuda_time_total"] * (device == "cuda") + ["self_cpu_time_total"]:
        print(found.table(sort_by=key, row_limit=25, max_name_column_width=48))


def _settle(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _heading(options: Any, device: str) -> str:
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU, one thread"
    return (
        f"Qwen3 {options.shape}, LoRA r={options.rank}, {options.rows} x {options.tokens} = "
        f"{options.rows * options.tokens:,} tokens a step, {options.items} items of {options.item_tokens} tokens, "
        f"{'bf16' if options.bf16 else 'float32'}, checkpointing {'on' if options.checkpointing else 'off'}, "
        f"{options.steps} steps, {name}, torch {torch.__version__}"
    )


def _by_step(records: dict[str, Record], name: str) -> float:
    """Median over steps of a step over the plain one beside it, less one; the first step has loaded what it needs."""
    pairs = zip(records[name].steps[1:], records["plain"].steps[1:], strict=True)
    return statistics.median(mine / plain for mine, plain in pairs) - 1


def _by_run(records: dict[str, Record], name: str) -> float:
    return records[name].whole / records["plain"].whole - 1


def _words(records: dict[str, Record]) -> str:
    plain = statistics.median(records["plain"].steps)
    others = (
        f"{name} step {100 * _by_step(records, name):+.1f} % run {100 * _by_run(records, name):+.1f} %"
        for name in records
        if name != "plain"
    )
    return f"plain {1000 * plain:.1f} ms a step; " + "; ".join(others)


def _table(rounds: Sequence[dict[str, Record]], peaks: dict[str, int]) -> None:
    print(
        f"{'variant':9s}{'ms a step':>11s}  {'step over plain':24s}{'run over plain':24s}{'peak GB':>8s}  ledger"
    )
    for name in rounds[0]:
        middle = statistics.median(step for r in rounds for step in r[name].steps)
        peak = peaks.get(name) or max(r[name].peak for r in rounds)
        found = rounds[-1][name].result
        ledger = "" if found is None else f"coverage {100 * found[0]:.1f} %, items computed {found[1]} times"
        step = _spread([_by_step(r, name) for r in rounds])
        run = _spread([_by_run(r, name) for r in rounds])
        print(f"{name:9s}{1000 * middle:11.1f}  {step:24s}{run:24s}{peak / 1e9:8.2f}  {ledger}")


def _spread(shares: Sequence[float]) -> str:
    low, middle, high = (100 * f(shares) for f in (min, statistics.median, max))
    return f"{middle:+.1f} % [{low:+.1f}, {high:+.1f}]"


def _options() -> Any:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ["plain", "capture", "whole", *(["bergson"] if importlib.util.find_spec("bergson") else [])]
    parser.add_argument("--variants", nargs="+", choices=known, default=known)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="tiny")
    parser.add_argument("--bf16", action="store_true", help="weights in bfloat16; adapters stay in float32")
    parser.add_argument("--cpu", action="store_true", help="use the CPU even where there is a GPU")
    parser.add_argument("--checkpointing", action="store_true", help="gradient checkpointing")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--items", type=int, default=64)
    parser.add_argument("--item-tokens", type=int, default=64)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--spacing", default="adaptive", help="steps between marks, or 'adaptive'")
    parser.add_argument(
        "--profile", action="store_true", help="where one step's time goes, in place of figures"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
