"""The same model in this process and behind a real server that speaks OpenAI's protocol, at temperature 0."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from governance.errors import UsageError
from governance.lake import open_lake
from tests.conftest import REPOSITORY
from training.evaluation.plan import Choice
from training.evaluation.request import EvalRequest, Evaluated, Local, Remote, run

pytestmark = [pytest.mark.shared, pytest.mark.slow]
MODEL = REPOSITORY.parent / "shared" / "models" / "minimind2_small_hf_fp16"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `transformers serve` with the model; skipped where the model or the server is absent."""
    if not MODEL.is_dir():
        pytest.skip(f"the model is not present at {MODEL}")
    for package in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(package)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(MODEL)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--device", "cpu"]
    with log.open("wb") as out:
        server = subprocess.Popen(command, env={**os.environ, **OFFLINE}, stdout=out, stderr=out)
        try:
            _wait(server, f"http://127.0.0.1:{port}/health", log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(30)


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


def evaluated(place: Path, suite: Path, where: Local | Remote) -> Evaluated:
    request = EvalRequest(
        str(MODEL), (str(suite),), Choice(limit=12), max_new_tokens=40, place=where, method="generation"
    )
    with open_lake(str(place)) as lake:
        return run(lake, request)[0]


def test_both_ways_give_the_same_answers_and_scores(served: str, shared_data: Path, tmp_path: Path):
    suite = shared_data / "fineval"
    here = evaluated(tmp_path / "here", suite, Local(batch=5, offline=True))
    there = evaluated(tmp_path / "there", suite, Remote(served, str(MODEL), concurrency=3))

    def seen(found: Evaluated) -> list[tuple[object, ...]]:
        return [
            (r.item, r.state, r.output, r.finish, r.official, r.strict, r.prompt_tokens, r.output_tokens)
            for r in found.results
        ]

    assert 12 == len(here.results)
    assert seen(here) == seen(there)
    assert dict(here.evaluation.scores) == dict(there.evaluation.scores)
    assert 0 < here.evaluation.scores["official"] < 1
    assert here.evaluation.model.hash == there.evaluation.model.hash


def test_a_server_without_log_probabilities_says_so(served: str, shared_data: Path, tmp_path: Path):
    where = Remote(served, str(MODEL), retries=0)
    request = EvalRequest(
        str(MODEL), (str(shared_data / "fineval"),), Choice(limit=2), method="loglik", place=where
    )
    with open_lake(str(tmp_path / "lake")) as lake, pytest.raises(UsageError, match="no log-probabilities"):
        run(lake, request)
