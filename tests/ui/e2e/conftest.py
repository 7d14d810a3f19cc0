"""Real servers, a real Chromium, and what no page may do: an error in the console, a call to another host."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import Demo, Once, inside
from tests.ui.serving import Server, end, started
from tests.ui.watching import Chromium, Watched, chromium, tab

HOSTILE = (
    '<img src="https://evil.example/{n}.png" onerror="document.title=\'owned\'">',
    "<script>document.title='owned'</script>",
    "<svg onload=\"document.title='owned'\"></svg>",
    "![look](https://evil.example/{n}.png) [go](javascript:document.title='owned')",
    "<style>body{{display:none}}</style><link rel=stylesheet href=https://evil.example/x.css>",
    "</blockquote></div><h1>owned</h1> \u202eevil\u202c {{{{7*7}}}} ${{7*7}} $x^2$ :material/home: :red[owned]",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    with chromium() as found:
        yield found


@pytest.fixture
def watch(browser: Chromium) -> Iterator[Callable[..., Watched]]:
    """Opens a new tab at a server. At the end nothing may have gone wrong in any of them."""
    opened: list[Watched] = []

    def start(server: Server, colours: str = "light") -> Watched:
        opened.append(tab(browser, server, colours))
        return opened[-1]

    yield start
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.close()
    assert [] == faults


@pytest.fixture(scope="session")
def serve(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Path], Server]]:
    """Starts a dashboard for a person in a folder, once for each."""
    running: dict[tuple[str, Path], tuple[Server, subprocess.Popen[str]]] = {}

    def start(person: str, folder: Path) -> Server:
        if (person, folder) not in running:
            running[person, folder] = started(person, folder)
        return running[person, folder][0]

    yield start
    for _, process in running.values():
        end(process)


@pytest.fixture(scope="session")
def desk_folder(browser: Chromium, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo that people decide in."""
    folder = tmp_path_factory.mktemp("desk") / "demo"
    shutil.copytree(demo.folder, folder)
    return folder


@pytest.fixture(scope="session")
def hostile_folder(browser: Chromium, once: Once) -> Path:
    """An audit of rows that try to be markup, in every field that a page shows. Tests only read it."""
    return once("hostile", audit_hostile)


def audit_hostile(folder: Path) -> None:
    from governance.audit import AuditRequest
    from ui.cli.commands.audit import run_audit
    from ui.cli.session import Session

    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in _hostile_rows()))
    (folder / "suite.jsonl").write_text("".join(json.dumps(item) + "\n" for item in _hostile_items()))
    with inside(folder):
        session = Session(lake=".govern", isolated=True, quiet=1, no_progress=True)
        run_audit(session, AuditRequest(("rows.jsonl",), evals=("suite.jsonl",), command="govern audit <b>"))


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
