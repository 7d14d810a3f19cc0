"""Where batches are mapped: a pool of threads with a bounded number of batches under way.

Compiled kernels, Arrow and DuckDB release the interpreter lock, so threads are enough. Results are kept in reading
order, whatever order they finish in: two runs give the same partials.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa

from governance.errors import GovernError
from governance.rules.base import Mapper, Setup
from governance.samples import SampleBatch
from governance.spill import Spill

log = logging.getLogger("govern")


@dataclass(frozen=True)
class Mapped:
    """One batch after all mappers: partials by mapper name, CPU seconds by mapper name, what failed and why."""

    batch: SampleBatch
    partials: Mapping[str, pa.Table]
    seconds: Mapping[str, float]
    failures: Mapping[str, str]


@dataclass
class Tally:
    """What a pass over the data counted beside the partials."""

    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def merge(self, other: Tally) -> None:
        """Take in the tally of another pass."""
        for name, seconds in other.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self.failures = other.failures | self.failures

    def add(self, mapped: Mapped) -> None:
        """Take in one batch."""
        for name, seconds in mapped.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        for name, reason in mapped.failures.items():
            self.failures.setdefault(name, reason)


def map_all(
    batches: Iterable[SampleBatch],
    mappers: Sequence[Mapper],
    setup: Setup,
    spills: Mapping[str, Spill],
    *,
    jobs: int,
    seen: Callable[[SampleBatch], None],
) -> Tally:
    """Run every mapper over every batch once and keep the partials.

    Args:
        spills: where the partials of each mapper go, by mapper name.
        jobs: batches mapped at the same time.
        seen: called with each batch, in reading order, after its partials are kept.
    """
    tally = Tally()
    for mapped in _in_order(batches, lambda batch: map_one(batch, mappers, setup), jobs):
        for name, partial in mapped.partials.items():
            spills[name].add(partial)
        tally.add(mapped)
        seen(mapped.batch)
    return tally


def map_one(batch: SampleBatch, mappers: Sequence[Mapper], setup: Setup) -> Mapped:
    """One batch through all mappers. A mapper that fails is a reason, not the end of the audit."""
    partials: dict[str, pa.Table] = {}
    seconds: dict[str, float] = {}
    failures: dict[str, str] = {}
    for mapper in mappers:
        started = time.thread_time()
        try:
            partial = mapper.map(batch, setup)
        except GovernError:
            raise
        except Exception as error:
            log.debug("mapper %s failed", mapper.name, exc_info=error)
            failures[mapper.name] = failure(error)
            continue
        finally:
            seconds[mapper.name] = time.thread_time() - started
        if partial is not None:
            partials[mapper.name] = partial
    return Mapped(batch, partials, seconds, failures)


def failure(error: Exception) -> str:
    """Why something failed, in one line, without text of a row."""
    return f"failed with {type(error).__name__}; run with -v for the place"


def _in_order(
    batches: Iterable[SampleBatch], work: Callable[[SampleBatch], Mapped], jobs: int
) -> Iterator[Mapped]:
    """Results in the order of their batches, at most jobs + 1 batches in memory."""
    if jobs <= 1:
        yield from map(work, batches)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="map")
    waiting: deque[Future[Mapped]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
