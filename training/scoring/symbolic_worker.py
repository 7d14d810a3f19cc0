"""The process that compares two mathematical answers, started by `symbolic.py` as a script; it imports nothing of ours.

A line of JSON comes in, {"gold", "given", "seconds"}; a line goes out, {"equal"}. It runs in its own process since the
comparison may take for ever or all the memory, and the libraries' own time limit is a signal, which only the main
thread of a program may set. Here the time limit ends the process; whoever asked sees the pipe close.
"""

from __future__ import annotations

import json
import logging
import resource
import signal
import sys
from typing import Any

MEMORY = 4 << 30
"""Bytes of address space; sympy and its grammars take half a gigabyte of it."""


def main() -> None:
    """Answer until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable(logging.CRITICAL)
    try:
        import math_verify
    except ImportError:
        _say({"missing": "math-verify"})
        return
    _say({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = _equal(math_verify, request["gold"], request["given"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        _say({"equal": answer})


def _equal(library: Any, gold: str, given: str) -> bool:
    """Whether both mean the same; only LaTeX is read, never Python's own expressions, which would be evaluated."""
    config = [library.LatexExtractionConfig(boxed_match_priority=0)]
    try:
        wanted, found = (
            library.parse(f"$\\boxed{{{text}}}$", config, parsing_timeout=None) for text in (gold, given)
        )
        return bool(library.verify(wanted, found, timeout_seconds=None))
    except (Exception, MemoryError, RecursionError):  # noqa: BLE001 - what cannot be read equals nothing
        return False


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
