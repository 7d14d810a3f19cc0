"""Two processes keep the ledger that one would keep."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.attribution.crew import LOOP, traced, written


@pytest.mark.slow
def test_two_processes_keep_the_ledger_of_one(tmp_path: Path) -> None:
    _two_processes(tmp_path)
    written(traced(LOOP), tmp_path / "alone.npz")

    alone = np.load(tmp_path / "alone.npz")
    for rank in range(2):
        theirs = np.load(tmp_path / f"process-{rank}.npz")
        assert np.abs(theirs["gap"]).max() < 1e-12
        assert np.abs(theirs["forgotten"]).max() > 0
        for name in ("starts", "samples"):
            assert np.array_equal(alone[name], theirs[name])
        for name in ("amounts", "forgotten"):
            assert np.abs(alone[name] - theirs[name]).max() < 1e-9 * np.abs(alone[name]).max()
        largest = np.abs(alone["given"]).max()
        assert np.abs(alone["given"] - theirs["given"]).max() < 1e-4 * largest
        assert np.allclose(alone["scores"], theirs["scores"], rtol=0, atol=1e-3)  # sketches are float32


def _two_processes(folder: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={port}"]
    done = subprocess.run(
        [*launch, "-m", "tests.attribution.crew", str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
