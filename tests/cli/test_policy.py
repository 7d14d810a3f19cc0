"""Policy of a team in its files: limits of rules, lists, and the policies that `init` writes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from governance.gate import Tolerance
from governance.rules.registry import all_rules
from tests.cli.conftest import Run, train_rows, write_rows

AUDIT = ("audit", "train.jsonl", "--select", "DUP001", "--set", "DUP001.severity=error")


@pytest.fixture(autouse=True)
def train(folder: Path) -> Path:
    """Six rows, of which the last repeats the first."""
    return write_rows(folder / "train.jsonl", train_rows())


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ("max_rows = 1", 0),
        ("max_rows = 0", 1),
        ("max_rate = 0.17", 0),
        ("max_rate = 0.16", 1),
        ("max_rows = 1\nmax_rate = 0.16", 1),
        ("", 1),
    ],
)
def test_a_limit_in_the_file_decides_at_the_gate(run: Run, folder: Path, limits: str, code: int) -> None:
    (folder / "govern.toml").write_text(f"[rules.DUP001]\n{limits}\n")

    ended = run(*AUDIT, "-f", "json")

    found = json.loads(ended.out)
    (rule,) = found["rules"]
    assert (ended.code, len(found["findings"]), rule["findings"]) == (code, 1, 1)
    assert rule["within_limits"] is (code == 0)
    assert rule["limits"] == tomllib.loads(limits)


def test_reports_say_that_limits_were_kept(run: Run) -> None:
    words = "DUP001 stays within max_rows 2: its findings do not count at the gate"

    text = run(*AUDIT, "--set", "DUP001.max_rows=2").out

    assert words in text
    assert "not counted: what DUP001 may find by its limits" in text
    for format_ in ("markdown", "html"):
        assert (
            words.replace("_", "\\_" if format_ == "markdown" else "_")
            in run("report", "latest", "-f", format_).out
        )
    assert 'failures="0"' in run("report", "latest", "-f", "junit").out


def test_limits_have_an_origin_like_every_value(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "govern.toml").write_text("[rules.DUP001]\nmax_rows = 1\n")
    monkeypatch.setenv("GOVERN_RULES_DUP001_MAX_RATE", "0.5")

    shown = json.loads(run("config", "show", "--origin", "-f", "json").out)

    assert shown["rules.DUP001.max_rows"] == {"value": 1, "origin": "govern.toml"}
    assert shown["rules.DUP001.max_rate"]["origin"] == "GOVERN_RULES_DUP001_MAX_RATE"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("max_rows = -1", "-1 does not fit 'max_rows'"),
        ("max_rows = 1.5", "1.5 does not fit 'max_rows'"),
        ("max_rows = true", "True does not fit 'max_rows'"),
        ("max_rate = 1.01", "1.01 does not fit 'max_rate'"),
        ('max_rate = "lots"', "'lots' does not fit 'max_rate'"),
        ('max_rate = "nan"', "'nan' does not fit 'max_rate'"),
        ('max_rate = ["1"]', "('1',) does not fit 'max_rate'"),
        ("max_row = 1", "DUP001 has no option 'max_row'"),
    ],
)
def test_a_limit_that_is_none_is_refused(run: Run, folder: Path, text: str, what: str) -> None:
    (folder / "govern.toml").write_text(f"[rules.DUP001]\n{text}\n")

    ended = run("config", "check")

    assert ended.code == 2
    assert ended.err.startswith(f"error: {what}\n  at: govern.toml: rules.DUP001\n")


def test_no_rule_has_an_option_that_is_policy() -> None:
    from governance.config import POLICY

    taken = [i for i, r in all_rules().items() if {o.name for o in r.info.options} & set(POLICY)]

    assert taken == []


def test_limits_that_are_set_are_known_by_name() -> None:
    assert Tolerance(max_rate=0.5).as_mapping() == {"max_rate": 0.5}


@pytest.mark.parametrize("policy", ["starter", "strict"])
def test_a_policy_holds_settings_that_exist(run: Run, folder: Path, policy: str) -> None:
    assert run("init", "p", "--policy", policy).code == 0

    assert run("--config", "p/govern.toml", "config", "check").code == 0
    assert tomllib.loads((folder / "p" / "waivers.toml").read_text()) == {}
    set_here = tomllib.loads((folder / "p" / "govern.toml").read_text())
    assert bool(set_here) is (policy == "strict")


def test_the_strict_policy_is_stricter(run: Run, folder: Path) -> None:
    warning = ("audit", "train.jsonl", "--select", "DUP001")
    assert run(*warning).code == 0

    run("init", "--policy", "strict")

    assert run(*warning).code == 1
    (folder / "waivers.toml").write_text("# ours\n")
    run("init", "--policy", "starter", "--force")
    assert (folder / "waivers.toml").read_text() == "# ours\n"
    assert run(*warning).code == 0


def test_the_policies_are_those_that_governance_has() -> None:
    from governance import settings
    from ui.cli.commands import init

    assert settings.POLICIES == init.POLICIES
