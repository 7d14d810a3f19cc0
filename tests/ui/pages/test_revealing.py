"""Personal data unmasked: by whom it may be asked for, what is recorded, and that it is shown once and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from governance.errors import NotFound, UsageError
from governance.lake import open_lake
from governance.lake.events import Event, verify_chain
from governance.lake.reveals import of_finding
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard import deciding
from ui.dashboard.desk import Desk, Refused, Role

Sit = Callable[[Desk], None]
WHY = "the customer asks what we keep"


@dataclass(frozen=True)
class Hidden:
    """A finding whose row holds an e-mail address, which pages mask."""

    run: str
    fingerprint: str
    row: int
    value: str


@pytest.fixture
def hidden(own_demo: Demo) -> Hidden:
    with open_lake(own_demo.lake, read_only=True) as lake:
        found = lake.fetch(
            'SELECT e.run, fingerprint, e.row, substr(excerpt, start - excerpt_start + 1, "end" - start)'
            " FROM lake.evidence e JOIN lake.findings f USING (run, fingerprint)"
            " WHERE f.rule = 'PII001' ORDER BY fingerprint LIMIT 1"
        )
    return Hidden(*found[0])


def looked_at(demo: Demo, hidden: Hidden) -> list[Event]:
    with open_lake(demo.lake, read_only=True) as lake:
        assert verify_chain(lake).ok
        return of_finding(lake, hidden.fingerprint)


def desk(demo: Demo, person: str = "rita", *, reveals: bool = True, **more: object) -> Desk:
    waivers = demo.folder / "waivers.toml"
    return Desk(demo.lake, waivers, "log", person, Role.VIEWER, reveals=reveals, **more)  # type: ignore[arg-type]


def test_one_row_is_shown_once_to_whoever_may_and_said_why(visit: Open, own_demo: Demo, hidden: Hidden):
    seen = visit("finding", own_demo.lake, reveals=True, person="rita", id=hidden.fingerprint)
    assert "@" in hidden.value
    assert hidden.value not in seen.markup
    app = seen.app
    app.button(key="reveal:0").click().run()
    app.text_area(key="reveal:reason").set_value(f"{WHY} of {hidden.value}")
    app.button(key="reveal:yes").click().run()

    assert [] == [e.value for e in app.exception]
    assert hidden.value in seen.markup
    assert "Unmasked for you, this once" in seen.text
    assert "Recorded as event" in seen.text
    assert hidden.value not in str(dict(app.query_params))
    assert not any(
        hidden.value in str(app.session_state[key]) for key in ("revealed",) if key in app.session_state
    )
    app.run()
    assert hidden.value not in seen.markup
    assert "Seen unmasked" in seen.text

    event = looked_at(own_demo, hidden)[-1]
    assert ("evidence.reveal", "rita", hidden.fingerprint) == (event.action, event.actor, event.subject)
    assert {"run", "line", "row", "sample_id", "reason"} == set(event.data) - {"files", "ledger"}
    assert (hidden.run, hidden.row, f"{WHY} of [EMAIL]") == tuple(
        event.data[n] for n in ("run", "row", "reason")
    )
    assert hidden.value not in event.details


def test_another_person_sees_it_masked_and_is_offered_nothing(
    visit: Open, own_demo: Demo, hidden: Hidden, at_desk: Sit
):
    at_desk(desk(own_demo))
    deciding.reveal(hidden.run, hidden.fingerprint, 0, WHY)
    for role in Role:
        seen = visit("finding", own_demo.lake, role, person="ben", id=hidden.fingerprint)
        assert hidden.value not in seen.markup
        assert "Show what is masked" not in seen.buttons


def test_a_dialog_without_a_reason_shows_and_records_nothing(visit: Open, own_demo: Demo, hidden: Hidden):
    seen = visit("finding", own_demo.lake, reveals=True, person="rita", id=hidden.fingerprint)
    seen.app.button(key="reveal:0").click().run()
    seen.app.button(key="reveal:yes").click().run()

    assert hidden.value not in seen.markup
    assert "needs a reason" in seen.text
    assert [] == looked_at(own_demo, hidden)


@pytest.mark.parametrize(
    "refused",
    [
        {"reveals": False},
        {"reveals": False, "role": Role.APPROVER},
        {"read_only": True},
        {"person": ""},
    ],
    ids=["viewer", "approver", "read only", "nobody"],
)
def test_a_call_without_the_right_records_and_shows_nothing(
    own_demo: Demo, hidden: Hidden, at_desk: Sit, refused: dict[str, object]
):
    from dataclasses import replace

    from governance.lake.browsing import evidence
    from ui.dashboard.components import revealing

    at_desk(replace(desk(own_demo), **refused))  # type: ignore[arg-type]
    with pytest.raises(Refused):
        deciding.reveal(hidden.run, hidden.fingerprint, 0, WHY)
    with open_lake(own_demo.lake, read_only=True) as lake:
        line = evidence.lines(lake, hidden.run, hidden.fingerprint, 1)[0]
    with pytest.raises(Refused):
        revealing.words(line)

    assert [] == looked_at(own_demo, hidden)


def test_only_a_line_that_is_there_can_be_shown(own_demo: Demo, hidden: Hidden, at_desk: Sit):
    at_desk(desk(own_demo))
    with pytest.raises(NotFound):
        deciding.reveal(hidden.run, hidden.fingerprint, 99, WHY)
    with pytest.raises(UsageError, match="needs a reason"):
        deciding.reveal(hidden.run, hidden.fingerprint, 0, "  ")

    assert [] == looked_at(own_demo, hidden)


def test_rows_that_hide_nothing_have_no_button(visit: Open, demo: Demo, fingerprints: dict[str, str]):
    seen = visit("finding", demo.lake, reveals=True, person="rita", id=fingerprints["CON003"])

    assert [] == seen.buttons
