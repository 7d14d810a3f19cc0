from __future__ import annotations

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.explaining.measured import Measured, measured
from attribution.reports import words
from governance.lake.contributions import Check

LEFT_OUT = {
    "by": "source", "group": "web", "suite": "s", "functional": MARGIN, "after": 2.0, "without": 1.25, "low": 0.5,
    "high": 1.0,
}  # fmt: skip
ITEM = {
    "suite": "s", "item": "i", "functional": ANSWER_LOSS, "named": [1, 2], "control": [3], "before": -3.0,
    "after": -1.0, "without": -2.5, "without_control": -1.25, "claimed": 1.4,
}  # fmt: skip


def check(kind: str = "retrain", value: float = 1.0, **record: object) -> Check:
    return Check(kind, "contribution", value, None, None, 1, record)  # type: ignore[arg-type]


def test_what_leaving_a_group_out_did_stands_beside_its_estimate():
    earlier, latest = check("group", **{**LEFT_OUT, "without": 2.0}), check("group", **LEFT_OUT)
    checks = [earlier, latest, check(**ITEM), check("lds")]

    assert {"web": Measured(0.75, 0.5, 1.0)} == measured(checks, "source", "s", MARGIN)


def test_other_groupings_suites_and_functionals_do_not_count():
    for by, suite, functional in (
        ("label", "s", MARGIN),
        ("source", "t", MARGIN),
        ("source", "s", ANSWER_LOSS),
    ):
        assert {} == measured([check("group", **LEFT_OUT)], by, suite, functional)


def test_a_test_of_a_group_names_it():
    assert "nats without source web 1.00, 1 case, by contribution" == words.check(check("group", **LEFT_OUT))
    assert words.check(check("group", **{**LEFT_OUT, "group": ""})).startswith(
        "nats without source no source"
    )


def test_the_outcome_of_a_test_is_said_in_the_units_of_what_was_measured():
    loss = words.outcome(check(**ITEM))
    flip = words.outcome(check("flip", 0.0, **{**ITEM, "functional": MARGIN}))

    assert (
        "Without the 2 samples named first the loss of the answer is 2.5000 after training, not 1.0000"
        in loss
    )
    assert "without 1 others it is 1.2500" in loss
    assert "They" not in loss and "they brought +1.4000" in loss
    assert "the margin over the competitor is -2.5000 after training, not -1.0000" in flip
    assert flip.endswith("The item does not turn back without them.")
    assert "" == words.outcome(check("lds")) == words.outcome(check("group", **LEFT_OUT))
