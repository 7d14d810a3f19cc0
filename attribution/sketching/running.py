"""A recorded training run, done once more with sketches, and what they say kept in the lake: a ranking.

The attribution's record says `mode: sketch`. Its contributions are scores, to be put in order and not to be added up;
its balances account for nothing, so that whoever reads them, with coverage 0, shows ranks only. The index over samples
lies beside the run's model, which later questions need too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from attribution.entries import MODE, SKETCH
from attribution.ledger.rows import balances, contribution_tables
from attribution.sketching.index import build, need_faiss, save, sums
from attribution.sketching.settling import intervals
from attribution.sketching.sketcher import Sketcher, SketchSettings
from attribution.tracing.keeping import Progress, Say, probes_for, samples_of, silent
from attribution.tracing.rerun import TraceRequest, difference, repeatable, request_of
from governance.lake.contributions import AttributionRecord, Ledger, StoredAttribution, commit_attribution
from training.runs.run import SAMPLES as SAMPLES_FILE
from training.runs.run import new_run_id

if TYPE_CHECKING:
    from governance.lake import Lake
    from governance.trainings import TrainingRecord

FOLDER = "sketches"
NOTHING = ("attributed", "weight_decay", "carried")


@dataclass(frozen=True)
class Sketched:
    """A sketched attribution.

    Attributes:
        folder: where its index is.
        kept: bytes there.
        difference: largest difference of a step's loss from the one on record, nats; None where the numbers of steps
            differ.
    """

    stored: StoredAttribution
    folder: Path
    kept: int
    difference: float | None
    notes: tuple[str, ...]


def sketch(
    lake: Lake,
    request: TraceRequest,
    settings: SketchSettings,
    say: Say = silent,
    progress: Progress = silent,
) -> Sketched:
    """The run repeated with sketches; its ranking is in the lake, and its index beside the run's model.

    Raises:
        UsageError: the run cannot be repeated, no item can be asked, or FAISS is not installed.
        CannotTrace: something of the model or the optimizer cannot be sketched, or the disk does not allow it.
    """
    from training.supervised.sft import train_sft

    need_faiss()
    record, ident = repeatable(lake, request.run), new_run_id()
    with TemporaryDirectory(prefix="govern-sketch-") as scratch, _own(record, ident) as folder:
        again = replace(request_of(lake, record, request, Path(scratch) / "run", progress), fused=False)
        probes = [probes_for(request, suite, again) for suite in request.suites]
        sketcher = Sketcher([p for part in probes for p in part.probes], folder, settings, say=say)
        began = process_time()
        done = train_sft(again, [sketcher])
        ledger = ranking_of(sketcher, samples_of(lake, record.split, done.folder / SAMPLES_FILE))
        save(build(*sums(sketcher.folder, sketcher.projections.layout)), folder)
        sketcher.folder.drop_working_files()
        apart = difference(lake, record.run, done)
        kept = AttributionRecord(
            run=record.run,
            split=record.split,
            split_id=record.split_id,
            model=record.model,
            evaluations=request.evaluations,
            settings={
                **_settings(request, sketcher, folder, apart),
                "items": sum(p.items for p in probes),
                "margins": sum(p.margins for p in probes),
            },
            costs={
                "cpu_seconds": round(process_time() - began, 3),
                "plan": asdict(sketcher.plan) if sketcher.plan else {},
                "kept": sketcher.folder.bytes,
            },
        )
        stored = commit_attribution(lake, ident, kept, ledger)
    notes = (*(note for part in probes for note in part.notes), str(sketcher.covered))
    return Sketched(stored, folder, sketcher.folder.bytes, apart, notes)


def ranking_of(sketcher: Sketcher, samples: pa.Table) -> Ledger:
    """The tables of a sketched run: scores for contributions, and balances in which nothing is accounted for."""
    found = list(intervals(sketcher.folder, sketcher.projections.layout, sketcher.names))
    lines = balances(found, sketcher.names)
    parts = (*NOTHING, "residual")
    change: Any = lines[parts[0]]
    for name in parts[1:]:
        change = pc.add(change, lines[name])
    for name in parts:
        values = change if name == "residual" else pa.array([0.0] * len(lines))
        place = lines.schema.get_field_index(name)
        lines = lines.set_column(place, lines.schema.field(place), values)
    return Ledger(
        samples, pa.concat_tables(contribution_tables(found, sketcher.names, sketcher.samples)), lines
    )


@contextmanager
def _own(record: TrainingRecord, ident: str) -> Iterator[Path]:
    """A folder of the attribution's own beside the run's model; gone again where it fails."""
    folder = Path(record.folder) / FOLDER / ident
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _settings(
    request: TraceRequest, sketcher: Sketcher, folder: Path, difference: float | None
) -> dict[str, Any]:
    settings, about = sketcher.settings, sketcher.folder.about()
    return {
        MODE: SKETCH,
        "meaning": "a ranking, not amounts",
        FOLDER: str(folder.absolute()),
        **{k: v for k, v in asdict(settings).items() if k not in {"refresh", "leave_out"}},
        **{f"refresh_{k}": v for k, v in asdict(settings.refresh).items()},
        "leave_out": list(settings.leave_out),
        "not_covered": about["not_covered"],
        "share_covered": about["share"],
        "numbers": sketcher.projections.size,
        "suites": {s.name: s.content_hash for s in request.suites},
        "parameters": sketcher.covered.scalars,
        "loss_difference": difference,
    }
