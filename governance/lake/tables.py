"""The tables of the lake, declared once; `CREATE TABLE` and the check before every write are made from these.

Rows that belong together carry the identity of their owner (`version_id`, `run`, `suite_id`, `batch_id`),
which is known before the commit, so that large Parquet files are written outside the writer lock. Numbers
that only the lock can give (version numbers, event numbers) stand in small tables alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from governance.benchmarks.items import ITEMS
from governance.curation.record import EXCLUSION, MEMBER
from governance.detectors.drift.profiles import PROFILE
from governance.embedding.store import EMBEDDING
from governance.errors import LakeError
from governance.evaluations import EVALUATION_ITEM
from governance.findings import EVIDENCE, FINDINGS, SUPPRESSIONS
from governance.label_records import LABEL_REWARD, LABEL_WEIGHT, LABEL_WINDOW, STAGE
from governance.lake.sql import identifier
from governance.samples import SAMPLE_ID
from governance.text.signatures import EDGES as EDGE
from governance.text.signatures import SIGNATURES as SIGNATURE
from governance.trainings import BATCHES, CHECKPOINTS, EXCLUSIONS, SAMPLES, STEPS, WEIGHTS

FORMAT = 1
"""Version of this layout. A lake of a higher one is not opened."""

TEXT, INT, LONG = pa.string(), pa.int32(), pa.int64()


@dataclass(frozen=True)
class Table:
    """One table: its name, its columns, and how they are written.

    Attributes:
        filtered: columns that queries select by. Only these get statistics: DuckLake keeps the lowest and
        highest
            value of a column in its catalog for good, and texts of rows have no business there.
        random: binary columns that no codec shrinks (hashes, MinHash values); stored as they are.
        keep_types: the files carry the Arrow schema, so that Arrow reads back the very types it wrote.
    """

    name: str
    schema: pa.Schema
    filtered: tuple[str, ...] = ()
    random: tuple[str, ...] = ()
    keep_types: bool = False
    later: bool = (
        False  # lakes made before there was such a table do without, until something is to be kept in it
    )

    def create(self) -> str:
        """The statement that makes the table, where it is not there yet."""
        columns = ", ".join(
            f"{identifier(f.name)} {sql_type(f.type)}{'' if f.nullable else ' NOT NULL'}" for f in self.schema
        )
        return f"CREATE TABLE IF NOT EXISTS lake.{identifier(self.name)} ({columns})"

    def conform(self, rows: pa.Table) -> pa.Table:
        """The rows with exactly this table's columns and types.

        DuckLake takes NULL in NOT NULL columns from a registered file without a word, so it is looked for
        here.
        """
        missing = [n for n in self.schema.names if n not in rows.column_names]
        if missing:
            raise LakeError(f"table {self.name} was given no column {', '.join(missing)}")
        for field in self.schema:
            if not field.nullable and rows.column(field.name).null_count:
                raise LakeError(f"column {field.name} of table {self.name} may not hold nulls")
        try:
            return rows.select(self.schema.names).cast(self.schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
            raise LakeError(f"table {self.name} was given a column of another type: {error}") from error


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type."""
    names = {
        pa.string(): "VARCHAR",
        pa.large_string(): "VARCHAR",
        pa.int32(): "INTEGER",
        pa.int64(): "BIGINT",
        pa.float64(): "DOUBLE",
        pa.large_binary(): "BLOB",
    }
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_fixed_size_binary(kind):
        return "BLOB"
    return names[kind]


def columns(**types: pa.DataType) -> pa.Schema:
    """A schema of columns that may not be null."""
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in types.items()])


def names(schema: pa.Schema) -> str:
    """The schema's columns as a SELECT list."""
    return ", ".join(identifier(name) for name in schema.names)


def owned(owner: str, schema: pa.Schema) -> pa.Schema:
    """The schema after two columns: who owns the row, and its place in the owner's order."""
    return pa.schema([pa.field(owner, TEXT, False), pa.field("position", LONG, False), *schema])


def with_owner(owner: str, value: str, rows: pa.Table, first: int = 0) -> pa.Table:
    """The rows with the two columns of `owned`."""
    places = pa.array(np.arange(first, first + rows.num_rows, dtype=np.int64))
    owners = pa.repeat(pa.scalar(value, TEXT), rows.num_rows)
    return rows.add_column(0, "position", places).add_column(0, owner, owners)


ENTRY = pa.schema(
    [
        pa.field("row", LONG, False),
        pa.field("file", INT, False),
        pa.field("line", LONG, False),
        pa.field("sample_id", SAMPLE_ID, False),
        pa.field("row_id", TEXT),
        pa.field("source", TEXT),
        pa.field("licence", TEXT),
        pa.field("label", TEXT),
    ]
)
"""One row of a dataset version, as `datasets.entries` gives it back."""

