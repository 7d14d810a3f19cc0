"""Help pages: all alike, complete, and their examples work."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from governance.reports import FORMATS
from tests.cli.conftest import REPOSITORY, Run, environment
from tests.cli.pages import PAGES
from ui.cli.lazy import Page
from ui.cli.main import SECTIONS
from ui.cli.options import INPUT_FORMATS, LEVELS

NAMES = [name for name, _ in PAGES]


@pytest.mark.parametrize(("name", "page"), PAGES, ids=NAMES)
def test_every_page_ends_with_two_examples(name: str, page: Page) -> None:
    assert len(page.examples) == 2
    assert all(example.command.startswith(("govern", 'eval "$(govern')) for example in page.examples)


@pytest.mark.parametrize(("name", "page"), PAGES, ids=NAMES)
def test_every_option_has_help(name: str, page: Page) -> None:
    silent = [p.opts for p in page.params if isinstance(p, click.Option) and not p.hidden and not p.help]

    assert silent == []


@pytest.mark.parametrize(("name", "page"), PAGES, ids=NAMES)
def test_every_argument_is_explained(name: str, page: Page) -> None:
    shown = {p.metavar for p in page.params if isinstance(p, click.Argument)}

    assert shown == set(page.arguments)


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_its_width(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ended = run(*name.split()[1:], "--help")

    assert ended.code == 0
    examples = ended.out.index("Examples:")
    assert [line for line in ended.out[:examples].splitlines() if len(line) > 80] == []


def test_a_summary_is_the_first_sentence_of_its_page() -> None:
    summaries = {entry.name: entry.summary for entries in SECTIONS.values() for entry in entries}
    first = {name: page.get_short_help_str(200).rstrip(".") for name, page in PAGES if name.count(" ") == 1}

    assert {f"govern {name}": text for name, text in summaries.items()} == first


def test_no_long_option_is_accepted_abbreviated(run: Run) -> None:
    assert run("config", "show", "--orig").code == 2


def test_global_options_are_understood_after_the_command_too(run: Run) -> None:
    before, after = run("--isolated", "config", "show"), run("config", "show", "--isolated")

    assert (before.code, before.out) == (after.code, after.out) == (0, before.out)


def test_formats_are_those_that_governance_has() -> None:
    from governance import gate

    audit = next(page for name, page in PAGES if name == "govern audit")
    choices = {p.name: p.type.choices for p in audit.params if isinstance(p.type, click.Choice)}

    assert tuple(choices["format"]) == FORMATS
    assert tuple(choices["input_format"]) == INPUT_FORMATS
    assert gate.LEVELS == LEVELS


def test_the_reference_page_is_up_to_date() -> None:
    """`python docs/build_cli.py` writes it."""
    built = builder().page()

    assert (REPOSITORY / "docs" / "cli.md").read_text(encoding="utf-8") == built


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_cli", REPOSITORY / "docs" / "build_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("color", [(), ("--color", "never")])
def test_help_has_no_colour_where_it_is_not_read_on_a_terminal(run: Run, color: tuple[str, ...]) -> None:
    assert "\x1b" not in run(*color, "audit", "--help").out


def test_colour_can_be_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[1m" in run("--color", "always", "audit", "--help").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1m" in run("--help").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(run: Run, shell: str) -> None:
    ended = run("completion", shell)

    assert ended.code == 0
    assert "_GOVERN_COMPLETE" in ended.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid_shell(run: Run, shell: str, tmp_path: Path) -> None:
    from shutil import which

    if which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(run("completion", shell).out, encoding="utf-8")

    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("govern aud", {"audit"}),
        ("govern audit --fail-", {"--fail-on"}),
        ("govern config ", {"show", "check", "schema"}),
        ("govern rule gov", {"GOV", *(f"GOV00{n}" for n in range(1, 6))}),
        ("govern audit --select ALL,GOV004", {"ALL,GOV004"}),
    ],
)
def test_completion_knows_commands_and_options(line: str, expected: set[str]) -> None:
    words = shlex.split(line)
    given = environment(
        _GOVERN_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - (line[-1] != " "))
    )

    done = subprocess.run([sys.executable, "-m", "ui.cli"], env=given, capture_output=True, text=True)

    assert {answer.split(",", 1)[1] for answer in done.stdout.split()} == expected
