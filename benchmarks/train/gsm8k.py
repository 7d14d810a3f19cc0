"""From a data set to two trained models, by the real commands, as a Markdown table.

    python -m benchmarks.train.gsm8k ../shared/data/gsm8k/train.jsonl \
        --model ../shared/models/minimind2_small_hf_fp16              # 300 and 200 steps, some minutes of two cores

It ingests the file, curates it with the default policy, trains a Qwen3 of 0.1 million parameters from scratch and
adapters of the model that is given, and keeps everything in a lake in --out, for `govern eval` and `govern runs` to
go on with. Losses are means of ten steps: single steps differ by their samples.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOVERN = (sys.executable, "-m", "ui.cli")
MEAN = 10  # steps
SCRATCH = ("batch_size=8", "learning_rate=3e-3", "max_length=512")
ADAPTERS = (
    "batch_size=2",
    "learning_rate=5e-4",
    "max_length=320",
    "lora.rank=8",
    "lora.targets=q_proj,v_proj",
)


@dataclass(frozen=True)
class Trained:
    """One run: what it printed as JSON, and the CPU seconds of its process."""

    name: str
    found: dict[str, Any]
    cpu: float

    def line(self) -> str:
        """Its row of the table."""
        losses, tokens = self.found["losses"], self.found["tokens"]
        first, last = statistics.mean(losses[:MEAN]), statistics.mean(losses[-MEAN:])
        left_out = sum(self.found["excluded"].values())
        return (
            f"| {self.name} | {self.found['samples']:,} | {left_out:,} | {self.found['steps']:,} | {tokens:,} |"
            f" {first:.3f} | {last:.3f} | {self.cpu:,.0f} |"
        )


def govern(*arguments: str, lake: Path) -> tuple[str, float]:
    """(what the command printed, CPU seconds of it)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [*GOVERN, *arguments, "--lake", str(lake)], check=False, env=env, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"govern {' '.join(arguments)} ended with {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def train(name: str, model: str, steps: int, settings: tuple[str, ...], out: Path, lake: Path) -> Trained:
    """A run of so many steps."""
    chosen = [word for each in (*settings, f"max_steps={steps}") for word in ("--set", each)]
    text, cpu = govern(
        "train", "math", "--model", model, *chosen, "-o", str(out / name), "-f", "json", lake=lake
    )
    return Trained(name, json.loads(text), cpu)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", help="folder of a small chat model to train adapters of")
    parser.add_argument("--out", type=Path, default=Path("gsm8k-runs"))
    parser.add_argument("--steps", type=int, nargs=2, default=(300, 200), metavar=("SCRATCH", "ADAPTERS"))
    given = parser.parse_args()
    lake = given.out / "lake"
    given.out.mkdir(parents=True, exist_ok=True)
    _, kept = govern("ingest", str(given.data), "--name", "gsm8k", "-q", lake=lake)
    _, curated = govern("curate", "gsm8k", "--name", "math", "-q", lake=lake)
    print(f"ingest {kept:.0f} s of CPU, curate {curated:.0f} s\n", flush=True)
    print("| run | samples | left out | steps | tokens | first loss | last loss | CPU s |", flush=True)
    print("|---|---|---|---|---|---|---|---|", flush=True)
    print(train("scratch", "new:tiny", given.steps[0], SCRATCH, given.out, lake).line(), flush=True)
    if given.model:
        print(train("adapters", given.model, given.steps[1], ADAPTERS, given.out, lake).line(), flush=True)


if __name__ == "__main__":
    main()
