"""A browser page under watch: what no page may do is an error in the console, or a call to another host."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ui.serving import Server

CHROMIUM = Path("/usr/bin/chromium")
DRAWN = '.stApp[data-test-script-state="notRunning"] .command-label'
PATIENCE = 60_000  # ms; a page takes one or two seconds, and the machines that run tests are shared
VIEWPORT = {"width": 1280, "height": 900}
NEVER = (
    '.stMain :is(img, svg[onload], iframe, link, style, script, a[href*="://evil"], a[href^="javascript"])'
)
"""What no text of data may become."""


@dataclass
class Watched:
    """A browser page, and what it did that it should not have."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        """Opens an address and waits until the page is drawn to its end, which is the command."""
        self.page.goto(self.base + path)
        self.page.wait_for_selector(DRAWN, timeout=PATIENCE)
        return self.page

    def arrives(self, url: str, shows: str) -> None:
        """Waits until the address matches and the page shows something that the one before it did not."""
        self.page.wait_for_url(url, timeout=PATIENCE)
        self.page.wait_for_selector(shows, timeout=PATIENCE)
        self.page.wait_for_selector(DRAWN, timeout=PATIENCE)


def watched(browser: Any, server: Server, *, also: tuple[str, ...] = (), **options: Any) -> Watched:
    """A page in a browser context of its own; `also` are other addresses that it may go to."""
    context = browser.new_context(**{"viewport": VIEWPORT, **options})
    one = Watched(context.new_page(), server.url)
    one.page.set_default_timeout(PATIENCE)
    ours = (server.url, server.url.replace("http", "ws", 1), *also)
    one.page.on("console", lambda m: one.faults.append(m.text) if m.type == "error" else None)
    one.page.on("pageerror", lambda e: one.faults.append(str(e)))
    one.page.on("request", lambda r: one.faults.extend(_elsewhere(r.url, ours)))
    return one


def _elsewhere(url: str, ours: tuple[str, ...]) -> list[str]:
    return [url] if url.startswith(("http", "ws")) and not url.startswith(ours) else []


LINKS = ".stMain a[data-go]"
FIRST = ("/findings?rule=CON003", "/duplicates?rule=DUP003", "/contamination", "/datasets")
"""Lists whose links are followed before others: they lead to telling examples."""


def addresses(one: Watched) -> dict[str, str]:
    """An address of every page there is, by its path: its own, or for one that needs an id the first link to it."""
    from ui.dashboard.catalogue import entries

    pages = [e.page for e in entries()]
    known = {page.path: f"/{page.path}" for page in pages if not page.hidden}
    places, seen = [*FIRST, *known.values()], 0
    while seen < len(places) and len(known) < len(pages):
        one.open(places[seen])
        seen += 1
        for link in one.page.locator(LINKS).evaluate_all("all => all.map(a => a.getAttribute('href'))"):
            path = link.partition("?")[0].strip("/")
            if path not in known:
                known[path] = link
                places.append(link)  # a detail may lead to another one
    return {page.path: known.get(page.path, f"/{page.path}") for page in pages}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG; 7 is its highest level."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
