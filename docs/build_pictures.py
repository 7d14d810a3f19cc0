"""Draws the pictures of the README from the demo's own report, so that they show what the program does now.

python docs/build_pictures.py            # needs Chromium
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1100, 1420


def main() -> int:
    """Write docs/images/report.png."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--browser", default=shutil.which("chromium") or "chromium")
    browser = parser.parse_args().browser
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        govern = [sys.executable, "-m", "ui.cli", "--lake", str(Path(folder) / "lake"), "--no-progress"]
        demo = [*govern, "demo"]
        subprocess.run(demo, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=_environment())
        report = [*govern, "report", "latest", "-f", "html", "-o", str(page)]
        subprocess.run(report, cwd=folder, check=True, env=_environment())
        (DOCS / "images").mkdir(exist_ok=True)
        draw(browser, page, DOCS / "images" / "report.png")
    return 0


def draw(browser: str, page: Path, picture: Path) -> None:
    """A screenshot of the top of a page."""
    options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
    subprocess.run(
        [browser, *options, f"--screenshot={picture}", page.as_uri()], check=True, stderr=subprocess.DEVNULL
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(DOCS.parent)}


if __name__ == "__main__":
    raise SystemExit(main())
