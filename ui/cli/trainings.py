"""Training runs and their plans, as people and programs read them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ui.cli.label_tables import describe_labels, label_values
from ui.cli.output import put, put_columns, put_table
from ui.cli.words import plural

if TYPE_CHECKING:
    import pyarrow as pa

    from governance.lake import Lake
    from governance.lake.trainings import StoredTraining
    from training.supervised.plan import Plan
    from training.supervised.sft import SftRequest, TrainedRun

GB = 1e9
SHOWN = 12  # steps of a run that a table shows, spread over it


def describe_plan(plan: Plan, request: SftRequest) -> None:
    """The plan, a line each."""
    from training.data.samples import REASONS

    where, memory, chosen = plan.placement, plan.memory, request.chosen
    lines = [
        ("split", request.split.name),
        ("model", f"{request.model.name}  {memory.parameters:,} parameters, {memory.trained:,} trained"),
        ("samples", f"{plan.samples:,} in {plural(plan.rows, 'row')}, the longest {plan.longest:,} tokens"),
        ("tokens", f"{plan.tokens:,} an epoch, {plan.supervised:,} learned; {plan.filled:.0%} of a batch is text"),
        ("limit", f"{plan.max_length:,} tokens a sample"),
        *(("excluded", f"{n:,}  {REASONS[reason]}") for reason, n in plan.excluded.items()),
        ("steps", f"{plan.steps:,} of {plural(plan.rows_a_step, 'row')}, {plan.epochs:g} epochs"),
        ("computes", f"on {where.device}, {'bf16' if where.bf16 else 'fp32'}, {where.attention}"
                     f"{', activations again' if where.checkpointing else ''}, {plural(plan.processes, 'process')}"),
        ("memory", f"about {memory.total / GB:,.2f} GB: weights {memory.weights / GB:,.2f}, gradients"
                   f" {memory.gradients / GB:,.2f}, optimizer {memory.optimizer / GB:,.2f}, activations"
                   f" {memory.activations / GB:,.2f}"),
    ]  # fmt: skip
    put_columns(lines)
    put("")
    rows = [(key, value, chosen.origins[key]) for key, value in chosen.values.items()]
    put_table(("setting", "value", "from"), [(k, str(v), o) for k, v, o in rows], "")


def plan_values(plan: Plan, request: SftRequest) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "split": request.split.name,
        "model": request.model.name,
        **asdict(plan),
        "settings": request.chosen.values,
        "origins": dict(request.chosen.origins),
    }


def describe_run(run: TrainedRun) -> None:
    """What became of a run, a line each."""
    from training.data.samples import REASONS

    losses = f"{run.losses[0]:.4f} at the first step, {run.losses[-1]:.4f} at the last" if run.losses else ""
    speed = f"{run.tokens / max(run.seconds, 1e-9):,.0f} a second"
    lines = [
        ("run", run.run),
        ("steps", f"{run.steps:,}" + (f", from step {run.first_step:,} on" if run.first_step else "")),
        ("loss", losses),
        ("samples", f"{run.samples:,}"),
        *(
            ("excluded", f"{n:,}  {REASONS[reason]}, listed in {run.folder / 'excluded.parquet'}")
            for reason, n in run.excluded.items()
        ),
        ("tokens", f"{run.tokens:,}, {speed}"),
        ("model", str(run.model)),
    ]
    put_columns(lines)


def run_values(run: TrainedRun) -> dict[str, Any]:
    """What became of a run, as JSON values."""
    return asdict(run) | {
        "folder": str(run.folder),
        "model": str(run.model),
        "checkpoints": [str(path) for path in run.checkpoints],
    }


def training_row(run: StoredTraining) -> tuple[str, ...]:
    """One line of `govern runs list`."""
    loss = "" if run.loss is None else f", loss {run.loss:.4f}"
    done = f"{plural(run.steps, 'step')}{loss}"
    return (run.run, run.kind, run.started[:19], run.state, done, run.user, f"{run.split} -> {run.model}")


def training_values(lake: Lake, run: StoredTraining) -> dict[str, Any]:
    """A stored run without its batches, as JSON values."""
    from governance.lake import trainings

    return {
        **asdict(run),
        "record": asdict(trainings.load_record(lake, run.run)),
        "samples": trainings.load_samples(lake, run.run).num_rows,
        "excluded": _reasons(trainings.load_exclusions(lake, run.run)),
        "steps": trainings.load_steps(lake, run.run).to_pylist(),
        "checkpoints": trainings.load_checkpoints(lake, run.run).to_pylist(),
        "weights": trainings.load_weights(lake, run.run).to_pylist(),
        **label_values(lake, run.run),
    }


def describe_training(lake: Lake, run: StoredTraining) -> None:
    """A stored run: what decided it, and how its loss went."""
    from governance.lake import trainings

    record = trainings.load_record(lake, run.run)
    excluded = _reasons(trainings.load_exclusions(lake, run.run))
    changed = [k for k, origin in record.origins.items() if origin != "default"]
    put_columns(
        [
            ("run", f"{run.run}  {run.kind}, {run.state}"),
            ("started", f"{run.started[:19]} by {run.user}" + (f", ended {run.finished[:19]}" if run.finished else "")),
            ("split", f"{record.split}  {record.split_hash[:16]}"),
            ("model", f"{record.model}  {record.model_hash[:16]}"),
            ("samples", f"{trainings.load_samples(lake, run.run).num_rows:,}"),
            *(("excluded", f"{n:,}  {reason}") for reason, n in excluded.items()),
            ("seed", str(record.seed)),
            *(("setting", f"{key} = {record.settings[key]}  ({record.origins[key]})") for key in changed),
            *(("version", f"{k} {v}") for k, v in record.environment.items() if k in {"torch", "transformers", "trl"}),
            *(("checkpoint", f"step {c['step']:,}  {c['path']}  {c['sha256'][:16]}")
              for c in trainings.load_checkpoints(lake, run.run).to_pylist()),
        ]
    )  # fmt: skip
    put("")
    rows = [
        (
            f"{s['step']:,}",
            f"{s['loss']:.4f}",
            f"{s['learning_rate']:.2e}",
            f"{s['tokens']:,}",
            f"{s['seconds']:.2f}",
        )
        for s in _spread(trainings.load_steps(lake, run.run))
    ]
    put_table(("step", "loss", "learning rate", "tokens", "seconds"), rows, "no step yet")
    describe_labels(lake, run.run)


def _spread(steps: pa.Table) -> list[dict[str, Any]]:
    """A dozen of the steps, the first and the last among them."""
    count = steps.num_rows
    wanted = (
        sorted({round(n * (count - 1) / (SHOWN - 1)) for n in range(SHOWN)})
        if count > SHOWN
        else range(count)
    )
    found: list[dict[str, Any]] = steps.take(list(wanted)).to_pylist()
    return found


def _reasons(excluded: pa.Table) -> dict[str, int]:
    counted = excluded.column("reason").value_counts().to_pylist()
    return {c["values"]: c["counts"] for c in sorted(counted, key=lambda c: -c["counts"])}