LAKE_INFO = Table("lake_info", columns(format=INT, program=TEXT, created_at=TEXT))
DATASET_VERSIONS = Table(
    "dataset_versions",
    pa.schema(
        [
            *columns(version_id=TEXT, name=TEXT, version=INT, seq=LONG, identity=TEXT, content_hash=TEXT),
            pa.field("parent", INT),
            *columns(rows=LONG, kind=TEXT, created_at=TEXT, created_by=TEXT),
            *columns(licence=TEXT, source=TEXT, label=TEXT),
            *columns(record=TEXT),  # JSON of the DatasetRecord: uri, files, columns, notes, counts
            pa.field("row_schema", TEXT),  # base64 of the kept rows' Arrow schema; null where none are kept
        ]
    ),
    ("name", "seq"),
)
ENTRIES = Table(
    "entries", pa.schema([pa.field("version_id", TEXT, False), *ENTRY]), ("version_id",), ("sample_id",)
)
AUDITS = Table(
    "audits",
    columns(
        run=TEXT,
        seq=LONG,
        started=TEXT,
        finished=TEXT,
        verdict=TEXT,
        user=TEXT,
        govern=TEXT,
        findings=LONG,
        evidence=LONG,
        report=TEXT,  # JSON of every part of the report but the two tables
    ),
    ("run", "seq"),
)
AUDIT_DATASETS = Table(
    "audit_datasets",
    columns(run=TEXT, position=LONG, name=TEXT, version=INT, version_id=TEXT, content_hash=TEXT, rows=LONG),
    ("run", "name"),
)
AUDIT_RULES = Table(
    "audit_rules",
    columns(
        run=TEXT, position=LONG, id=TEXT, severity=TEXT, state=TEXT, reason=TEXT, findings=LONG, rows=LONG
    ),
    ("run",),
)
AUDIT_FINDINGS = Table("findings", owned("run", FINDINGS), ("run",))
AUDIT_EVIDENCE = Table("evidence", owned("run", EVIDENCE), ("run",))
AUDIT_SUPPRESSIONS = Table("suppressions", owned("run", SUPPRESSIONS), ("run",))
SUITES = Table(
    "suites",
    columns(
        suite_id=TEXT,
        name=TEXT,
        version=INT,
        seq=LONG,
        content_hash=TEXT,
        uri=TEXT,
        items=LONG,
        notes=TEXT,
        created_at=TEXT,
        created_by=TEXT,
    ),
    ("name", "seq"),
)
SUITE_ITEMS = Table("suite_items", owned("suite_id", ITEMS), ("suite_id",))
SIGNATURE_BATCHES = Table(
    "signature_batches",
    columns(batch_id=TEXT, dataset=TEXT, params=TEXT, seq=LONG, signatures=LONG, edges=LONG),
    ("batch_id", "dataset"),
)
SIGNATURES = Table(
    "signatures",
    pa.schema([pa.field("batch_id", TEXT, False), *SIGNATURE]),
    ("batch_id",),
    ("sample_id", "minhash", "sets"),
)
EDGES = Table("edges", pa.schema([pa.field("batch_id", TEXT, False), *EDGE]), ("batch_id",), ("a", "b"))
EMBEDDING_BATCHES = Table(
    "embedding_batches",
    columns(batch_id=TEXT, dataset=TEXT, model=TEXT, seq=LONG, vectors=LONG),
    ("batch_id", "dataset", "model"),
    later=True,
)
EMBEDDINGS = Table(
    "embeddings",
    pa.schema([pa.field("batch_id", TEXT, False), *EMBEDDING]),
    ("batch_id",),
    ("sample_id", "question", "answer"),
    later=True,
)
DATASET_PROFILES = Table(
    "dataset_profiles",
    pa.schema([pa.field("version_id", TEXT, False), *PROFILE]),
    ("version_id",),
    later=True,
)
SPLITS = Table(
    "splits",
    columns(
        split_id=TEXT,
        name=TEXT,
        version=INT,
        seq=LONG,
        content_hash=TEXT,
        rows=LONG,
        train=LONG,
        holdout=LONG,
        created_at=TEXT,
        created_by=TEXT,
        record=TEXT,  # JSON of the SplitRecord: inputs, policy, funnel, redactions, licences, notes
    ),
    ("name", "seq"),
    later=True,
)
SPLIT_MEMBERS = Table("split_members", owned("split_id", MEMBER), ("split_id",), later=True)
SPLIT_EXCLUSIONS = Table("split_exclusions", owned("split_id", EXCLUSION), ("split_id",), later=True)


def of_run(name: str, schema: pa.Schema) -> Table:
    """A table whose rows belong to a training run."""
    return Table(name, pa.schema([pa.field("run", TEXT, False), *schema]), ("run",), later=True)


