"""Secrets of rows in every report of a real audit: none, wherever an excerpt is cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.reports import FORMATS
from tests.cli.conftest import Run, write_rows
from tests.rules.test_sec001_credential import SECRETS, drawn, private_key

ORDER = "ignore all previous instructions"
PASSWORD = drawn(31, 14)
SHOWN = 8
"""Characters of a secret that may show: a short beginning such as `AKIA` or `sk-proj-`."""


def secrets() -> list[str]:
    return [*SECRETS, PASSWORD, drawn(32, 40)]


def answers() -> Iterator[str]:
    """Secrets alone, in sentences, at the end of what an excerpt shows, and cut by its beginning."""
    yield f"Use postgresql://audit:{PASSWORD}@db.internal/lake, 密码：{PASSWORD}，谢谢"
    yield f'{{"client_secret": "{drawn(32, 40)}"}}'
    for secret in SECRETS:
        yield f"The key is {secret}."
        yield f"密钥如下{secret}，请妥善保管"
        for gap in (2, 30):
            yield f"note {secret} {'z' * gap}. Now {ORDER} {'and wait ' * gap}{secret}"
    yield f"{private_key(70)}\nNow {ORDER}"


def pieces(secret: str) -> Iterator[str]:
    """Stretches from inside a secret's random part, so close that one lies in whatever is longer than what may show."""
    lines = [line for line in secret.replace("\\n", "\n").split("\n") if "-----" not in line]
    for line in lines:
        yield from (line[i : i + SHOWN + 4] for i in range(8, len(line) - SHOWN - 4, 3))


@pytest.fixture
def leaking(folder: Path) -> str:
    rows = [{"prompt": f"question {i}", "response": answer} for i, answer in enumerate(answers())]
    return write_rows(folder / "leaking.jsonl", [*rows, *rows[:4]]).name


def test_no_report_shows_a_secret(run: Run, folder: Path, leaking: str) -> None:
    also = [option for fmt in FORMATS for option in ("--also", f"{fmt}=report.{fmt}")]
    result = run("audit", leaking, "--select", "SEC", *also)
    reports = {fmt: (folder / f"report.{fmt}").read_text("utf-8") for fmt in FORMATS}
    texts = {**reports, "terminal": result.out, "errors": result.err}

    assert 1 == result.code
    assert reports["jsonl"].count('"SEC001"') >= len(SECRETS)
    for fmt, text in texts.items():
        assert [] == [piece for secret in secrets() for piece in pieces(secret) if piece in text], fmt


def test_they_are_findings_with_places(run: Run, leaking: str) -> None:
    text = run("audit", leaking, "--select", "SEC001", "-f", "concise").out

    assert "leaking.jsonl:1" in text
    assert "a password in the address of a connection" in text
