"""`govern train`: a split becomes a model, each step recorded."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import dry_run_option, format_option
from ui.cli.output import put, put_json
from ui.cli.progress import Progress, moving_line
from ui.cli.request import command_line
from ui.cli.session import Session, pass_session
from ui.cli.stage_plans import describe_result, describe_stages, is_plan, refuse_tracing, stages_request
from ui.cli.tracing import (
    asked,
    items_words,
    planned_items,
    refuse_without_attribute,
    traced_values,
    traced_words,
    tracing_options,
    wanted,
)
from ui.cli.trainings import describe_plan, describe_run, plan_values, run_values

if TYPE_CHECKING:
    from attribution.tracing.keeping import Traced
    from governance.lake import Lake
    from training.stages.running import StagesRequest
    from training.supervised.sft import SftRequest, TrainedRun

LORA_RANK = 16
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
EVERY = 5.0  # seconds between two lines of progress where no moving line is drawn


@click.command(
    cls=Command,
    arguments={"[SPLIT]": "NAME or NAME@VERSION of a split in the lake, or the folder of an exported one"},
    examples=(
        Example("what would be trained, and what it would need", "govern train sft --dry-run"),
        Example(
            "a small model from scratch, on any machine, and which samples moved eight items",
            "govern train sft --set max_steps=3 --attribute --suite finance --items 8 -o runs/first",
        ),
    ),
)
@click.argument("split", required=False, metavar="[SPLIT]")
@option(
    "--model",
    default="new:tiny",
    metavar="ID",
    section="Model",
    help="folder, hub name, or new:tiny|new:small|new:0.6b from scratch (default new:tiny)",
)
@option(
    "--tokenizer", metavar="ID", default="", section="Model", help="its tokenizer, where the model has none"
)
@option(
    "--lora", is_flag=True, section="Model", help=f"train adapters of rank {LORA_RANK} instead of all weights"
)
@option("--allow-pickle", is_flag=True, section="Model", help="read weights that are pickles")
@option("--settings", "file", metavar="FILE", section="Settings", help="TOML file of settings")
@option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    section="Settings",
    help="set one, such as learning_rate=2e-4 or lora.rank=8; may be repeated",
)
@option(
    "--resume",
    metavar="RUN",
    section="Run",
    help="go on with a run that was stopped: its id, its folder, or latest",
)
@option(
    "--stages",
    metavar="FILE",
    section="Run",
    help="TOML file of stages, each a run: weighted SFT, rewards, SFT that takes over",
)
@option("-o", "--output", metavar="FOLDER", section="Run", help="folder of the run (default runs/ID)")
@option(
    "--attribute",
    is_flag=True,
    section="Attribution",
    help="trace which samples move which items of --suite, in the same pass",
)
@tracing_options("Attribution", "Attribution")
@dry_run_option
@format_option("text", "json", default="text")
@pass_session
def command(session: Session, /, split: str | None, resume: str | None, dry_run: bool, format: str, **given: Any) -> int:  # noqa: A002, E501  # fmt: skip
    """Train a model on a split, each step recorded.

    This is supervised fine-tuning: the model learns the answers, weighted as the split says. Samples that are too
    long, or that the chat template does not take, are left out and listed; none is cut. The record of a step names
    the samples in it, its loss and learning rate; it is kept in the run's folder and in the lake. A run that was
    killed goes on with --resume to the same result. On several GPUs, start the same command as
    `accelerate launch -m ui.cli train ...`.

    With --attribute every sample's share of every step is put to the account of each item while the model trains; the
    run is the same to the last bit, and `govern why` and `govern drivers` read what came of it. A run that is taken up
    goes on with its trace.

    With --stages several runs follow one another: supervised training weighted by difficulty, training by verifiable
    rewards on labels the model is weak on, and supervised training that takes over labels whose reward does not
    improve. --resume with the plan's folder goes on with it.
    """
    if bool(split) == bool(resume):
        raise click.UsageError("name a split, or give --resume", click.get_current_context())
    _check_packages()
    from training.failures import only_our_words

    end_on_ctrl_c()
    with ExitStack() as stack:
        stack.enter_context(only_our_words())
        lake = stack.enter_context(_lake(session, reading=dry_run))
        if given["stages"] or is_plan(resume):
            refuse_tracing(given, resume)
            return _stages(session, stages_request(session, lake, split, resume, given), dry_run, format)
        request = (
            _resumed(session, lake, str(resume), given)
            if resume
            else _begun(session, lake, str(split), given)
        )
        traced = _traced(session, lake, request, given)
        return _plan(request, traced, format) if dry_run else _train(session, request, traced, format)


def _stages(session: Session, request: StagesRequest, dry_run: bool, format: str) -> int:  # noqa: A002
    if dry_run:
        describe_stages(request.plan, request.split, format)
        return 0
    from training.processes import is_first
    from training.stages.running import run_stages

    with moving_line(session) as bar:
        progress = _watched(session, bar) if is_first() else request.progress
        result = run_stages(replace(request, progress=progress))
    if is_first():
        describe_result(result, format)
    return 0


def _check_packages() -> None:
    """UsageError where the packages of training are not installed."""
    from importlib.util import find_spec

    from governance.errors import UsageError

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        what = f"training needs packages that are not installed: {', '.join(missing)}"
        raise UsageError(what, hint="pip install 'govern[train]'")


def _traced(
    session: Session, lake: Lake, request: SftRequest, given: dict[str, Any]
) -> dict[str, Any] | None:
    """What is traced, as the options ask for it, or as the run that is taken up was begun; None for nothing."""
    if given["attribute"]:
        return asked(lake, given)
    refuse_without_attribute(given)
    if not request.resume:
        return None
    from attribution.tracing.one_pass import asked_of

    begun = asked_of(request.folder)
    if begun is not None:
        session.note("the run is traced, as it was begun")
    return begun


def _plan(request: SftRequest, traced: dict[str, Any] | None, format: str) -> int:  # noqa: A002
    from training.supervised.plan import planned

    plan = planned(request)
    items = None if traced is None else planned_items(request, traced)
    if format == "json":
        put_json(plan_values(plan, request) | ({} if items is None else {"attribute": items}))
        return 0
    describe_plan(plan, request)
    if items is not None:
        put("\n" + items_words(items))
    return 0


def _train(session: Session, request: SftRequest, traced: dict[str, Any] | None, format: str) -> int:  # noqa: A002
    from training.processes import is_first

    with moving_line(session) as bar:
        progress = _watched(session, bar) if is_first() else request.progress
        run, found = _done(session, replace(request, progress=progress), traced)
    if not is_first():
        return 0
    for note in found.notes if found else ():
        session.note(visible_line(f"note: {note}"))
    if format == "json":
        put_json(run_values(run) | ({"attribution": traced_values(found)} if found else {}))
        return 0
    describe_run(run)
    if found is not None:
        put("\n" + traced_words(found, "traced while it trained"))
    return 0


def _done(
    session: Session, request: SftRequest, traced: dict[str, Any] | None
) -> tuple[TrainedRun, Traced | None]:
    """The run, and its attribution where it is traced."""
    if traced is None or request.lake is None:
        from training.supervised.sft import train_sft

        return train_sft(request), None
    from attribution.tracing.one_pass import train_traced

    return train_traced(request.lake, request, wanted(request.lake, traced), traced, session.note)


def _lake(session: Session, *, reading: bool) -> Any:
    """The lake; processes but the first only read."""
    from training.processes import is_first

    if reading:
        return session.open_lake_to_look()
    return session.open_lake(create=True) if is_first() else session.open_lake(read_only=True)


def _begun(session: Session, lake: Lake, split: str, given: dict[str, Any]) -> SftRequest:
    from training.data.source import split_data
    from training.models.loading import ModelSpec
    from training.processes import processes
    from training.runs.run import new_run_id
    from training.settings import chosen
    from training.supervised.sft import SftRequest

    if processes() > 1 and not given["output"]:
        raise click.UsageError(
            "several processes need one folder: give it with -o", click.get_current_context()
        )
    file = Path(given["file"]) if given["file"] else None
    options = {"lora.rank": (LORA_RANK, "--lora")} if given["lora"] else {}
    settings = chosen(file, given["assignments"], options)
    run = new_run_id()
    return SftRequest(
        split=split_data(lake, split),
        model=ModelSpec(given["model"], given["tokenizer"], session.offline, given["allow_pickle"]),
        chosen=settings,
        folder=Path(given["output"] or Path("runs") / run),
        lake=lake,
        run=run,
        command=command_line(),
    )


def _resumed(session: Session, lake: Lake, name: str, given: dict[str, Any]) -> SftRequest:
    """The request of a run that was begun before, from its record alone."""
    from governance.lake.trainings import find_training, load_record
    from training.data.source import split_data
    from training.errors import ResumeError
    from training.models.loading import ModelSpec
    from training.runs.run import holds_run, read_record
    from training.settings import from_layers
    from training.supervised.sft import SftRequest

    known = (
        Path(name) if holds_run(Path(name)) else Path(load_record(lake, find_training(lake, name).run).folder)
    )
    record = read_record(known)
    if record.kind != "sft":
        hint = f"--resume {known.parent} goes on with the plan"
        raise ResumeError(
            "the run is a stage of a plan and cannot go on by itself", where=record.run, hint=hint
        )
    layers = {key: (value, record.origins[key]) for key, value in record.settings.items()}
    return SftRequest(
        split=split_data(lake, record.split),
        model=ModelSpec(record.model, record.tokenizer, session.offline, given["allow_pickle"]),
        chosen=from_layers(layers),
        folder=known,
        lake=lake,
        run=record.run,
        command=record.command,
        resume=True,
    )


def _watched(session: Session, bar: Progress) -> Progress:
    """The moving line; where none is drawn, a line now and then, and one for the first and the last step."""
    last = [0.0]

    def report(words: str, done: int, total: int | None) -> None:
        bar(words, done, total)
        now = time.monotonic()
        if not session.shows_progress and (done in {1, total} or now - last[0] >= EVERY):
            last[0] = now
            session.note(f"step {done:,} of {total:,}  {words}" if total else words)

    return report
