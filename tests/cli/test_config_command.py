"""`govern config`, `init` and what the environment asks for, through the program itself."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_every_value_is_shown_with_its_origin(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "govern.toml").write_text("jobs = 3\n")
    monkeypatch.setenv("GOVERN_FAIL_ON", "note")

    shown = json.loads(run("--lake", "elsewhere", "config", "show", "--origin", "-f", "json").out)

    assert shown["jobs"] == {"value": 3, "origin": "govern.toml"}
    assert shown["fail_on"] == {"value": "note", "origin": "GOVERN_FAIL_ON"}
    assert shown["lake"] == {"value": "elsewhere", "origin": "--lake"}
    assert shown["memory"] == {"value": "256MB", "origin": "default"}


def test_shown_settings_are_toml(run: Run) -> None:
    assert tomllib.loads(run("config", "show").out)["fail_on"] == "error"
    assert tomllib.loads(run("config", "show", "--origin").out)["limits"]["nesting"] == 64


def test_an_unknown_key_is_2_with_the_nearest(run: Run, folder: Path) -> None:
    (folder / "govern.toml").write_text('fail-on = "note"\n')

    ended = run("config", "check")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "error: there is no setting 'fail-on'",
        "  at: govern.toml: fail-on",
        "  try: did you mean 'fail_on'? `govern config schema` lists every key",
    ]


def test_a_key_made_to_act_on_the_terminal_is_inert(run: Run, folder: Path) -> None:
    (folder / "govern.toml").write_text('"\\u001b[2Jx" = 1\n')

    ended = run("config", "check")

    assert ended.code == 2
    assert "\x1b" not in ended.err


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('select = ["GOV04"]', "there is no rule 'GOV04'"),
        ('ignore = ["XYZ"]', "there is no rule 'XYZ'"),
        ("[rules.GOV04]\nx = 1", "there is no rule 'GOV04'"),
        ("[rules.GOV004]\nx = 1", "GOV004 has no option 'x'"),
        ('[rules.GOV004]\nseverity = "bad"', "'bad' is not a severity"),
    ],
)
def test_check_looks_at_rules_too(run: Run, folder: Path, text: str, what: str) -> None:
    (folder / "govern.toml").write_text(text)

    ended = run("config", "check")

    assert ended.code == 2
    assert ended.err.startswith(f"error: {what}\n  at: govern.toml: ")


def test_the_schema_is_json(run: Run) -> None:
    assert json.loads(run("config", "schema").out)["additionalProperties"] is False


def test_config_and_isolated_exclude_each_other(run: Run) -> None:
    assert run("--config", "x.toml", "--isolated", "config", "show").code == 2


def test_a_password_is_not_shown(run: Run) -> None:
    assert "s3cret" not in run("--lake", "postgresql://ann:s3cret@db/x", "config", "show").out


def test_init_makes_a_folder_ready_once(run: Run, folder: Path) -> None:
    first = run("init", "project")

    assert (first.code, first.out) == (0, "")
    assert (folder / "project" / ".govern").is_dir()
    (folder / "project" / "govern.toml").write_text("jobs = 2")

    assert run("init", "project").code == 2
    assert (folder / "project" / "govern.toml").read_text() == "jobs = 2"
    assert run("init", "project", "--force", "-q") == type(first)(0, "", "")
    assert (folder / "project" / "govern.toml").read_text().startswith("# Settings of govern")


def test_init_remembers_the_lake_it_was_given(run: Run, folder: Path) -> None:
    run("--lake", "shared", "init", "project")

    assert (folder / "shared").is_dir()
    assert tomllib.loads((folder / "project" / "govern.toml").read_text()) == {"lake": "../shared"}


def test_quiet_leaves_stderr_empty(run: Run) -> None:
    assert run("-q", "config", "check").err == ""
    assert run("config", "check").err != ""
