"""Dashboards as processes of their own, as people start them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY


@dataclass
class Server:
    """A running dashboard."""

    url: str
    folder: Path


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(
    person: str, folder: Path, *options: str, port: int = 0, said: int = subprocess.DEVNULL
) -> tuple[Server, subprocess.Popen[str]]:
    """The dashboard of a folder as a person opens it; `said` is where its standard error goes."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "ui", "--no-browser", "--port", str(port), *options],
        cwd=folder,
        env={**os.environ, "GOVERN_USER": person, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=said,
        text=True,
    )
    wait_for(f"http://127.0.0.1:{port}/healthz", process)
    return Server(f"http://127.0.0.1:{port}", folder), process


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Waits until something answers there; a minute at most."""
    for _ in range(600):
        assert process.poll() is None, "the dashboard ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the dashboard does not answer")


def end(process: subprocess.Popen[str]) -> None:
    """Ends a dashboard."""
    process.terminate()
    process.wait(60)
