"""The second set of the demo: wrong keys that nothing in a row gives away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from governance.audit import AuditRequest, audit
from governance.demo import write_demo
from governance.demo.quiz import ROWS, WRONG, QuizKey, make_quiz, read_quiz_key, write_quiz
from governance.demo.rows import Row
from governance.lake import open_lake

SEEDS = (7, 8, 21)
NAMES = {
    "银行": "Banking",
    "证券": "Securities",
    "保险": "Insurance",
    "信托": "Trusts",
    "公募基金": "Mutual Funds",
}


@pytest.fixture(scope="module", params=SEEDS)
def made(request: pytest.FixtureRequest) -> tuple[list[Row], QuizKey]:
    return make_quiz(request.param)


def options(row: Row) -> dict[str, str]:
    """What stands behind each letter."""
    return dict(re.findall(r"^([A-D])\. (.+)$", (row.turns or ())[0].text, re.MULTILINE))


def right(row: Row) -> str:
    """The letter of the row's own field."""
    field = row.label.partition("/")[0]
    shown = {letter: NAMES.get(name, name).casefold() for letter, name in options(row).items()}
    (letter,) = (letter for letter, name in shown.items() if name == field.casefold())
    return letter


def test_the_wrong_keys_are_those_of_the_key_and_no_others(made: tuple[list[Row], QuizKey]) -> None:
    rows, key = made
    given = [(row.turns or ())[1].text[0] for row in rows]

    assert (ROWS, WRONG) == (len(rows), len(key.wrong))
    assert list(key.wrong) == [n for n, row in enumerate(rows) if given[n] != right(row)]
    assert {key.letter} == {given[n] for n in key.wrong}
    assert key.letter not in {given[n] for n in range(ROWS) if n not in key.wrong}


def test_both_languages_have_their_half(made: tuple[list[Row], QuizKey]) -> None:
    rows, key = made

    assert ROWS // 2 == sum(row.language == "en" for row in rows)
    assert WRONG // 2 == sum(rows[n].language == "zh" for n in key.wrong)


def test_rows_are_short_enough_for_the_demo_to_train_on(made: tuple[list[Row], QuizKey]) -> None:
    assert max(len(row.text.encode()) for row in made[0]) < 560  # 640 with the template


def test_an_audit_passes_them(tmp_path: Path) -> None:
    files, quiz = write_demo(tmp_path, SEEDS[0], 600), write_quiz(tmp_path, SEEDS[0])
    with open_lake(str(tmp_path / "lake")) as lake:
        report = audit(AuditRequest((str(quiz.dataset),), evals=(str(files.suite),)), lake)

    assert [] == report.findings.select(["rule", "kind", "message"]).to_pylist()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, again, other = (
        write_quiz(folder, seed) for folder, seed in zip(_folders(tmp_path), (7, 7, 8), strict=True)
    )

    assert one.dataset.read_bytes() == again.dataset.read_bytes() != other.dataset.read_bytes()
    assert read_quiz_key(one.key.read_text("utf-8")) == make_quiz(7)[1]


def _folders(place: Path) -> list[Path]:
    folders = [place / name for name in ("one", "again", "other")]
    for folder in folders:
        folder.mkdir()
    return folders
