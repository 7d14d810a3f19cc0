from __future__ import annotations

import pytest

from ui.cli.words import plural, without_passwords


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:s3cret@db/govern", "postgresql://ann:***@db/govern"),
        (
            "govern --lake 'postgres://ann:p:w@db/x?a=b' audit a",
            "govern --lake 'postgres://ann:***@db/x?a=b' audit a",
        ),
        ("postgresql://db/x?user=a&password=s3cret&b=c", "postgresql://db/x?user=a&password=***&b=c"),
        ("postgresql://ann@db/govern", "postgresql://ann@db/govern"),
        ("govern audit a@1 b:c hf://org/name", "govern audit a@1 b:c hf://org/name"),
        ("", ""),
    ],
)
def test_passwords_are_never_shown_or_kept(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_singular_and_plural() -> None:
    assert [plural(n, "row") for n in (0, 1, 1234)] == ["0 rows", "1 row", "1,234 rows"]
