"""`govern train --stages`: a plan of stages begun, shown or gone on with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import UsageError
from ui.cli.output import put_columns, put_json, put_table
from ui.cli.request import command_line

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.stages.file import StagePlan
    from training.stages.running import StagesRequest, StagesResult
    from ui.cli.session import Session

ELSEWHERE = {"file": "--settings", "assignments": "--set", "lora": "--lora"}
"""Options whose place is the stage file."""


def is_plan(name: str | None) -> bool:
    """True of a folder in which a plan of stages was begun."""
    from training.stages.record import holds_plan

    return name is not None and holds_plan(Path(name))


def refuse_tracing(given: dict[str, Any], resume: str | None) -> None:
    """UsageError where a plan of stages is to be traced, with the stage that stands against it."""
    from training.stages.file import read_stages
    from training.stages.record import read_header
    from ui.cli.tracing import refuse_without_attribute

    if not given["attribute"]:
        refuse_without_attribute(given)
        return
    path = Path(read_header(Path(resume)).path if resume else given["stages"])
    reasons = [
        f"stage {stage.name!r} {why}" for stage in read_stages(path).stages if (why := _untraceable(stage))
    ]
    what = reasons[0] if reasons else "each stage is a run of its own"
    hint = "leave out --attribute; `govern attribute RUN` traces a supervised stage afterwards, if its weights stay"
    raise UsageError(
        f"a plan of stages is not traced while it trains: {what}", where="--attribute", hint=hint
    )


def _untraceable(stage: Any) -> str:
    """Why no ledger is kept of a stage; empty where one could be."""
    from training.stages.file import SftStage

    if not isinstance(stage, SftStage):
        return "trains by rewards, on answers that are no samples of a split"
    return "changes the weights of labels while it trains" if stage.weighted else ""


def stages_request(
    session: Session, lake: Lake, split: str | None, resume: str | None, given: dict[str, Any]
) -> StagesRequest:
    """The plan that the command line asks for; UsageError where options do not go with one."""
    from training.data.source import split_data
    from training.models.loading import ModelSpec
    from training.runs.run import new_run_id
    from training.stages.file import read_stages
    from training.stages.record import Header, read_header
    from training.stages.running import StagesRequest

    for name, option in ELSEWHERE.items():
        if given[name]:
            hint = "put it into the settings of a stage"
            raise UsageError(f"{option} does not go with a plan of stages", where=option, hint=hint)
    if resume:
        header, folder = read_header(Path(resume)), Path(resume)
    else:
        path = str(Path(given["stages"]).absolute())
        header = Header(path, str(split), given["model"], given["tokenizer"])
        folder = Path(given["output"] or Path("runs") / new_run_id())
    return StagesRequest(
        plan=read_stages(Path(header.path)),
        split=header.split,
        open_split=lambda name: split_data(lake, name),
        model=ModelSpec(header.model, header.tokenizer, session.offline, given["allow_pickle"]),
        folder=folder,
        lake=lake,
        resume=bool(resume),
        command=command_line(),
    )


def describe_stages(plan: StagePlan, split: str, format_: str) -> None:
    """The stages of a file, with the settings that are not the default."""
    rows = [_stage_values(stage, split) for stage in plan.stages]
    if format_ == "json":
        put_json({"stages": rows, "weights": asdict(plan.weights)})
        return
    shown = [(r["stage"], r["kind"], r["split"], r["labels"], _words(r["settings"])) for r in rows]
    put_table(("stage", "kind", "split", "labels", "settings"), shown, "")


def describe_result(result: StagesResult, format_: str) -> None:
    """What became of a plan: its runs, on which labels, and why these."""
    if format_ == "json":
        runs = [{k: v for k, v in asdict(run).items() if k != "weights"} for run in result.runs]
        put_json({"plan": result.plan, "runs": runs, "model": str(result.model or "")})
        return
    shown = [(r.stage, r.kind, r.run or "-", ", ".join(r.labels) or "all", r.reason) for r in result.runs]
    put_table(("stage", "kind", "run", "labels", "why"), shown, "")
    put_columns([("plan", result.plan), ("model", str(result.model or "none: there was nothing to do"))])


def _stage_values(stage: Any, split: str) -> dict[str, Any]:
    from training.settings import DEFAULT
    from training.stages.file import SftStage

    chosen = stage.chosen
    supervised = isinstance(stage, SftStage)
    weak = None if supervised else stage.weak_below
    return {
        "stage": stage.name,
        "kind": "sft" if supervised else "grpo",
        "split": stage.split or split,
        "labels": ", ".join(stage.labels) or ("all" if weak is None else f"pass@1 below {weak:g}"),
        "settings": {k: v for k, v in chosen.values.items() if chosen.origins[k] != DEFAULT},
    }


def _words(settings: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in settings.items()) or "defaults"
