"""What a training run learnt of labels, as people and programs read it: weights, rewards, verdicts, its plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ui.cli.output import put, put_columns, put_table

if TYPE_CHECKING:
    from governance.lake import Lake


def label_values(lake: Lake, run: str) -> dict[str, Any]:
    """The run's labels as JSON values."""
    from governance.lake.label_rewards import load_label_windows
    from governance.lake.label_weights import load_label_weights

    return {
        "stages": _stages(lake, run),
        "label_weights": load_label_weights(lake, run).to_pylist(),
        "label_windows": load_label_windows(lake, run).to_pylist(),
    }


def describe_labels(lake: Lake, run: str) -> None:
    """The plan that the run is a stage of, the last weight of each label, and how each label's reward went."""
    values = label_values(lake, run)
    if values["stages"]:
        put("")
        put_columns(
            [
                ("stage", f"{s['stage']}  {s['run'] or 'nothing to do'}  {s['reason']}")
                for s in values["stages"]
            ]
        )
    last = max((w["step"] for w in values["label_weights"]), default=None)
    rows = [_weight(w) for w in values["label_weights"] if w["step"] == last]
    if rows:
        put("")
        put_table(("label", "weight", "pass@k", "reference", "since step"), rows, "")
    windows = values["label_windows"]
    if windows:
        put("")
        rows = [
            _windows([w for w in windows if w["label"] == x]) for x in sorted({w["label"] for w in windows})
        ]
        put_table(("label", "reward", "last gain, 95 % interval", "verdict"), rows, "")


def _stages(lake: Lake, run: str) -> list[dict[str, Any]]:
    from governance.lake.stages import load_stages, plan_of

    plan = plan_of(lake, run)
    if plan is None:
        return []
    return [{**s, "labels": json.loads(s["labels"])} for s in load_stages(lake, plan).to_pylist()]


def _weight(row: dict[str, Any]) -> tuple[str, ...]:
    rates = ["" if row[k] is None else f"{row[k]:.2f}" for k in ("pass_cur", "pass_ref")]
    return (row["label"], f"{row['normalised']:.3f}", *rates, str(row["step"]))


def _windows(own: list[dict[str, Any]]) -> tuple[str, ...]:
    """One label: its reward from the first window to the last, and what was decided."""
    rewards = " ".join("-" if w["reward"] is None else f"{w['reward']:.2f}" for w in own)
    last = own[-1]
    gain = "" if last["gain"] is None else f"{last['gain']:+.3f} [{last['low']:+.3f}, {last['high']:+.3f}]"
    taken = last["verdict"] == "taken_over"
    verdict = f"taken over after step {last['stop_step']}" if taken else last["verdict"]
    return (last["label"] or "(none)", rewards, gain, verdict)
