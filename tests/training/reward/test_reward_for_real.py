"""The benchmark as a test: reward teaches what it can, examples take over what it cannot, both in the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reward.arithmetic import CODE, DIFFERENCE, SUM
from benchmarks.reward.run import carried_out, report
from governance.lake import Lake
from governance.lake.label_rewards import load_label_windows, mean_rewards
from governance.lake.stages import load_stages
from governance.lake.trainings import load_record


@pytest.mark.slow
def test_reward_teaches_what_it_can_and_examples_take_over_the_rest(tmp_path: Path, lake: Lake):
    outcome = carried_out(tmp_path, lake)

    learn, reward, targeted = outcome.earned.values()
    for label in (SUM, DIFFERENCE):
        assert learn[label].high < reward[label].low
        assert reward[label].value - learn[label].value > 0.2
    assert 0 == learn[CODE].value == reward[CODE].value
    assert targeted[CODE].low > 0.1
    assert targeted[SUM].value > reward[SUM].value - 0.1  # rehearsed, so not forgotten

    first, second, third = outcome.result.runs
    rows = load_label_windows(lake, second.run).to_pylist()
    assert [(CODE, "taken_over", 0.0)] == [
        (r["label"], r["verdict"], r["high"]) for r in rows if r["verdict"] == "taken_over"
    ]
    assert ((CODE,), second.run) == (third.labels, third.before)
    assert third.run == load_stages(lake, outcome.result.plan).column("run").to_pylist()[2]
    assert (first.run, "grpo") == (load_record(lake, second.run).parent, load_record(lake, second.run).kind)
    steps = mean_rewards(lake, second.run).to_pylist()
    assert {SUM, DIFFERENCE, CODE} == {r["label"] for r in steps}
    assert second.taken[CODE] > max(r["step"] for r in steps if r["label"] == CODE)  # others stood in for it
    assert "taken_over" in report(outcome, lake)
