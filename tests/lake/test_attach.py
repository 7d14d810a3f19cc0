"""Connections keep to the threads that a process may have."""

from __future__ import annotations

import pytest

from governance.lake import attach


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ("1", {"threads": 1}),
        (" 3 ", {"threads": 3}),
        ("4,2", {"threads": 4}),
        ("", {}),
        ("0", {}),
        ("all", {}),
    ],
)
def test_threads_are_those_of_the_first_level(bound: str, expected: dict[str, int]):
    assert expected == attach.threads(bound)


def test_a_connection_keeps_to_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with attach.connection() as db:
        assert [(3,)] == db.execute("SELECT current_setting('threads')").fetchall()
