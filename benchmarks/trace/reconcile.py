"""Does the ledger add up on real text? Per-item R² of explained against measured change, and coverage.

    python -m benchmarks.trace.reconcile --model qwen3        # a small Qwen3 from scratch, every parameter
    python -m benchmarks.trace.reconcile --model minimind     # the 26M chat model, LoRA
    python -m benchmarks.trace.reconcile --model qwen3 --spacing adaptive --steps 60 --rate 1e-3

Real GSM8K questions from ../shared. Prints one line a functional, where marks stood, and whether the coverage that is
printed is the one that the stored rows give. The requirement is R² of 0.99 with a mark at every step, and 0.95 with
adaptive spacing. `--plain` leaves out the marks at the middle of steps.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from attribution.entries import FUNCTIONALS
from attribution.ledger.coverage import coverage
from attribution.ledger.refresh import Refresh
from attribution.ledger.rows import balances
from attribution.tracing.marking import Reach
from attribution.tracing.tracer import Tracer, TraceSettings
from benchmarks.trace.course import SHARED, gsm8k, probes, train

MINIMIND = SHARED / "models" / "minimind2_small_hf_fp16"


def model_of(kind: str, tokenizer: Any) -> Any:
    """The model with its trainable parameters, in float32."""
    if kind == "qwen3":
        return small_qwen3(len(tokenizer))
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(MINIMIND, dtype=torch.float32)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    torch.manual_seed(0)
    return get_peft_model(base, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=targets))


def small_qwen3(vocabulary: int) -> Any:
    """Four layers of 64, tied, from scratch."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=16,
            tie_word_embeddings=True,
            pad_token_id=0,
        )
    )


def main() -> None:
    """Trains, traces and prints."""
    options = _options()
    from transformers import AutoTokenizer

    warnings.simplefilter("ignore", FutureWarning)
    tokenizer = AutoTokenizer.from_pretrained(MINIMIND)
    model = model_of(options.model, tokenizer)
    rate = options.rate or (1e-3 if options.model == "qwen3" else 3e-4)
    examples = [e for e, _ in gsm8k(tokenizer, "train", options.samples, options.longest)]
    trained = [p for p in model.parameters() if p.requires_grad]
    if (
        options.model == "qwen3" and options.before
    ):  # past the first steps, where a fresh model unlearns its noise
        train(model, torch.optim.AdamW(trained, lr=2e-3), examples, options.rows, options.before, [])
    refresh = (
        Refresh(ceiling=options.ceiling)
        if options.spacing == "adaptive"
        else Refresh(int(options.spacing), adaptive=False)
    )
    tracer = Tracer(
        probes(tokenizer, gsm8k(tokenizer, "test", options.items, options.longest)),
        TraceSettings(refresh=refresh, middle=not options.plain),
        say=print,
    )
    start = time.process_time()
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
    train(model, optimizer, examples, options.rows, options.steps, [tracer])
    _print(options, rate, tracer, time.process_time() - start)


def _options() -> Any:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=("qwen3", "minimind"), default="qwen3")
    parser.add_argument("--spacing", default="1", help="steps between marks, or 'adaptive'")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument(
        "--before", type=int, default=60, help="steps of the small Qwen3 before tracing begins"
    )
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--items", type=int, default=16)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--longest", type=int, default=128)
    parser.add_argument("--rate", type=float, default=None)
    parser.add_argument("--ceiling", type=float, default=None, help="of marks over steps; none unless set")
    parser.add_argument("--plain", action="store_true", help="no mark at the middle of a step")
    return parser.parse_args()


def _print(options: Any, rate: float, tracer: Tracer, seconds: float) -> None:
    rows = balances(tracer.intervals, tracer.names)
    gap = max(float((abs(i.gap) / np.abs(i.amounts).sum(0)).max()) for i in tracer.intervals)
    print(
        f"{options.model}, spacing {options.spacing}, {options.steps} steps, rate {rate:g}, {seconds:.0f} CPU s"
    )
    print(f"identity holds to {gap:.1e} (float32); items computed {tracer.marks} times")
    print("steps a window, with ' where a step has a middle:", *(_reach(r) for r in tracer.reached))
    for functional in FUNCTIONALS:
        part = coverage(rows.filter(pc.equal(rows["functional"], functional)))
        change = np.mean([i.change for i in part.items])
        print(
            f"  {functional:12s} R2 {part.r_squared:.4f}  coverage {part.explained:.4f}  mean change {change:+.3f} nats"
        )
    printed = coverage(rows)
    print(f"  together: {printed}")
    print(f"  the same from rows on disk, by SQL: {100 * stored_coverage(rows):.1f} %")


def _reach(reach: Reach) -> str:
    return f"{reach.stop - reach.start}{chr(39) * reach.middle}"


def stored_coverage(rows: pa.Table) -> float:
    """The coverage, worked out by another program from the ledger's rows as they lie on disk."""
    import duckdb
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "balances.parquet"
        pq.write_table(rows, path)
        found = duckdb.execute(
            """
            SELECT 1 - sum(abs(residual)) / sum(abs(change)) FROM (
                SELECT sum(residual) AS residual, sum(after - before) AS change
                FROM read_parquet(?) GROUP BY suite, item, functional)
            """,
            [str(path)],
        ).fetchone()
    assert found is not None
    return float(found[0])


if __name__ == "__main__":
    main()