TRAININGS = Table(
    "trainings",
    columns(
        run=TEXT,
        seq=LONG,
        kind=TEXT,
        state=TEXT,
        started=TEXT,
        finished=TEXT,
        user=TEXT,
        split=TEXT,
        split_hash=TEXT,
        model=TEXT,
        model_hash=TEXT,
        record=TEXT,  # JSON of the TrainingRecord
    ),
    ("run", "seq"),
    later=True,
)
TRAINING_SAMPLES = of_run("training_samples", SAMPLES)
TRAINING_EXCLUSIONS = of_run("training_exclusions", EXCLUSIONS)
TRAINING_STEPS = of_run("training_steps", STEPS)
TRAINING_BATCHES = of_run("training_batches", BATCHES)
TRAINING_CHECKPOINTS = of_run("training_checkpoints", CHECKPOINTS)
TRAINING_WEIGHTS = of_run("training_weights", WEIGHTS)
LABEL_WEIGHTS = of_run("label_weights", LABEL_WEIGHT)
LABEL_REWARDS = of_run("label_rewards", LABEL_REWARD)
LABEL_WINDOWS = of_run("label_windows", LABEL_WINDOW)
STAGES = Table(
    "stages",
    pa.schema([pa.field("plan", TEXT, False), pa.field("seq", LONG, False), *STAGE]),
    ("plan",),
    later=True,
)
EVALUATIONS = Table(
    "evaluations",
    pa.schema(
        [
            *columns(evaluation=TEXT, seq=LONG, model=TEXT, model_hash=TEXT, suite=TEXT, suite_hash=TEXT),
            pa.field("run", TEXT, False),  # the training run whose checkpoint the model is; empty where none
            pa.field("step", LONG),
            *columns(state=TEXT, items=LONG),
            pa.field(
                "official", pa.float64()
            ),  # means over the scored items; null where there is no such score
            pa.field("strict", pa.float64()),
            pa.field("choice", pa.float64()),
            *columns(started=TEXT, finished=TEXT, user=TEXT),
            *columns(record=TEXT),  # JSON of the Evaluation
        ]
    ),
    ("evaluation", "suite", "run"),
    later=True,
)
EVALUATION_ITEMS = Table(
    "evaluation_items", owned("evaluation", EVALUATION_ITEM), ("evaluation", "item"), later=True
)
PROPOSALS = Table(
    "proposals",
    columns(
        proposal=TEXT,
        seq=LONG,
        kind=TEXT,
        split=TEXT,  # the name of the splits it is meant for; empty for all
        created_at=TEXT,
        created_by=TEXT,
        record=TEXT,  # JSON of the governance.proposals.model.Proposal
    ),
    ("proposal", "seq"),
    later=True,
)
REMOVALS = Table(
    "removals", columns(kind=TEXT, id=TEXT, subject=TEXT, seq=LONG, at=TEXT, actor=TEXT), ("id",)
)
EVENTS = Table(
    "events",
    columns(
        seq=LONG, at=TEXT, actor=TEXT, action=TEXT, subject=TEXT, details=TEXT, prev_hash=TEXT, hash=TEXT
    ),
    ("seq",),
)
LEDGER = Table(
    "ledger",
    columns(
        key=TEXT, seq=LONG, event_hash=TEXT, table_name=TEXT, path=TEXT, sha256=TEXT, bytes=LONG, rows=LONG
    ),
    ("key", "seq"),
)

TABLES: tuple[Table, ...] = (
    LAKE_INFO,
    DATASET_VERSIONS,
    ENTRIES,
    AUDITS,
    AUDIT_DATASETS,
    AUDIT_RULES,
    AUDIT_FINDINGS,
    AUDIT_EVIDENCE,
    AUDIT_SUPPRESSIONS,
    SUITES,
    SUITE_ITEMS,
    SIGNATURE_BATCHES,
    SIGNATURES,
    EDGES,
    EMBEDDING_BATCHES,
    EMBEDDINGS,
    DATASET_PROFILES,
    SPLITS,
    SPLIT_MEMBERS,
    SPLIT_EXCLUSIONS,
    TRAININGS,
    TRAINING_SAMPLES,
    TRAINING_EXCLUSIONS,
    TRAINING_STEPS,
    TRAINING_BATCHES,
    TRAINING_CHECKPOINTS,
    TRAINING_WEIGHTS,
    LABEL_WEIGHTS,
    LABEL_REWARDS,
    LABEL_WINDOWS,
    STAGES,
    EVALUATIONS,
    EVALUATION_ITEMS,
    PROPOSALS,
    REMOVALS,
    EVENTS,
    LEDGER,
)


def table_of(schema: pa.Schema, rows: list[dict[str, object]]) -> pa.Table:
    """A table of the schema from a few rows given as mappings."""
    return pa.Table.from_pylist(rows, schema=schema)
