"""What is true of every page in a real browser. A page that is added is found by its file, and held to all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ui.conftest import Demo, Once
from tests.ui.serving import Server
from tests.ui.watching import NEVER, Chromium, Watched, addresses, tab
from ui.dashboard.catalogue import Page, entries

pytestmark = pytest.mark.browser
Serve = Callable[[str, Path], Server]
each = pytest.mark.parametrize("page", [e.page for e in entries()], ids=lambda p: p.path or "overview")

CONTROLS = (
    ".stMain :is(.stHtml a[href], button, input, textarea, [role=combobox])"
    ':not([disabled], [tabindex="-1"], [data-testid="stBaseButton-elementToolbar"])'
)  # the last is the button beside a command, which shows where the mouse is; its text can be selected
REACHED = 8
"""Controls of a page, from the first on, that Tab has to come by."""
TABS = 70
"""Presses that lead past the navigation, the filters and the first lines of a list."""

PALE = """() => {
  const pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d',
    {willReadFrequently: true});
  const over = (colour, under) => {
    pen.clearRect(0, 0, 1, 1);
    for (const one of [under, colour]) { pen.fillStyle = one; pen.fillRect(0, 0, 1, 1); }
    return `rgb(${[...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
  };
  const ground = (element) => element
    ? over(getComputedStyle(element).backgroundColor, ground(element.parentElement)) : 'white';
  const light = (colour) => {
    const parts = colour.match(/\\d+/g).slice(0, 3).map(n => n / 255)
      .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const found = [];
  for (const element of document.querySelectorAll('.stHtml *')) {
    const said = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join(' ').trim();
    const style = getComputedStyle(element);
    if (!said || !element.offsetParent || element.closest('[aria-disabled], [aria-hidden], caption')) continue;
    const under = ground(element);
    const [low, high] = [light(over(style.color, under)), light(under)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.push(`${contrast.toFixed(2)} ${element.className}: ${said.slice(0, 40)}`);
  }
  return found;
}"""
"""Texts of ours whose contrast is below level AA of WCAG."""

FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const around = [one, one.parentElement, one.parentElement?.parentElement].filter(Boolean);
  const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1)
    || around.some(e => getComputedStyle(e).boxShadow !== 'none');
  return [one.dataset.order ?? '', Boolean(ring), one.tagName];
}"""
"""Which control has the focus, and whether that can be seen."""


@pytest.fixture(scope="module")
def server(serve: Serve, demo: Demo) -> Server:
    return serve("ann", demo.folder)


@pytest.fixture(scope="module")
def open_one(browser: Chromium) -> Iterator[Callable[..., Watched]]:
    """A tab at a server that several tests share, by server and colours."""
    opened: dict[tuple[str, str], Watched] = {}

    def start(server: Server, colours: str = "light") -> Watched:
        if (server.url, colours) not in opened:
            opened[server.url, colours] = tab(browser, server, colours)
        return opened[server.url, colours]

    yield start
    for one in opened.values():
        one.close()


@pytest.fixture(scope="module")
def known(open_one: Callable[..., Watched], server: Server, once: Once) -> dict[str, str]:
    """An address of each page on the demo."""
    return walked(once, "demo", lambda: addresses(open_one(server)))


@pytest.fixture(scope="module")
def hostile(
    open_one: Callable[..., Watched], serve: Serve, hostile_folder: Path, once: Once
) -> dict[str, str]:
    """The same on rows that try to be markup."""
    return walked(once, "hostile", lambda: addresses(open_one(serve("ann", hostile_folder))))


def walked(once: Once, name: str, walk: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The addresses that a walk finds, which is done once for all processes of the test run."""
    folder = once(f"walked-{name}", lambda folder: (folder / "found.json").write_text(json.dumps(walk())))
    found: dict[str, str] = json.loads((folder / "found.json").read_text())
    return found


@each
def test_opens_cold_by_its_address_and_can_be_read(
    browser: Chromium, server: Server, known: dict[str, str], page: Page
):
    one = tab(browser, server)
    there = one.open(known[page.path])

    assert there.locator("h1").first.is_visible()
    assert 1 == there.locator('.places a[aria-current="page"]').count()
    assert 0 == there.locator('[data-testid="stException"]').count()
    assert [] == there.evaluate(PALE)
    one.close()
    assert [] == one.faults


@each
def test_dark_is_dark_and_can_be_read(
    open_one: Callable[..., Watched], server: Server, known: dict[str, str], page: Page
):
    there = open_one(server, "dark").open(known[page.path])

    ground = there.eval_on_selector(".stApp", "e => getComputedStyle(e).backgroundColor")
    assert all(int(part) < 60 for part in ground.removeprefix("rgb(").removesuffix(")").split(","))
    assert [] == there.evaluate(PALE)


@each
def test_the_keyboard_reaches_its_controls_and_shows_where_it_is(
    open_one: Callable[..., Watched], server: Server, known: dict[str, str], page: Page
):
    there = open_one(server).open(known[page.path])
    number = "all => all.filter(e => e.offsetParent).map((e, n) => e.dataset.order = n).length"
    wanted = {str(n) for n in range(min(there.locator(CONTROLS).evaluate_all(number), REACHED))}
    reached: dict[str, bool] = {}
    for _ in range(TABS):
        there.keyboard.press("Tab")
        order, ring, _ = there.evaluate(FOCUSED)
        reached |= {order: ring} if order else {}
        if wanted <= reached.keys():
            break

    assert wanted <= reached.keys()
    assert [] == [order for order in wanted if not reached[order]]


@each
def test_text_of_rows_is_never_markup(
    open_one: Callable[..., Watched], serve: Serve, hostile_folder: Path, hostile: dict[str, str], page: Page
):
    one = open_one(serve("ann", hostile_folder))
    there = one.open(hostile[page.path])

    assert "owned" not in there.title()
    assert there.locator("h1").first.is_visible()
    assert "owned" not in there.locator("h1").all_inner_texts()
    assert 0 == there.locator(NEVER).count()
    assert [] == one.faults


def test_hostile_text_is_shown_and_not_left_out(
    open_one: Callable[..., Watched], serve: Serve, hostile_folder: Path, hostile: dict[str, str]
):
    there = open_one(serve("ann", hostile_folder)).open(hostile["finding"])
    shown = " ".join(there.locator(".card blockquote").all_inner_texts())

    assert "owned" in shown or "evil" in shown
