"""`govern demo`: what it prints at its end, and that this is true."""

from __future__ import annotations

import re
import shlex

import pytest

from attribution.entries import MARGIN
from attribution.explaining.why import why
from attribution.reports.model import WhyReport
from governance.demo import KeyLine, KeyScore
from governance.demo.key import Planted
from governance.demo.quiz import QuizKey
from governance.evaluations import ItemResult, ItemState
from governance.lake.contributions import AttributionRecord, Check, StoredAttribution
from tests.attribution.ledgers import ledger_of, sample_table
from tests.cli.conftest import Run
from ui.cli import demo_learning
from ui.cli.commands.demo import FAMILIES, show_score
from ui.cli.demo_mistakes import outcome, spoilable

LEARNING = ["curate", "eval", "train", "eval", "runs", "why", "curate", "train", "why"]


@pytest.mark.slow
def test_all_is_found_and_every_next_step_works_as_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.dashboard.server.serve", lambda *_, **__: None)  # it runs until it is interrupted
    result = run("demo", "--rows", "600", "--no-train")

    assert 0 == result.code, result.err
    assert re.search(r"(\d+) of \1 faults found; (\d) of \2 hard negatives left alone", result.out)
    steps = re.findall(r"^  (govern .*)$", result.out[result.out.index("Next:") :], re.MULTILINE)
    ended = [(step, run(*shlex.split(step)[1:]).code) for step in steps if "DATA" not in step]
    assert [(step, 1 if "govern audit" in step else 0) for step, _ in ended] == ended
    assert len(ended) >= 6
    assert ["curate"] == [step[1] for step in parts(result.out)]


@pytest.mark.slow
def test_a_model_learns_the_split_and_each_part_is_the_command_it_is_printed_with(run: Run) -> None:
    result = run("demo", "--rows", "600", "--steps", "3")

    assert 0 == result.code, result.err
    steps = parts(result.out)
    done = [step[1] for step in steps]
    assert done in (LEARNING, LEARNING[:-1])  # three steps may not spoil an answer
    assert re.search(r"^gold answer, mean log-likelihood in nats +-\d", result.out, re.MULTILINE)
    assert re.search(r"^coverage \d[\d.]* % of the measured change over 4 items", result.out, re.MULTILINE)
    curations = [step for step in steps if step[1] == "curate"]
    assert ["the same split is there already" in run(*step[1:]).err for step in curations] == [True, True]
    assert 0 == run(*steps[LEARNING.index("runs")][1:]).code
    assert run(*steps[LEARNING.index("why")][1:]).out in result.out
    for train in (step for step in steps if step[1] == "train"):
        assert 0 == run(*train[1:-1], "elsewhere", "--dry-run").code  # its folder is taken


@pytest.mark.slow
def test_without_the_extra_one_line_says_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_learning, "missing", lambda: ["torch", "trl"])
    result = run("demo", "--rows", "600")

    assert 0 == result.code, result.err
    assert 1 == result.out.count("pip install 'govern[train]'")
    assert ["curate"] == [step[1] for step in parts(result.out)]


def parts(printed: str) -> list[list[str]]:
    """The commands that the parts begin with."""
    return [shlex.split(line) for line in re.findall(r"^\$ (govern .*)$", printed, re.MULTILINE)]


def test_a_family_is_one_line_and_what_went_wrong_another(capsys: pytest.CaptureFixture[str]) -> None:
    missed = (Planted("card", "PII004", (3,)),)
    lines = (KeyLine("e-mail", "PII001", 4, 4, (), ()), KeyLine("card", "PII004", 4, 3, missed, (7, 9)))
    show_score(KeyScore(lines, (("law", 2, ()),)))

    head, family, *_, wrong, _, total = capsys.readouterr().out.splitlines()
    assert ["planted faults", "rules", "planted", "found", "rows not planted"] == re.split(" {2,}", head)
    assert ["personal data", "PII001, 004", "8", "7", "2"] == re.split(" {2,}", family)
    assert ["card", "PII004", "1 of 4 missed", "2 rows not planted"] == re.split(" {2,}", wrong)
    assert "7 of 8 faults found; 1 of 1 hard negative left alone" == total


def test_every_family_with_planted_faults_has_a_name() -> None:
    from governance.demo.faults import FAULTS

    assert set(FAMILIES) == {fault.rule[:3] for fault in FAULTS}


def results(*found: tuple[str, str, float]) -> list[ItemResult]:
    """Results by item, competitor and margin."""
    return [
        ItemResult(item, ItemState.SCORED, competitor=competitor, margin=margin)
        for item, competitor, margin in found
    ]


def test_items_that_wrong_keys_can_spoil_are_right_by_little() -> None:
    found = results(("a", "C", 1.2), ("b", "C", -0.1), ("c", "D", 0.1), ("d", "C", 0.9), ("e", "C", -0.4))

    assert ("d", "a") == spoilable(found, "C")
    assert ("b", "e") == spoilable([r for r in found if (r.margin or 0) < 0], "C")
    assert ("c",) == spoilable(results(("c", "D", 0.1)), "C")


def said(before: float, after: float, without: float) -> str:
    """What the demo's end says of an item, three samples of which two have a wrong key having been left out."""
    ledger = ledger_of(
        sample_table(4), {(n, "i"): -1.0 for n in range(3)} | {(3, "i"): 1.0}, functional=MARGIN
    )
    record = {"before": before, "after": after, "without": without}
    check = Check("retrain", "contribution", 1.0, None, None, 1, record)
    stored = StoredAttribution("a", 4, 4, "", "", AttributionRecord("r"), (check,))
    report = WhyReport(stored, "demo", "i", (why(ledger, "demo", "i", MARGIN),), (), ())
    return outcome(report, dict(enumerate((7, 8, 9, 10))), QuizKey("C", (7, 9)))


def test_the_end_says_what_came_out_and_nothing_else() -> None:
    claim = "2 of the 3 rows named first have a wrong key, as 2 of all 4 rows do;\n"

    assert f"{claim}without them the margin ends 1.50 nats higher, and the answer is right again" == said(
        1, -1, 0.5
    )
    assert "and the answer is right" == said(-0.5, -1, 0.5).rpartition(", ")[2]
    assert "1.20 nats lower, and the answer is still wrong" == said(1, -1, -2.2).rpartition("ends ")[2]
    assert "the answer was right all the same" == said(1, 0.5, 0.75).rpartition(", ")[2]
