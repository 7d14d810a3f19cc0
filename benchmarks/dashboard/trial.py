"""Two people in two browsers while audits are written: nothing may fail, and in the end the figures are the lake's.

python -m benchmarks.dashboard.trial --seconds 300
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from governance.lake import open_lake
from governance.lake.browsing import findings, runs
from governance.lake.browsing.wanted import WAIVED, Wanted
from governance.lake.events import verify_chain
from governance.waivers.log import history
from tests.conftest import REPOSITORY
from tests.ui.conftest import build
from tests.ui.serving import Server, end, started
from tests.ui.watching import CHROMIUM, DRAWN, Watched, watched

FAULTS = '[data-testid="stException"], [data-testid="stConnectionStatus"], .notice.bad'
WORDS = ("locked", "Traceback", "IO Error", "TransactionContext")
LINKS = '.stMain a[data-go]:not([aria-disabled]), [data-testid="stSidebar"] .places a'
DECISIONS = 6
"""Every so many looks somebody decides something."""


@dataclass
class Diary:
    """What one person did, and what went wrong."""

    person: str
    pages: Counter[str] = field(default_factory=Counter)
    decided: int = 0
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def walk(server: Server, person: str, seed: int, stop: Event, diary: Diary) -> None:
    """One person's way through the dashboard, in a browser of their own, until it is time to stop."""
    from playwright.sync_api import sync_playwright

    chance = random.Random(seed)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        one = watched(browser, server)
        try:
            one.open("/")
            while not stop.is_set():
                _look(one, chance, diary)
                if sum(diary.pages.values()) % DECISIONS == 0:
                    (_ask if person == "ann" else _approve)(one, chance, diary)
        except Exception as error:
            diary.faults.append(
                f"{type(error).__name__}: {error} at {one.page.url}, which shows: {_state(one)}"
            )
        diary.faults += one.faults
        browser.close()


def _state(one: Watched) -> str:
    """Whether the page is still being drawn, and the beginning of what it says."""
    app = one.page.locator(".stApp").first
    return (
        f"{app.get_attribute('data-test-script-state')}, {one.page.locator('.stMain').inner_text()[:400]!r}"
    )


def _look(one: Watched, chance: random.Random, diary: Diary) -> None:
    """Follow a link of the page: another page, a filter, a finding, a part of a list."""
    links = one.page.locator(LINKS).evaluate_all("all => all.map(a => a.getAttribute('href'))")
    to = chance.choice([link for link in links if link] or ["/"])
    begun = time.perf_counter()
    one.page.evaluate(
        "to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate', {state: {}})); }",
        to,
    )
    settle(one)
    diary.seconds.append(time.perf_counter() - begun)
    diary.pages[to.partition("?")[0]] += 1
    check(one, diary)


def settle(one: Watched) -> None:
    """Waits until the page has begun and ended its run: asked twice, since a run that has not begun looks ended."""
    for _ in range(2):
        one.page.wait_for_timeout(150)
        one.page.wait_for_selector(DRAWN)


def check(one: Watched, diary: Diary) -> None:
    """Notes what must not stand on a page."""
    bad = one.page.locator(FAULTS)
    diary.faults += [f"{one.page.url}: {text[:200]}" for text in bad.all_inner_texts()]
    said = one.page.locator(".stMain").inner_text()
    diary.faults += [f"{one.page.url} says {word}" for word in WORDS if word in said]


def _ask(one: Watched, chance: random.Random, diary: Diary) -> None:
    """A waiver is asked for, of a finding on one of the first pages of the list."""
    page = one.open(f"/findings?page={chance.randint(1, 2)}&severity=note")
    found = page.locator('td a[href^="/finding?"]')
    if not found.count():
        return
    one.open(str(found.nth(chance.randrange(found.count())).get_attribute("href")))
    ask = page.get_by_role("button", name="Ask for a waiver")
    if not ask.count():
        return
    ask.click()
    box = page.get_by_label("Why it is acceptable")
    box.fill("it was looked at")
    box.blur()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("asked for waiver").wait_for()
    diary.decided += 1
    check(one, diary)


