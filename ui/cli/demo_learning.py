"""The second half of `govern demo`: what was audited is curated, and a small model learns it on the CPU.

Every part calls what a command calls, with the settings of this machine left out, and begins with that command.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.curating import describe_split, policy_of
from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.output import put, put_columns, to_stdout
from ui.cli.progress import moving_line
from ui.cli.request import command_line
from ui.cli.session import Session
from ui.cli.tracing import ASKED, SPELT, asked, wanted
from ui.cli.trainings import describe_run
from ui.cli.words import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attribution.tracing.keeping import Traced
    from governance.benchmarks import Suite
    from governance.demo import DemoFiles
    from governance.evaluations import ItemResult
    from governance.lake import Lake
    from training.evaluation.request import Evaluated
    from training.supervised.sft import TrainedRun

SPLIT = "demo"
SETTINGS = """\
# What `govern demo` trains with; `govern train -h` says how to use such a file.
learning_rate = 3e-3
batch_size = 8
max_length = 640
max_steps = {steps}
device = "cpu"
"""
TRACED = 4  # items whose causes are traced
NAMED = 3  # samples of either sign that are shown


@dataclass(frozen=True)
class Lesson:
    """What the model learns from, and where.

    Attributes:
        split: NAME@VERSION of the curated split.
        base: folder of the model before training.
        settings: file of the training's settings.
    """

    files: DemoFiles
    split: str
    base: Path
    settings: Path
    steps: int


@dataclass(frozen=True)
class Learnt:
    """What a second lesson begins with.

    Attributes:
        suite: name of the evaluation set in the lake.
        model: folder of the model that was trained.
        after: its evaluation.
    """

    suite: str
    model: Path
    after: Evaluated


def missing() -> list[str]:
    """The packages of training that are not installed; none is imported."""
    from importlib.util import find_spec

    from ui.cli.commands.train import PACKAGES

    return [name for name in PACKAGES if find_spec(name) is None]


def curate(session: Session, dataset: Path, suite: Path, name: str, run: str | None) -> str:
    """NAME@VERSION of what the default policy leaves of a set, by the findings of that audit, or of a new one."""
    from governance.audit import AuditRequest
    from governance.config import Loaded
    from governance.curation.request import CurateRequest
    from governance.settings import Settings
    from ui.cli.commands.curate import run_curation

    says("curate", str(dataset), "--eval", str(suite), "--name", name)
    policy = policy_of(Loaded(Settings(), {}), None)
    how = AuditRequest((), evals=(str(suite),))
    found = run_curation(session, CurateRequest((str(dataset),), name, policy, how, run), dry_run=False)
    describe_split(found.record)
    return found.record.reference


def learn(session: Session, files: DemoFiles, split: str, steps: int) -> Learnt:
    """Evaluate a new model, train it, evaluate it again, and say which rows moved it."""
    from training.failures import only_our_words

    folder = files.dataset.parent
    lesson = Lesson(files, split, folder / "base", folder / "demo-train.toml", steps)
    end_on_ctrl_c()
    with only_our_words(), session.open_lake(create=True) as lake:
        suite = _prepare(lake, lesson)
        before = _evaluated(session, lake, suite, lesson.base)
        run, traced = _trained(session, lake, suite, lesson)
        after = _evaluated(session, lake, suite, run.model)
        _compare(lake, before, after)
        _explain(lake, suite, traced)
    return Learnt(suite.name, run.model, after)


def says(*words: str) -> None:
    """The command that does what comes next."""
    put("\n$ " + visible_line(shlex.join(["govern", *words])))


def _prepare(lake: Lake, lesson: Lesson) -> Suite:
    """The settings, the model before training and the evaluation set, each where commands find it."""
    from governance.benchmarks import load_suite
    from governance.lake.suites import save_suite
    from training.models.loading import keep_new
    from training.settings import chosen

    lesson.settings.write_text(SETTINGS.format(steps=lesson.steps), "utf-8")
    keep_new("new:tiny", chosen(lesson.settings).settings, lesson.base)
    suite = load_suite(str(lesson.files.suite))
    save_suite(lake, suite)
    return suite


def _evaluated(session: Session, lake: Lake, suite: Suite, model: Path) -> Evaluated:
    """The log-likelihoods of all answers; what so small a model writes by itself says nothing."""
    from training.evaluation.request import EvalRequest, Local, run

    says("eval", str(model), "--suite", suite.name, "--method", "loglik")
    request = EvalRequest(str(model), (suite.name,), method="loglik", place=Local(offline=True), restart=True)
    with moving_line(session) as progress:
        (found,) = run(lake, request, progress)
    put(f"{plural(found.summary.whole.items, 'item')}, kept as {found.evaluation.id}")
    return found


def _trained(session: Session, lake: Lake, suite: Suite, lesson: Lesson) -> tuple[TrainedRun, Traced | None]:
    session.note(f"{plural(lesson.steps, 'step')} on the CPU, each traced; 150 take about a minute")
    items = {"suites": (suite.name,), "items": TRACED, "every": 1}
    return train_and_trace(session, lake, lesson.split, lesson.base, lesson.settings, items)


def train_and_trace(
    session: Session, lake: Lake, split: str, model: Path, settings: Path, items: Mapping[str, Any]
) -> tuple[TrainedRun, Traced | None]:
    """A run and what moved the items in it, in one pass.

    Args:
        items: what the options of tracing would be given.
    """
    from attribution.tracing.one_pass import train_traced
    from training.data.source import split_data
    from training.models.loading import ModelSpec
    from training.runs.run import new_run_id
    from training.settings import chosen
    from training.supervised.sft import SftRequest

    run = new_run_id()
    folder = settings.parent / "runs" / run
    options = [part for name, value in items.items() for part in _option(name, value)]
    says(
        "train",
        split,
        "--model",
        str(model),
        "--settings",
        str(settings),
        "--attribute",
        *options,
        "-o",
        str(folder),
    )
    values = asked(lake, dict.fromkeys(ASKED) | dict(items))
    with moving_line(session) as progress:
        request = SftRequest(
            split_data(lake, split), ModelSpec(str(model), offline=True), chosen(settings), folder,
            lake, run=run, command=command_line(), progress=progress,
        )  # fmt: skip
        done, traced = train_traced(lake, request, wanted(lake, values), values)
    describe_run(done)
    if traced is not None:
        put(str(traced.coverage))
    return done, traced


def _option(name: str, value: Any) -> list[str]:
    """The option as it would be typed."""
    option = f"--{SPELT.get(name, name)}"
    return [part for one in (value if isinstance(value, tuple) else (value,)) for part in (option, str(one))]


def _compare(lake: Lake, before: Evaluated, after: Evaluated) -> None:
    """Print what the training changed."""
    from training.evaluation.difference import percent, points, verdict
    from training.scoring.statistics import paired_difference
    from ui.cli.comparing import diff_evaluations

    ids = (before.evaluation.id, after.evaluation.id)
    says("runs", "diff", *ids, "--scorer", "choice")
    *_, found = diff_evaluations(lake, *ids, "choice")
    whole, nats = found.overall, [_gold(one.results) for one in (before, after)]
    gain = paired_difference(*nats)
    put_columns([
        ("", "before", "after", "difference", "items"),
        ("gold answer, mean log-likelihood in nats", *(f"{sum(each) / len(each):.2f}" for each in nats),
         f"{gain.value:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]", gain.n),
        ("likeliest option is the right one", percent(whole.before), percent(whole.after),
         points(whole.difference), whole.items),
    ])  # fmt: skip
    put(f"choosing among options: {verdict(found)}")
    put("a model so small learns how such texts read; which option is right is beyond it")


def _gold(results: Sequence[ItemResult]) -> list[float]:
    """Log-likelihoods of the gold answers, nats, in the order of the items."""
    return [result.gold_loglik for result in results if result.gold_loglik is not None]


def _explain(lake: Lake, suite: Suite, traced: Traced | None) -> None:
    """The rows that moved the traced item which gained most."""
    if traced is None:
        return
    from attribution.explaining.reading import split_texts, why_report
    from attribution.reports import render

    item = max(traced.coverage.items, key=lambda one: (one.change, one.item)).item
    says("why", suite.name, item, "--run", traced.stored.record.run, "--top", str(NAMED))
    report = why_report(lake, traced.stored.id, suite.name, item, None, NAMED, split_texts)
    to_stdout(lambda out: render(report, "text", out))
