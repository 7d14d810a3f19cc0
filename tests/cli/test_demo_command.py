"""`govern demo`: what it prints at its end, and that this is true."""

from __future__ import annotations

import re
import shlex

import pytest

from governance.demo import KeyLine, KeyScore
from governance.demo.key import Planted
from tests.cli.conftest import Run
from ui.cli.commands.demo import FAMILIES, show_score


@pytest.mark.slow
def test_all_is_found_and_every_next_step_works_as_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.dashboard.server.serve", lambda *_, **__: None)  # it runs until it is interrupted
    result = run("demo", "--rows", "600")

    assert 0 == result.code, result.err
    assert re.search(r"(\d+) of \1 faults found; (\d) of \2 hard negatives left alone", result.out)
    steps = re.findall(r"^  (govern .*)$", result.out[result.out.index("Next:") :], re.MULTILINE)
    ended = [(step, run(*shlex.split(step)[1:]).code) for step in steps if "DATA" not in step]
    assert [(step, 1 if "govern audit" in step else 0) for step, _ in ended] == ended
    assert len(ended) >= 5


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
