"""What a page of the dashboard costs: seconds and processor seconds of the server, bytes over the socket."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.ui.serving import end, started
from tests.ui.watching import CHROMIUM, Watched, watched
from ui.dashboard.catalogue import visible

BYTES, SECONDS = 1_000_000, 2.0
"""What a page may send, and how long the server may take, at most."""
QUIET = 0.4
"""Seconds without a frame after which a page that is drawn is taken to be at rest."""


@dataclass
class Cost:
    """What it took to draw a page.

    Attributes:
        seconds: from the question in the socket to the last answer.
        cpu: processor seconds of the server, all threads together.
    """

    seconds: float
    cpu: float
    bytes: int


@dataclass
class Wire:
    """The frames of one browser page's sockets."""

    asked: float = 0.0
    answered: float = 0.0
    bytes: int = 0

    def listen(self, page: Any) -> None:
        page.on("websocket", self._opened)

    def _opened(self, socket: Any) -> None:
        socket.on("framesent", lambda _: self._sent())
        socket.on("framereceived", self._received)

    def _sent(self) -> None:
        self.asked = self.asked or time.perf_counter()

    def _received(self, data: str | bytes) -> None:
        self.answered = time.perf_counter()
        self.bytes += len(data)

    def begin(self) -> None:
        """Counts from nothing again."""
        self.asked = self.answered = 0.0
        self.bytes = 0


def addresses(fingerprint: str) -> list[str]:
    """Every page of the navigation, one of each kind that needs an id, and filters that people set."""
    pages = [f"/{page.path}" for group in visible().values() for page in group]
    return [
        *pages,
        f"/finding?id={fingerprint}",
        "/dataset?id=sft",
        "/rule?id=DUP003",
        "/findings?rule=DUP003",
        "/findings?rule=DUP003&severity=warning",
        "/findings?source=source-3",
        "/findings?suite=suite-3",
        "/findings?page=4000",
        "/findings?sort=score",
        "/findings?q=bond+377+is",
        "/duplicates?rule=DUP003&min=2",
        "/contamination?suite=suite-3",
    ]


def measured(folder: Path, fingerprint: str) -> dict[str, Cost]:
    """The cost of every address, asked once each by somebody whose browser has the program already."""
    from playwright.sync_api import sync_playwright

    server, process = started("ann", folder)
    wire, found = Wire(), {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        one = watched(browser, server)
        wire.listen(one.page)
        one.open("/rule?id=CON001")
        for address in addresses(fingerprint):
            found[address] = _cost(one, wire, psutil.Process(process.pid), address)
        browser.close()
    end(process)
    assert one.faults == []
    return found


def _cost(one: Watched, wire: Wire, server: psutil.Process, address: str) -> Cost:
    before = server.cpu_times()
    wire.begin()
    one.page.evaluate(
        "to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate', {state: {}})); }",
        address,
    )
    while not wire.answered or time.perf_counter() - wire.answered < QUIET or _runs(one):
        one.page.wait_for_timeout(50)
    after = server.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return Cost(wire.answered - wire.asked, cpu, wire.bytes)


def _runs(one: Watched) -> bool:
    return bool(one.page.locator('.stApp[data-test-script-state="running"]').count())


def table(costs: dict[str, Cost]) -> str:
    """The costs as a table, and what is over the budget."""
    lines = [
        f"| `{address[:60]}` | {cost.seconds:.2f} | {cost.cpu:.2f} | {cost.bytes / 1000:,.0f} |"
        for address, cost in costs.items()
    ]
    over = [
        address
        for address, cost in costs.items()
        if cost.bytes >= BYTES or min(cost.seconds, cost.cpu) >= SECONDS
    ]
    said = f"over the budget: {', '.join(over)}" if over else "all within the budget"
    return "\n".join(["| page | seconds | CPU seconds | kB |", "|---|---:|---:|---:|", *lines, "", said])
