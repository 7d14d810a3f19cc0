"""Pages drawn without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import ui.dashboard
from governance.lake import open_lake
from tests.ui.conftest import Demo
from ui.dashboard import desk as desks
from ui.dashboard.catalogue import entries
from ui.dashboard.desk import Desk, Role

APP = Path(ui.dashboard.__file__).parent / "app.py"
TAGS = re.compile(r"<[^>]+>")
Open = Callable[..., "Seen"]


@dataclass(frozen=True)
class Seen:
    """A page as it was drawn."""

    app: AppTest

    @property
    def markup(self) -> str:
        """All HTML of ours on the page."""
        return "\n".join(element.proto.body for element in self.app.get("html"))

    @property
    def text(self) -> str:
        """What can be read on it."""
        parts = [html.unescape(TAGS.sub(" ", self.markup)), *(m.value for m in self.app.markdown)]
        return re.sub(r"\s+", " ", " ".join([*parts, *(c.value for c in self.app.code)]))

    @property
    def buttons(self) -> list[str]:
        return [b.label for b in self.app.button]

    def links(self, beginning: str) -> list[str]:
        """Addresses of links that begin so."""
        found = re.findall(r'href="([^"]+)"', self.markup)
        return [link for link in map(html.unescape, found) if link.startswith(beginning)]


@pytest.fixture(scope="session", autouse=True)
def packages_are_read_once() -> Iterator[None]:
    """Streamlit reads the metadata of every installed package for components; AppTest does it anew for each page."""
    with pytest.MonkeyPatch.context() as patch:
        scan = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture
def at_desk() -> Iterator[Callable[[Desk], None]]:
    before = desks.desk()
    yield desks.sit_at
    desks.sit_at(before)


@pytest.fixture
def visit(at_desk: Callable[[Desk], None]) -> Open:
    """Opens a page: `visit("findings", lake, Role.VIEWER, rule="CON001")`."""

    def open_page(path: str, lake: str, role: Role = Role.VIEWER, **given: Any) -> Seen:
        person = given.pop("person", "ann")
        waivers = given.pop("waivers", Path("nowhere/waivers.toml"))
        read_only = given.pop("read_only", False)
        reveals = given.pop("reveals", False)
        at_desk(Desk(lake, waivers, "log", person, role, read_only, reveals))
        app = AppTest.from_file(str(APP), default_timeout=60)
        file = next(e.file for e in entries() if e.page.path == path)
        app.switch_page(str(file.relative_to(APP.parent)))
        for name, value in given.items():
            app.query_params[name] = str(value)
        app.run()
        assert [] == [e.value for e in app.exception]
        return Seen(app)

    return open_page


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("empty") / ".govern"
    open_lake(str(folder), create=True).close()
    return str(folder)


@pytest.fixture(scope="session")
def no_lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("none") / ".govern")


@pytest.fixture(scope="session")
def fingerprints(demo: Demo) -> dict[str, str]:
    """A fingerprint of each rule of the demo, of the finding with most rows."""
    with open_lake(demo.lake, read_only=True) as lake:
        sql = "SELECT rule, arg_max(fingerprint, rows) FROM lake.findings GROUP BY rule"
        return {str(rule): str(found) for rule, found in lake.fetch(sql)}


@pytest.fixture(scope="session")
def run(demo: Demo) -> str:
    with open_lake(demo.lake, read_only=True) as lake:
        return str(lake.fetch("SELECT run FROM lake.audits")[0][0])
