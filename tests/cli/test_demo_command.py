"""`govern demo`: what it prints at its end, and that this is true."""

from __future__ import annotations

import re
import shlex

import pytest

from governance.demo import KeyLine, KeyScore
from governance.demo.key import Planted
from tests.cli.conftest import Run
from ui.cli import demo_learning
from ui.cli.commands.demo import FAMILIES, show_score

LEARNING = ["curate", "eval", "train", "eval", "runs", "attribute", "why"]


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
    assert LEARNING == [step[1] for step in steps]
    assert re.search(r"^gold answer, mean log-likelihood in nats +-\d", result.out, re.MULTILINE)
    assert re.search(r"^coverage \d[\d.]* % of the measured change over 4 items", result.out, re.MULTILINE)
    again = {step[1]: run(*step[1:]) for step in steps if step[1] in {"curate", "runs", "why"}}
    assert dict.fromkeys(again, 0) == {name: ended.code for name, ended in again.items()}
    assert "the same split is there already" in again["curate"].err
    assert again["why"].out in result.out
    train = next(step for step in steps if step[1] == "train")
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
