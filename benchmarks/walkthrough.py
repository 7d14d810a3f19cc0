"""From a data set to two trained models and what became of their answers, by the real commands, as Markdown tables.

    python -m benchmarks.walkthrough ../shared/data/gsm8k --model ../shared/models/minimind2_small_hf_fp16

Of a folder with train.jsonl and test.jsonl it ingests the first, curates it with the default policy, trains a Qwen3 of
0.1 million parameters from scratch and adapters of the model that is given, and evaluates both before and after on
items of the second: the log-likelihood of each gold answer, and of the given model, which can write, what it writes.
All of it stands in a lake in --out. Losses are means of ten steps: single steps differ by their samples. It takes some
minutes of two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
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


WRITTEN = 128  # tokens an answer may have
QUIET = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True)
class Work:
    """Where everything is kept, and how many items are asked."""

    out: Path
    items: int

    @property
    def lake(self) -> Path:
        """The lake of all commands."""
        return self.out / "lake"


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


def govern(*arguments: str, work: Work) -> tuple[str, float]:
    """(what the command printed, CPU seconds of it)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [*GOVERN, *arguments, "--lake", str(work.lake)]
    done = subprocess.run(words, check=False, env={**os.environ, **QUIET}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"govern {' '.join(arguments)} ended with {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def train(name: str, model: str, steps: int, settings: tuple[str, ...], work: Work) -> Trained:
    """A run of so many steps."""
    chosen = [word for each in (*settings, f"max_steps={steps}") for word in ("--set", each)]
    where = ("-o", str(work.out / name), "-f", "json")
    text, cpu = govern("train", "math", "--model", model, *chosen, *where, work=work)
    return Trained(name, json.loads(text), cpu)


def evaluate(model: Path, method: str, work: Work) -> tuple[str, float]:
    """(id of the evaluation on the chosen items of the test set, CPU seconds)."""
    asked = ("--suite", "gsm8k", "--limit", str(work.items), "--method", method)
    how = ("--max-new-tokens", str(WRITTEN), "--restart", "-f", "json", "-q")
    text, cpu = govern("eval", str(model), *asked, *how, work=work)
    return str(json.loads(text)[0]["id"]), cpu


def gold(evaluation: str, work: Work) -> list[float]:
    """Log-likelihoods of the gold answers, nats, by item."""
    from governance.lake import open_lake
    from governance.lake.evaluations import load_results

    with open_lake(str(work.lake), read_only=True) as lake:
        found = load_results(lake, evaluation)
    return [one.gold_loglik for one in sorted(found, key=lambda r: r.item) if one.gold_loglik is not None]


def answers(before: str, after: str, work: Work) -> str:
    """The last columns of a line: strict scores before and after, and their difference, of what was written."""
    from governance.lake import open_lake
    from training.evaluation.difference import percent, points
    from ui.cli.comparing import diff_evaluations

    with open_lake(str(work.lake), read_only=True) as lake:
        *_, found = diff_evaluations(lake, before, after, "strict")
    whole = found.overall
    return f"{percent(whole.before)} | {percent(whole.after)} | {points(whole.difference)}"


def line(name: str, before: str, after: str, work: Work, *, written: bool, cpu: float) -> str:
    """The line of a model in the second table."""
    from training.scoring.statistics import paired_difference

    nats: list[Sequence[float]] = [gold(one, work) for one in (before, after)]
    gain = paired_difference(*nats)
    means = " | ".join(f"{statistics.mean(each):.2f}" for each in nats)
    change = f"{gain.value:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"
    scores = answers(before, after, work) if written else "– | – | –"
    return f"| {name} | {gain.n:,} | {means} | {change} | {scores} | {cpu:,.0f} |"


def prepare(data: Path, work: Work) -> None:
    """The rows ingested and curated, the test set registered."""
    work.out.mkdir(parents=True, exist_ok=True)
    _, kept = govern("ingest", str(data / "train.jsonl"), "--name", "gsm8k", "-q", work=work)
    govern("benchmarks", "add", "gsm8k", str(data / "test.jsonl"), "-q", work=work)
    shown, curated = govern("curate", "gsm8k", "--name", "math", "--eval", "gsm8k", "-q", work=work)
    print(f"{shown}\ningest {kept:.0f} s of CPU, audit and curate {curated:.0f} s\n", flush=True)


def new_model(work: Work) -> Path:
    """The model from scratch as its run starts from it."""
    from training.models.loading import keep_new
    from training.settings import chosen

    folder = work.out / "new"
    keep_new("new:tiny", chosen().settings, folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with train.jsonl and test.jsonl of GSM8K")
    parser.add_argument("--model", type=Path, help="folder of a small chat model to train adapters of")
    parser.add_argument("--out", type=Path, default=Path("gsm8k-runs"))
    parser.add_argument("--steps", type=int, nargs=2, default=(300, 200), metavar=("SCRATCH", "ADAPTERS"))
    parser.add_argument("--items", type=int, default=64, help="items of the test set that are asked")
    given = parser.parse_args()
    began, work = perf_counter(), Work(given.out, given.items)
    prepare(given.data, work)
    starts = [("scratch", new_model(work), SCRATCH, "loglik")]
    if given.model:
        starts.append(("adapters", given.model, ADAPTERS, "both"))
    print("| run | samples | left out | steps | tokens | first loss | last loss | CPU s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    lines = []
    for (name, model, settings, method), steps in zip(starts, given.steps, strict=False):
        before, first = evaluate(model, method, work)
        run = train(name, str(model), steps, settings, work)
        print(run.line(), flush=True)
        after, second = evaluate(Path(run.found["model"]), method, work)
        lines.append(line(name, before, after, work, written=method == "both", cpu=first + second))
    print("\n| model | items | gold, nats before | after | change | right before | after | points | CPU s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n" + "\n".join(lines))
    print(f"\n{perf_counter() - began:,.0f} s in all")


if __name__ == "__main__":
    main()
