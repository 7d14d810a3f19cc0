"""How somebody walks through a page: its own controls, its links, Back, Forward and reload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import TimeoutError as Waited

from tests.ui.watching import PATIENCE

SHOWN = """() => {
  const app = document.querySelector('.stApp[data-test-script-state="notRunning"]');
  const drawn = app?.querySelector('.command-label') && !app.querySelector('[data-testid="stSkeleton"]');
  if (!drawn) return null;
  const read = (part) => app.querySelector(part)?.innerText ?? '';
  const icons = [...app.querySelectorAll('[data-testid="stIconMaterial"]')].map(e => e.innerText);
  const asked = [...app.querySelectorAll('input')].map(e => e.value || e.ariaLabel);
  const lines = [read('[data-testid="stSidebar"]'), read('.stMain'), ...asked].join('\\n').split('\\n');
  return lines.map(l => l.trim()).filter(l => l && !icons.includes(l)).join('\\n');
}"""
"""All that can be read and all that is chosen on a page that is drawn to its end; nothing before that."""
LOOKS = 100
"""ms between two looks at a page that changes: to read all of it at every frame takes as long as to draw it."""
TRIES = 20
Act = Callable[[Any], None]


@dataclass(frozen=True)
class Way:
    """How somebody comes to a view of a page, and on from it.

    Attributes:
        page: its path.
        begun: the address that it begins with, as parameters.
        steps: names of parameters, and the control of the page that sets them.
        on: selector of a link that leads on, to another page or to another view.
    """

    page: str
    begun: dict[str, str]
    steps: tuple[tuple[str, Act], ...]
    on: str

    @property
    def name(self) -> str:
        """For people, and to tell one way from another."""
        return f"{self.page or 'overview'}:{'+'.join(self.sets)}"

    @property
    def sets(self) -> list[str]:
        """The parameters that it sets."""
        return " ".join(names for names, _ in self.steps).split()

    def address(self, **more: str) -> str:
        return f"/{self.page}?{urlencode({**more, **self.begun})}"


def press(selector: str) -> Act:
    """A link or a button."""
    return lambda page: page.locator(selector).first.click()


def look_for(words: str) -> Act:
    """Words in the box for words."""

    def act(page: Any) -> None:
        page.get_by_role("textbox", name="Search").fill(words)
        page.keyboard.press("Enter")

    return act


def pick(label: str, words: str) -> Act:
    """One of the options of a choice; `words` are part of what it says."""

    def act(page: Any) -> None:
        box = page.locator('[data-testid="stSelectbox"]', has_text=label).first.get_by_role("combobox")
        option = page.get_by_role("option").filter(has_text=words).first
        for _ in range(TRIES):
            box.click()
            try:
                option.wait_for(timeout=PATIENCE / TRIES)
                break
            except Waited:  # the list closes where the page scrolls, as it does when a box comes into view
                continue
        option.click()

    return act


def params(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query))


def shown(page: Any) -> str:
    """What a page shows once it is drawn."""
    found = page.wait_for_function(SHOWN, polling=LOOKS, timeout=PATIENCE)
    return str(found.json_value())


def moved(page: Any, act: Act) -> str:
    """What a page shows after somebody did something that changes its address."""
    before, url = shown(page), page.url
    act(page)
    page.wait_for_url(lambda now: now != url, timeout=PATIENCE)
    changed = f"before => ![null, before].includes(({SHOWN})())"
    page.wait_for_function(changed, arg=before, polling=LOOKS, timeout=PATIENCE)
    return shown(page)


def assert_shows(page: Any, wanted: str, url: str) -> None:
    """The page comes to show the text, at the address."""
    try:
        same = f"wanted => ({SHOWN})() === wanted"
        page.wait_for_function(same, arg=wanted, polling=LOOKS, timeout=PATIENCE)
    except Waited:
        lines = unified_diff(
            wanted.splitlines(), shown(page).splitlines(), "wanted", "shown", n=0, lineterm=""
        )
        raise AssertionError("\n".join([page.url, *lines])) from None
    assert url == page.url
