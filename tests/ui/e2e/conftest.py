"""Real servers, a real Chromium, and what no page may do: an error in the console, a call to another host."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.ui.conftest import Demo, inside

CHROMIUM = Path("/usr/bin/chromium")
DRAWN = '.stApp[data-test-script-state="notRunning"] .command-label'
PATIENCE = 60_000  # ms; a page takes one or two seconds, and the machines that run tests are shared
HOSTILE = (
    '<img src="https://evil.example/{n}.png" onerror="document.title=\'owned\'">',
    "<script>document.title='owned'</script>",
    "<svg onload=\"document.title='owned'\"></svg>",
    "![look](https://evil.example/{n}.png) [go](javascript:document.title='owned')",
    "<style>body{{display:none}}</style><link rel=stylesheet href=https://evil.example/x.css>",
    "</blockquote></div><h1>owned</h1> \u202eevil\u202c {{{{7*7}}}} ${{7*7}} $x^2$ :material/home: :red[owned]",
)


@dataclass
class Server:
    """A running dashboard."""

    url: str
    folder: Path


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def watch(browser: Any) -> Iterator[Callable[..., Watched]]:
    """Opens a new browser context at a server. At the end nothing may have gone wrong in any of them."""
    opened: list[Watched] = []

    def start(server: Server, **options: Any) -> Watched:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        one = Watched(context.new_page(), server.url)
        one.page.set_default_timeout(PATIENCE)
        host = server.url.partition("//")[2]
        one.page.on("console", lambda m: one.faults.append(m.text) if m.type == "error" else None)
        one.page.on("pageerror", lambda e: one.faults.append(str(e)))
        one.page.on("request", lambda r: one.faults.extend(_elsewhere(r.url, host)))
        opened.append(one)
        return one

    yield start
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.page.context.close()
    assert [] == faults


def _elsewhere(url: str, host: str) -> list[str]:
    return [url] if url.startswith(("http", "ws")) and f"://{host}" not in url else []


@pytest.fixture(scope="session")
def serve(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Path], Server]]:
    """Starts a dashboard for a person in a folder, once for each."""
    running: dict[tuple[str, Path], tuple[Server, subprocess.Popen[bytes]]] = {}

    def start(person: str, folder: Path) -> Server:
        if (person, folder) not in running:
            running[person, folder] = _started(person, folder)
        return running[person, folder][0]

    yield start
    for _, process in running.values():
        process.terminate()
        process.wait(20)


def _started(person: str, folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GOVERN_USER": person, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "ui", "--no-browser", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(f"http://127.0.0.1:{port}/healthz", process)
    return Server(f"http://127.0.0.1:{port}", folder), process


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the dashboard ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the dashboard does not answer")


@pytest.fixture(scope="session")
def desk_folder(browser: Any, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo that people decide in."""
    folder = tmp_path_factory.mktemp("desk") / "demo"
    shutil.copytree(demo.folder, folder)
    return folder


@pytest.fixture(scope="session")
def hostile_folder(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of rows that try to be markup, in every field that a page shows."""
    from governance.audit import AuditRequest
    from ui.cli.commands.audit import run_audit
    from ui.cli.session import Session

    folder = tmp_path_factory.mktemp("hostile")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in _hostile_rows()))
    (folder / "suite.jsonl").write_text("".join(json.dumps(item) + "\n" for item in _hostile_items()))
    with inside(folder):
        session = Session(lake=".govern", isolated=True, quiet=1, no_progress=True)
        run_audit(session, AuditRequest(("rows.jsonl",), evals=("suite.jsonl",), command="govern audit <b>"))
    return folder


def _hostile_rows() -> Iterator[dict[str, Any]]:
    filler = (
        "The coupon of the bond is paid every half year and the price moves against the yield of the market. "
    )
    for n, template in enumerate(HOSTILE):
        text = template.format(n=n)
        for repeat in range(2):
            said = [
                {"role": "user", "content": f"{text} {filler}{n}"},
                {"role": "assistant", "content": text * (repeat + 1)},
            ]
            yield {"id": text, "messages": said, "source": text, "licence": text, "label": text}


def _hostile_items() -> Iterator[dict[str, Any]]:
    filler = (
        "The coupon of the bond is paid every half year and the price moves against the yield of the market. "
    )
    for n, template in enumerate(HOSTILE):
        yield {
            "id": f"<b>{n}",
            "question": f"{template.format(n=n)} {filler}{n}",
            "answer": template.format(n=n),
        }