def _approve(one: Watched, chance: random.Random, diary: Diary) -> None:
    """One of the waivers that wait is approved."""
    page = one.open("/waivers?status=requested")
    waiting = page.locator("td a", has_text="W-")
    if not waiting.count():
        return
    one.open(str(waiting.nth(chance.randrange(waiting.count())).get_attribute("href")))
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    page.get_by_text("in force until").wait_for()
    diary.decided += 1
    check(one, diary)


def write(folder: Path, stop: Event, said: list[str]) -> None:
    """Audits one after the other, of the whole demo and of its half in turn; `said` is what went wrong."""
    import pyarrow.parquet as pq

    whole = folder / "govern-demo" / "demo-finance.parquet"
    half = folder / "half.parquet"
    pq.write_table(pq.read_table(whole).slice(0, 300), half)
    count = 0
    while not stop.is_set():
        file = (whole, half)[count % 2]
        done = subprocess.run(
            [sys.executable, "-m", "ui.cli", "audit", str(file), "--exit-zero", "-q", "-o", "report.txt"],
            cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=False,
        )  # fmt: skip
        count += 1
        if done.returncode or any(word in done.stderr for word in WORDS):
            said.append(f"audit {count} ended with {done.returncode}: {done.stderr[-300:]}")
    said.insert(0, str(count))


def figures(folder: Path) -> dict[str, int]:
    """What the overview has to say of the latest audit."""
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        run = runs.recent_runs(lake)[0].run
        counts = findings.by_severity(lake, Wanted(run))
        head = runs.report_head(lake, run)
        assert head is not None
        assert verify_chain(lake).ok
        return {
            **{f"{word}s": counts.get(word, 0) for word in ("error", "warning", "note")},
            "waived": findings.count(lake, Wanted(run, status=WAIVED)),
            "rows read": sum(d.rows for d in head.datasets),
        }


def shown(server: Server) -> dict[str, int]:
    """What the overview says, in a browser that is new."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = watched(browser, server).open("/")
        names = page.locator(".facts dt").all_inner_texts()
        values = page.locator(".facts dd").all_inner_texts()
        browser.close()
    numbers = ["".join(c for c in value if c.isdigit()) for value in values]
    return {name.strip(): int(number) for name, number in zip(names, numbers, strict=True) if number}


def decided(folder: Path) -> Counter[str]:
    """Decisions of the log."""
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        return Counter(change.action for change in history(lake))


def trial(folder: Path, seconds: float, say: Callable[[str], Any] = print) -> list[str]:
    """Everything that went wrong; empty where nothing did."""
    stop, said = Event(), list[str]()
    people = {"ann": Diary("ann"), "ben": Diary("ben")}
    logs = {person: (folder / f"{person}.log").open("w+") for person in people}
    servers = {person: started(person, folder, said=logs[person].fileno()) for person in people}
    threads = [
        Thread(target=walk, args=(servers[name][0], name, n, stop, diary))
        for n, (name, diary) in enumerate(people.items())
    ]
    threads.append(Thread(target=write, args=(folder, stop, said)))
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    faults = [fault for diary in people.values() for fault in diary.faults] + said[1:]
    wanted = figures(folder)
    for server, process in servers.values():
        if wanted.items() - shown(server).items():
            faults.append(f"the overview says {shown(server)}, the lake {wanted}")
        end(process)
    for log in logs.values():
        log.seek(0)
        faults += [line for line in log if any(word in line for word in WORDS)]
        log.close()
    _tell(folder, people, said[0], wanted, say)
    return faults


def _tell(
    folder: Path, people: dict[str, Diary], audits: str, wanted: dict[str, int], say: Callable[[str], Any]
) -> None:
    for diary in people.values():
        turns = sorted(diary.seconds) or [0.0]
        looked = f"{sum(diary.pages.values())} pages of {len(diary.pages)} kinds"
        speed = f"median {turns[len(turns) // 2]:.1f} s a page, longest {turns[-1]:.1f} s"
        say(f"{diary.person}: {looked}, {diary.decided} decisions, {speed}")
    say(f"{audits} audits written meanwhile; log: {dict(decided(folder))}; at the end: {wanted}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="govern-trial-"))
    build(folder)
    faults = trial(folder, given.seconds)
    shutil.rmtree(folder)
    print("\n".join(faults) or "nothing went wrong")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
