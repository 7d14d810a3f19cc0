"""The members of a dataset with the user's own columns: redacted, each with its own question, weighted where asked."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from governance.curation.inputs import KeptVersion
from governance.curation.redact import Redaction, redacted
from governance.errors import LakeDamaged, UsageError
from governance.lake.canonical import canonical_json
from governance.members import PARTS
from governance.readers.kept import JSON

WEIGHT = "weight"


@dataclass(frozen=True)
class MemberRows:
    """The members of one dataset with the user's own columns, redacted where the split says so."""

    data: KeptVersion
    members: pa.Table
    how: Redaction
    with_weights: bool
    file_name: str

    @property
    def json(self) -> bool:
        """Whether rows are the text of JSON records."""
        return self.data.reading.json

    def schema(self) -> pa.Schema | None:
        """The columns of the files; None where JSON records have no common types."""
        if not self.json:
            schema = self.data.version.schema
            return _weighted(schema, self.with_weights) if schema is not None else None
        found: list[pa.Schema] = []
        try:
            for _, _, table in self.parts():
                found.append(inferred(table))
            return pa.unify_schemas(found, promote_options="default")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return None

    def parts(self) -> Iterator[tuple[str, pa.Table, pa.Table]]:
        """(part, members, rows) for each stretch of rows, in order."""
        numbers = self.members.column("row").to_numpy()
        for batch in self.data.batches():
            low, high = np.searchsorted(numbers, [batch.rows[0], batch.rows[-1] + 1])
            if low == high or batch.original is None:
                continue
            own = self.members.slice(low, high - low)
            at = np.searchsorted(batch.rows, numbers[low:high])
            rows = self._changed(batch.original.take(pa.array(at)), own)
            for part in PARTS:
                mask = pc.equal(own.column("part"), part)
                mine = own.filter(mask)
                if mine.num_rows:
                    yield part, mine, rows.filter(mask)

    def _changed(self, rows: pa.Table, members: pa.Table) -> pa.Table:
        numbers = members.column("row").to_numpy()
        questions = self.data.questions[np.searchsorted(self.data.rows, numbers)]
        rows = self._redacted(rows, members, questions)
        if self.data.reading.plan.nested is not None:
            rows = _alone(rows, self.data.reading.plan.nested, questions, self.json)
        return _with_weight(rows, members.column("weight"), self.json) if self.with_weights else rows

    def _redacted(self, rows: pa.Table, members: pa.Table, questions: np.ndarray) -> pa.Table:
        said = members.column("redacted")
        at = np.flatnonzero(said.is_valid().to_numpy())
        if not len(at):
            return rows
        found = redacted(rows.take(pa.array(at)), questions[at], self.data.reading, self.how)
        if [canonical_json(turns) for turns in found.conversations] != said.take(pa.array(at)).to_pylist():
            raise LakeDamaged(
                f"rows of {self.data.reference} are not redacted as they were when the split was made",
                where=self.data.lake.display,
                hint="export with the version of govern that made the split, or curate again",
            )
        order = np.arange(rows.num_rows)
        order[at] = rows.num_rows + np.arange(len(at))
        return pa.concat_tables([rows, found.rows]).take(pa.array(order))


def _alone(rows: pa.Table, nested: str, questions: np.ndarray, is_json: bool) -> pa.Table:
    """Rows of records with several questions: each with its own question only, so that it reads as one row."""
    places = questions.tolist()
    if is_json:
        texts = [
            _one_question(json.loads(t), nested, p)
            for t, p in zip(rows.column(JSON).to_pylist(), places, strict=True)
        ]
        lines = [json.dumps(record, ensure_ascii=False) for record in texts]
        return pa.table({JSON: pa.array(lines, rows.schema.field(JSON).type)})
    at = rows.schema.get_field_index(nested)
    values = [
        _one_question({nested: v}, nested, p)[nested]
        for v, p in zip(rows.column(nested).to_pylist(), places, strict=True)
    ]
    return rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type))


def _one_question(record: dict[str, Any], nested: str, place: int) -> dict[str, Any]:
    questions = record.get(nested)
    if isinstance(questions, list) and place < len(questions):
        record[nested] = [questions[place]]
    return record


def _weighted(schema: pa.Schema, wanted: bool) -> pa.Schema:
    if not wanted:
        return schema
    if WEIGHT in schema.names:
        raise _taken_name()
    return schema.append(pa.field(WEIGHT, pa.float64()))


def _with_weight(rows: pa.Table, weights: pa.ChunkedArray, is_json: bool) -> pa.Table:
    if not is_json:
        return rows.append_column(WEIGHT, weights)
    lines = []
    for text, weight in zip(rows.column(JSON).to_pylist(), weights.to_pylist(), strict=True):
        record = json.loads(text)
        if WEIGHT in record:
            raise _taken_name()
        lines.append(json.dumps({**record, WEIGHT: weight}, ensure_ascii=False))
    return pa.table({JSON: pa.array(lines, rows.schema.field(JSON).type)})


def _taken_name() -> UsageError:
    return UsageError(
        f"the data have a column {WEIGHT!r} of their own",
        where="--with-weights",
        hint="leave out --with-weights",
    )


def inferred(rows: pa.Table) -> pa.Schema:
    """The columns of JSON records. Text stays text: Arrow would make times of what looks like one."""
    return pa.schema([f.with_type(_plain(f.type)) for f in _read_json(rows, None).schema])


def parsed_as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """JSON records as columns of the schema."""
    return _read_json(rows, schema).select(schema.names).cast(schema)


def _read_json(rows: pa.Table, schema: pa.Schema | None) -> pa.Table:
    data = "\n".join(rows.column(JSON).to_pylist()).encode()
    read = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error" if schema else "infer")
    table = pj.read_json(io.BytesIO(data), read_options=read, parse_options=parse)
    if table.num_rows != rows.num_rows:
        raise pa.ArrowInvalid("records and rows differ in number")
    return table


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_date(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([f.with_type(_plain(f.type)) for f in kind])
    return kind
