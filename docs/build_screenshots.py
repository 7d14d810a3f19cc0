"""Takes pictures of the dashboard's pages on the demo, light and dark, so that they show what the program does now.

python docs/build_screenshots.py                     # those that the docs show, into docs/images
python docs/build_screenshots.py --every --out DIR   # every page there is

Needs Chromium, Playwright and a Chinese font (apt-get install fonts-noto-cjk, or fonts-wqy-zenhei). Pages are found as
the dashboard finds them; for one that needs an id the first link to it is followed.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from tests.ui.serving import end, started  # noqa: E402  the repository's own, wherever the script is called from
from tests.ui.watching import CHROMIUM, addresses, watched  # noqa: E402

SHOWN = ("overview", "findings", "cluster", "waivers", "evals", "why", "drivers", "splits", "lineage")
"""Pages whose pictures the docs show, where they are there."""
DARK = ("overview",)
"""Pages whose dark pictures the docs show."""
TRACED = "/evals?traced=1"
"""Items whose causes are known; the first of them is the one that the page Why is shown with."""
SCROLLED = {"why": "What moved it", "drivers": "Contributions by label"}
"""Headings that a picture begins with, where what matters is further down."""
VIEWPORT = {"width": 1280, "height": 860}
COLOURS = 256  # of a picture; half of them the most frequent, which are its flat colours
RARE = 5  # pixels of a colour that is not looked at


def main() -> int:
    """Write the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=DOCS / "images", help="where pictures go (default docs/images)"
    )
    parser.add_argument(
        "--every", action="store_true", help="every page, and not only those that the docs show"
    )
    parser.add_argument(
        "--demo", type=Path, help="a folder where `govern demo` was run, instead of running it now"
    )
    parser.add_argument("--no-train", action="store_true", help="a demo without a model")
    parser.add_argument("--height", type=int, default=VIEWPORT["height"], help="of the window, in pixels")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "demo"
        prepare(folder, given.demo, train=not given.no_train)
        server, process = started("ben", folder)
        try:
            for name, picture in pictures(server, given.height, every=given.every):
                (given.out / f"dashboard-{name}.png").write_bytes(small(picture))
                sys.stdout.write(f"dashboard-{name}.png\n")
        finally:
            end(process)
    return 0


def prepare(folder: Path, demo: Path | None, *, train: bool) -> None:
    """The demo, with waivers: one in force, one that waits."""
    if demo:
        shutil.copytree(demo, folder)
    else:
        folder.mkdir()
        govern(folder, "ann", "demo", *([] if train else ["--no-train"]))
    if (folder / "waivers.toml").exists():
        return
    until = (date.today() + timedelta(days=60)).isoformat()
    for rule, why in (
        ("DUP005", "a disclaimer that every answer needs"),
        ("QLT006", "notices are part of the source"),
    ):
        where = ["--rule", rule, "--where", 'severity = "note"', "--reason", why, "--expires", until]
        govern(folder, "ann", "waiver", "add", *where)
    govern(folder, "ben", "waiver", "approve", "W-0001")
    data, suite = "govern-demo/demo-finance.parquet", "govern-demo/demo-eval.jsonl"
    govern(
        folder, "ann", "audit", data, "--eval", suite, "--exit-zero", "-q"
    )  # what is in force covers something now


def govern(folder: Path, person: str, *arguments: str) -> None:
    """Run a command as somebody."""
    known = {**os.environ, "PYTHONPATH": str(DOCS.parent), "GOVERN_USER": person}
    command = [sys.executable, "-m", "ui.cli", "--no-progress", *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=known)


def pictures(server: Any, height: int, *, every: bool) -> Iterator[tuple[str, bytes]]:
    """(name, PNG) of each page, light and then dark."""
    from playwright.sync_api import sync_playwright

    window = {**VIEWPORT, "height": height}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        found: dict[str, str] = {}
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            one = watched(browser, server, viewport=window, color_scheme=scheme)
            found = found or {**addresses(one), **traced(one)}
            for path, address in found.items():
                name = path or "overview"
                if every or name in (SHOWN if scheme == "light" else DARK):
                    one.open(address)
                    one.page.wait_for_timeout(600)  # fonts, and charts that draw themselves
                    heading = one.page.get_by_role("heading", name=SCROLLED.get(name, ""))
                    if name in SCROLLED and heading.count():
                        heading.first.evaluate("h => h.scrollIntoView({block: 'start'})")
                        one.page.wait_for_timeout(300)
                    yield f"{name}{ending}", one.page.screenshot(animations="disabled")
            one.page.context.close()
        browser.close()


def traced(one: Any) -> dict[str, str]:
    """The address of Why for an item whose causes are known, where there is one."""
    one.open(TRACED)
    links = one.page.locator("a[href^='/why?']")
    return {"why": str(links.first.get_attribute("href"))} if links.count() else {}


def small(picture: bytes) -> bytes:
    """The picture in a few colours, a third as large; each pixel has the nearest of them."""
    import numpy as np
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(np.int32)
    found, where, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    common = np.argsort(-counts)[: COLOURS // 2]
    near, apart = np.zeros(len(found), np.uint8), np.full(len(found), np.iinfo(np.int32).max)
    chosen = []
    for number in range(
        COLOURS
    ):  # then always what is farthest from all before: a small amber sign among grey letters
        one = common[number] if number < len(common) else int((apart * (counts > RARE)).argmax())
        chosen.append(found[one])
        distance = np.square(found - found[one]).sum(axis=1)
        near[distance < apart] = number
        apart = np.minimum(apart, distance)
    image = Image.fromarray(near[where].reshape(pixels.shape[:2]), "P")
    image.putpalette(np.array(chosen, np.uint8).tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
