r"""Training by reward for real, on a CPU in about a minute: `python -m benchmarks.reward.run [FOLDER]`.

A Qwen3 of 0.08 million parameters from scratch goes through `stages.toml`. What each label earns is measured after
each run with answers sampled anew: the mean over its questions, each the mean of 16 answers, with a 95 % interval.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reward import arithmetic as world
from governance.lake import Lake, open_lake
from governance.lake.label_rewards import load_label_windows
from training.stages.running import StagesRequest, StagesResult
from training.stages.takeover import Interval

ANSWERS = 16
PLAN = Path(__file__).with_name("stages.toml")


@dataclass(frozen=True)
class Outcome:
    """The plan's runs, and what each label earned after each: stage -> label -> mean reward."""

    result: StagesResult
    earned: Mapping[str, Mapping[str, Interval]]
    seconds: float


def carried_out(folder: Path, lake: Lake, plan: Path = PLAN) -> Outcome:
    """The plan of the benchmark on the arithmetic world."""
    from training.data.source import SplitData
    from training.models.loading import ModelSpec
    from training.stages.file import read_stages
    from training.stages.running import run_stages

    began = time.process_time()
    words = world.tokenizer()
    world.model(len(words)).save_pretrained(folder / "scratch")
    words.save_pretrained(folder / "scratch")
    rows = {"warm-up": world.warm_up(20, wrong=0.5, seed=0), "right": world.questions()}
    tables = {name: world.members(own) for name, own in rows.items()}

    def opened(name: str) -> SplitData:
        return SplitData(name, name, name, lambda: [tables[name]])

    request = StagesRequest(
        read_stages(plan),
        "right",
        opened,
        ModelSpec(str(folder / "scratch")),
        folder / "runs",
        lake,
    )
    result = run_stages(request)
    earned = {r.stage: measured(Path(r.folder) / "model") for r in result.runs if r.run}
    return Outcome(result, earned, time.process_time() - began)


def measured(model: Path) -> dict[str, Interval]:
    """Mean reward of each label, over all questions, of the model in a folder."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training.difficulty.answering import Sampling, answering
    from training.difficulty.estimating import passes
    from training.reward.instances import instances_of
    from training.reward.rewarding import gold_of, reward
    from training.stages.takeover import mean_reward, moments

    net = AutoModelForCausalLM.from_pretrained(str(model))
    answers = answering(net, AutoTokenizer.from_pretrained(str(model)), Sampling(6, batch=2048, seed=7))
    instances = instances_of([world.members(world.questions())], gold_of).found
    found = passes(instances, answers, reward, ANSWERS)
    return {label: mean_reward(moments([p.right / p.answers for p in own])) for label, own in found.items()}


def report(outcome: Outcome, lake: Lake) -> str:
    """The figures as a table, the reasons, and the verdicts by which labels were taken over."""
    labels = (world.SUM, world.DIFFERENCE, world.CODE)
    lines = [f"{'after':<18}" + "".join(f"{label:>26}" for label in labels)]
    for stage, own in outcome.earned.items():
        cells = [f"{own[x].value:.3f} [{own[x].low:.3f}, {own[x].high:.3f}]" for x in labels]
        lines.append(f"{stage:<18}" + "".join(f"{cell:>26}" for cell in cells))
    lines += [f"\n{r.stage}: {', '.join(r.labels) or 'all labels'} ({r.reason})" for r in outcome.result.runs]
    rows = [v for r in outcome.result.runs for v in load_label_windows(lake, r.run).to_pylist()]
    lines.append(f"\n{'label':<12}{'window':>7}{'prompts':>9}{'reward':>8}  {'gain':<26}verdict")
    for v in rows:
        gain = "" if v["gain"] is None else f"{v['gain']:+.3f} [{v['low']:+.3f}, {v['high']:+.3f}]"
        lines.append(
            f"{v['label']:<12}{v['window']:>7}{v['prompts']:>9}{v['reward'] or 0:>8.3f}  {gain:<26}{v['verdict']}"
        )
    return "\n".join([*lines, f"\n{outcome.seconds:.0f} CPU seconds"])


def main() -> None:
    """Runs in the folder named, or in one that is removed afterwards."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else spare)
        folder.mkdir(parents=True, exist_ok=True)
        with open_lake(str(folder / "lake"), create=True) as lake:
            print(report(carried_out(folder, lake), lake))


if __name__ == "__main__":
    main()
