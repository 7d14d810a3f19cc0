"""A browser page under watch: what no page may do is an error in the console, or a call to another host."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ui.serving import Server

CHROMIUM = Path("/usr/bin/chromium")
DRAWN = '.stApp[data-test-script-state="notRunning"] .command-label'
PATIENCE = 60_000  # ms; a page takes one or two seconds, and the machines that run tests are shared
VIEWPORT = {"width": 1280, "height": 900}
REMEMBERED = "cookies,local_storage,indexeddb,websql,service_workers,cache_storage,file_systems"
"""All that a page of a site may find again, but for the program's own files."""
NEVER = (
    '.stMain :is(img, svg[onload], iframe, link, style, script, a[href*="://evil"], a[href^="javascript"])'
)
"""What no text of data may become."""


@dataclass
class Chromium:
    """A running browser, and the tab that keeps alive what all its tabs share.

    Tabs share what was downloaded and compiled of the program, which takes half of the 3 CPU seconds of opening a page.
    They do not share what a page may remember: that is forgotten before a tab is opened.
    """

    profile: Any
    kept: Any = None

    def tab(self, server: Server) -> Any:
        """A tab that knows nothing of those before it."""
        if self.kept is None:
            self.kept = self.profile.new_page()
            self.kept.goto(f"{server.url}/healthz")
        page = self.profile.new_page()
        session = self.profile.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": server.url, "storageTypes": REMEMBERED})
        session.detach()
        return page

    @property
    def apart(self) -> Any:
        """The browser, for contexts that share nothing at all, as on the machine of somebody else."""
        return self.profile.browser


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A browser of one process for all tabs; skipped with a reason where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        profile = driver.chromium.launch_persistent_context(
            folder,
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--process-per-site"],
            viewport=VIEWPORT,
        )
        yield Chromium(profile)
        profile.close()


@dataclass
class Watched:
    """A browser page, and what it did that it should not have."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)

    def close(self) -> None:
        """The tab is closed."""
        self.page.close()

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
    return _watching(context.new_page(), server, also)


def tab(browser: Chromium, server: Server, colours: str = "light") -> Watched:
    """A page in a new tab."""
    page = browser.tab(server)
    page.emulate_media(color_scheme=colours)
    return _watching(page, server)


def _watching(page: Any, server: Server, also: tuple[str, ...] = ()) -> Watched:
    one = Watched(page, server.url)
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
