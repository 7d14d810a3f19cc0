r"""Whether two mathematical answers mean the same: `\frac{1}{2}` and `0.5`, `p - q` and `-q + p`.

What is plainly equal, or two plain numbers, is decided here. The rest goes to one process of math-verify, within a time
limit: any thread may ask, a question that takes too long ends that process, and the next one starts another.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from governance.errors import UsageError
from training.scoring.numbers import same_number, value_of

SECONDS = 5.0
"""Of one comparison. All 500 gold answers of MATH-500 take 0.1 s or less."""
LONGEST = 1000
"""Characters of an answer that is compared; a longer one is no final answer."""

DEEPEST = 12
"""Braces within braces of an answer that is compared; those of MATH-500 have 4."""

_WRAP = re.compile(r"\\(?:text|textbf|mathrm|mbox)\s?\{([^{}]*)\}")
_SPACING = re.compile(r"(?<!\\)\\[,;:! ]|\\(?:left|right|displaystyle)(?![A-Za-z])|[\s$]+")
_FRACTION = re.compile(r"(-?)\\[dt]?frac\{?(\d{1,9})\}?\{?(\d{1,9})\}?")
_DIGITS = re.compile(r"[\d.]+")
_WORDS = re.compile(r"[^\W\d_]{3,}(?:[,-][^\W\d_]+)*")


def same_expression(gold: str, given: str, seconds: float = SECONDS) -> bool | None:
    """Whether an answer equals the gold; None where the time ran out.

    Raises:
        UsageError: math-verify is not installed, and the answers are not plainly equal or different.
    """
    if max(len(gold), len(given)) > LONGEST:
        return False
    decided = _plainly(plain(gold), plain(given))
    if decided is not None:
        return decided
    return _asked(gold, given, seconds) if _readable(given) else False


def _plainly(gold: str, given: str) -> bool | None:
    """Whether two plain answers are equal where that can be seen; None where it takes mathematics."""
    if gold == given or not gold or not given:
        return gold == given != ""
    wanted, found = _number(gold), _number(given)
    if value_of(wanted) is not None and value_of(found) is not None:
        return same_number(wanted, found)
    if value_of(wanted) is not None and _DIGITS.fullmatch(found):  # `1.2.0` is no number, nor two
        return False
    if _WORDS.fullmatch(gold):  # a name or a word, which mathematics would take apart
        return gold.casefold() == given.casefold()
    return None


def plain(text: str) -> str:
    """An answer without wrappers, spacing commands, dollars, blanks and the full stop at its end."""
    return _SPACING.sub("", _WRAP.sub(r"\1", text.replace("\\%", "%").replace("\\$", ""))).rstrip(".。")


def _readable(text: str) -> bool:
    """Whether the braces are closed and not deeper than an answer's are; parsers take very long over others."""
    depth = deepest = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
        if depth < 0:
            return False
    return depth == 0 and deepest <= DEEPEST


def _number(text: str) -> str:
    r"""`-3/4` of `-\frac{3}{4}`, `1,000` of `1{,}000`, else the text."""
    match = _FRACTION.fullmatch(text)
    return f"{match[1]}{match[2]}/{match[3]}" if match else text.replace("{,}", ",")


class _Comparer:
    """The one process that compares, and who may talk to it: one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[str] | None = None
        self.owner = 0

    def ask(self, gold: str, given: str, seconds: float) -> bool | None:
        """The answer, or None where the process ended before it gave one."""
        with self.lock:
            process = self._started()
            request = {"gold": gold, "given": given, "seconds": seconds}
            reply = _exchange(process, json.dumps(request))
            if reply is None:
                self.stop()
                return None
            return bool(reply["equal"])

    def stop(self) -> None:
        """End the process, if it is this program's own."""
        process, self.process = self.process, None
        if process is not None and self.owner == os.getpid():
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[str]:
        if self.process is not None and self.owner != os.getpid():  # a fork: the pipes are the parent's
            self.process = None
        if self.process is None:
            self.process, self.owner = _start(), os.getpid()
        return self.process


def _start() -> subprocess.Popen[str]:
    script = Path(__file__).with_name("symbolic_worker.py")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV_")} | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-I", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    reply = _read(process)
    if reply is None or "missing" in reply:
        process.kill()
        process.communicate()
        raise UsageError(
            "mathematical answers cannot be compared",
            where="math-verify is not installed" if reply else "the comparing process did not start",
            hint="pip install 'govern[train]'",
        )
    return process


def _exchange(process: subprocess.Popen[str], line: str) -> dict[str, Any] | None:
    assert process.stdin is not None  # noqa: S101 - opened above
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except OSError:
        return None
    return _read(process)


def _read(process: subprocess.Popen[str]) -> dict[str, Any] | None:
    assert process.stdout is not None  # noqa: S101 - opened above
    line = process.stdout.readline()
    reply: dict[str, Any] | None = json.loads(line) if line.endswith("\n") else None
    return reply


_COMPARER = _Comparer()
atexit.register(_COMPARER.stop)


@lru_cache(maxsize=20_000)
def _asked(gold: str, given: str, seconds: float) -> bool | None:
    return _COMPARER.ask(gold, given, seconds)
