"""What a rule is: metadata, a page, and two functions.

`map` turns one batch into a partial (an Arrow table), `reduce` turns all partials into findings. Partials spill to
disk, so memory does not grow with the rows, and the same two functions serve one thread, a pool or a cluster.
Rules that need the same partial name the same `Mapper`, and the batch is mapped once for all of them.

A rule is a module of this package with a docstring (its page, Markdown) and a constant `RULE`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import pyarrow as pa

from governance.findings import Severity
from governance.samples import SampleBatch

T = TypeVar("T")
Scalar = int | float | str | bool
Value = Scalar | tuple[str, ...]
"""What an option holds: one value, or a list of texts such as names to allow."""


@dataclass(frozen=True)
class Option:
    """One setting of a rule, set by `--set RULE.name=value` or `[rules.RULE]` in the configuration.

    A default that is a tuple makes it a list of texts: `deny = ["a", "b"]` in a file, `--set LIC002.deny=a,b` and
    `GOVERN_RULES_LIC002_DENY=a,b` elsewhere. `choices` then bound each of its texts.
    """

    name: str
    default: Any  # a Value; its type is the option's type
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleInfo:
    """What is said about a rule everywhere: listings, reports, SARIF."""

    id: str
    name: str  # kebab-case, reads as "allow NAME"
    severity: Severity
    summary: str  # one sentence, no trailing full stop
    options: tuple[Option, ...] = ()
    stage: str = "stable"  # preview | stable | deprecated | removed
    needs_eval: bool = False  # can only run against evaluation items (--eval)

    @property
    def family(self) -> str:
        """The three-letter prefix, e.g. DUP."""
        return self.id[:3]


class Partials(Protocol):
    """All tables one mapper produced, in reading order; they may lie on disk."""

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The partials one by one, optionally only some columns."""
        ...

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """All partials as one table (empty with no columns when nothing was mapped)."""
        ...

    @property
    def rows(self) -> int:
        """Total rows over all partials."""
        ...


class NotApplicable(Exception):
    """Raised by a reduction that has nothing to compare with; the rule is listed as not applicable, with the reason."""


@dataclass(frozen=True)
class Mapper:
    """A named map function; equal names are run once per batch. None means nothing to keep from this batch."""

    name: str
    map: Callable[[SampleBatch, Setup], pa.Table | None]


@dataclass(frozen=True)
class RuleResult:
    """What a rule found. Numbers that are not findings (pairs compared, items not searchable) go to `stats`."""

    findings: pa.Table  # FINDINGS
    evidence: pa.Table  # EVIDENCE
    stats: Mapping[str, Any] = field(
        default_factory=dict
    )  # JSON values that follow from data and settings alone
    costs: Mapping[str, Any] = field(default_factory=dict)  # numbers that depend on the cache or the machine


def always(setup: Setup) -> str | None:
    """Nothing is missing."""
    return None


@dataclass(frozen=True)
class Rule:
    """Metadata plus the two functions.

    Attributes:
        available: asked once, before the data are read: why the rule cannot run here, with what to do about it, or
            None. Such a rule is listed as not available; one that was asked for by name makes the audit incomplete.
    """

    info: RuleInfo
    mappers: tuple[Mapper, ...]
    reduce: Callable[[Mapping[str, Partials], Setup], RuleResult]
    available: Callable[[Setup], str | None] = always


@dataclass(frozen=True)
class Setup:
    """What rules are given besides the data: options, evaluation items, a folder for spills.

    Attributes:
        options: per rule id, every option with its value, a `Value`.
        scratch: a folder that is removed after the audit.
        severities: per rule id, the severity in force (policy may change the default).
        items: the evaluation items as `governance.benchmarks.items.ITEMS` table, or None without --eval.
        signatures: the cache of near-duplicate signatures in the lake, or None with --no-cache.
        embeddings: the store of embeddings in the lake (`governance.embedding.store.EmbeddingStore`), or None with
            --no-cache.
        embedder: which sentence-transformers model to use: a name, a folder, or `auto`.
        profiles: the profiles of earlier versions of the data in the lake (`governance.lake.profiles`), or None.
        progress: called with (words, done, total or None) from long reductions.
        representative: which member of a cluster stays: longest | first | source.
        source_order: for `source`: names of sources, best first.
        not_run: the rules that could not run with the reason; only complete when GOV004 reads it.
        waivers: what became of the waivers, a `governance.waivers.use.WaiverUse`; None until the GOV rules read it.
    """

    options: Mapping[str, Mapping[str, Any]]
    scratch: Path
    severities: Mapping[str, Severity] = field(default_factory=dict)
    items: pa.Table | None = None
    signatures: Any = None
    embeddings: Any = None
    embedder: str = "auto"
    profiles: Any = None
    progress: Callable[[str, int, int | None], None] = lambda words, done, total: None
    representative: str = "longest"
    source_order: tuple[str, ...] = ()
    not_run: Mapping[str, str] = field(default_factory=dict)
    waivers: Any = None
    _memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def option(self, rule: str, name: str) -> Any:
        """The value in force of one rule's option."""
        return self.options[rule][name]

    def severity(self, info: RuleInfo) -> Severity:
        """The severity in force of a rule."""
        return self.severities.get(info.id, info.severity)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """The value of `make()`, computed at most once per audit however many rules ask."""
        with self._lock:
            if name not in self._memo:
                self._memo[name] = make()
            return cast("T", self._memo[name])
