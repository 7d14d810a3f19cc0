"""The waivers of the file as they are today, and what the event log has of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.waivers.book import Book, read_book
from governance.waivers.judge import Judgement, judge_book
from governance.waivers.log import Recorded, history
from ui.dashboard.desk import Desk

if TYPE_CHECKING:
    from governance.lake import Lake


@dataclass(frozen=True)
class Register:
    """Every waiver of the file, judged, and every change of the log."""

    judgement: Judgement
    history: tuple[Recorded, ...]


def register(desk: Desk, lake: Lake) -> Register:
    """The register, read anew each time: the file may be edited by hand."""
    path = desk.waivers
    book = read_book(path) if path.exists() else Book(path.name)
    return Register(judge_book(book, lake, desk.approvals), tuple(history(lake)))
