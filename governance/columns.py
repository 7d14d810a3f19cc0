"""Which column means what: the names people use, as tables, and a plan of how a row becomes a conversation.

Pure: column names and their kinds in, a `Plan` out. Readers find out the kinds and carry the plan out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from governance.errors import InputError, UnknownColumn


class Kind(StrEnum):
    """What values of a column are, as far as it matters here."""

    TEXT = "text"
    NUMBER = "number"  # also truth values, dates: one word of text
    TURNS = "turns"  # list of {role, content} or {from, value}
    PAIRS = "pairs"  # list of [user, assistant]
    STRINGS = "strings"  # list of texts
    OBJECTS = "objects"  # list of other objects
    OTHER = "other"
    EMPTY = "empty"  # nothing but nulls and empty lists seen so far


class Form(StrEnum):
    """How a part of the conversation is stored."""

    TEXT = "text"
    TURNS = "turns"
    PAIRS = "pairs"


@dataclass(frozen=True)
class Part:
    """One stretch of the conversation.

    Attributes:
        name: what the part is called in listings.
        columns: its columns; several texts are joined by a newline, empty ones left out.
        form: how it is stored.
        role: the role of a text's turn.
    """

    name: str
    columns: tuple[str, ...]
    form: Form = Form.TEXT
    role: str = ""


@dataclass(frozen=True)
class Plan:
    """How a row becomes a sample.

    Attributes:
        parts: the parts of the conversation in order.
        meta: sample field (one of `samples.METADATA`) -> column.
        answered: whether the last part is an answer, so that a row without one is malformed.
        nested: the column whose list of questions makes a row of each, or None.
        unused: columns that are not read.
        present: columns seen in the data; the plan may name others that later rows of JSON could bring.
    """

    parts: tuple[Part, ...]
    meta: Mapping[str, str] = field(default_factory=dict)
    answered: bool = False
    nested: str | None = None
    unused: tuple[str, ...] = ()
    present: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the plan reads, once."""
        names = [name for part in self.parts for name in part.columns]
        return tuple(dict.fromkeys([*names, *self.meta.values()]))

    @property
    def taken(self) -> dict[str, str]:
        """What was taken as what, for the report: {"question": "Question", "row_id": "id"}."""
        found = {}
        for part in self.parts:
            seen = [name for name in part.columns if name in self.present]
            if seen:
                found[part.name] = " + ".join(seen)
        nested = {} if self.nested is None else {"questions": self.nested}
        return nested | found | {name: c for name, c in self.meta.items() if c in self.present}


@dataclass(frozen=True)
class Named:
    """Columns the user named; None means: find out."""

    text: str | None = None
    chat: str | None = None
    row_id: str | None = None
    source: str | None = None
    licence: str | None = None
    label: str | None = None
    group: str | None = None
    time: str | None = None

    @property
    def meta(self) -> dict[str, str]:
        """Sample field -> column, of those that were named."""
        names = ("row_id", "source", "licence", "label", "group", "time")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


CHAT = ("messages", "conversations", "conversation", "dialogue", "dialog", "chat")
SYSTEM = ("system", "system_prompt")
HISTORY = ("history",)
TEXT = ("text", "content", "document", "body", "passage", "article")
NESTED = ("questions", "qas", "qa_pairs")
META = {
    "row_id": ("id", "row_id", "uid", "uuid", "_id", "example_id", "question_id", "prompt_id"),
    "source": ("source", "data_source", "origin", "dataset"),
    "licence": ("licence", "license"),
    "label": ("label", "category", "task", "task_type", "subject", "topic"),
    "split": ("split", "partition", "fold"),
    "group": ("group", "group_id", "document_id", "doc_id", "conversation_id", "dialogue_id", "session_id"),
    "time": ("timestamp", "created_at", "published_at", "date", "time", "create_time", "publish_date"),
    "revision": ("revision", "source_revision", "commit", "commit_sha", "snapshot"),
    "checksum": ("sha256", "content_hash", "checksum", "md5", "sha1"),
    "generator": ("generator", "generated_by", "teacher_model", "teacher", "model", "model_name"),
    "synthetic": ("synthetic", "is_synthetic", "machine_generated"),
    "ignored": ("govern_ignore",),
}


@dataclass(frozen=True)
class Shape:
    """A question column and an answer column that go together, with what may stand around the question."""

    question: tuple[str, ...]
    answer: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


CONTEXT = ("context", "passage", "background")
SHAPES = (
    Shape(
        ("instruction",), ("output", "response", "answer", "completion", "chosen"), after=("input", "context")
    ),
    Shape(
        ("prompt", "query", "user", "human"),
        (
            "response",
            "completion",
            "chosen",
            "output",
            "answer",
            "ground_truth",
            "target",
            "assistant",
            "reply",
        ),
        before=CONTEXT,
    ),
    Shape(
        ("question", "problem"),
        ("solution", "answer", "response", "output", "answers", "completion", "chosen", "ground_truth"),
        before=CONTEXT,
    ),
    Shape(("input",), ("output", "target", "response", "completion", "answer")),
)
OPTIONAL = (*SYSTEM[:1], *HISTORY, "input", "context", *(names[0] for names in META.values()))
"""Columns a row of JSON may have although no row seen so far had them."""

WORDS = frozenset({Kind.TEXT, Kind.NUMBER, Kind.STRINGS})
PIECES = WORDS | {Kind.TURNS}


def with_optional(columns: Mapping[str, Kind]) -> dict[str, Kind]:
    """The columns of a file without a schema, and those that rows not yet seen may bring."""
    return dict(columns) | {name: Kind.EMPTY for name in OPTIONAL if name not in columns}


def recognise(columns: Mapping[str, Kind], named: Named, *, where: str, present: Iterable[str] = ()) -> Plan:
    """The plan for these columns.

    Args:
        columns: name -> kind, in the order of the data.
        named: columns the user named, which win.
        where: the file, for errors.
        present: the columns really seen, where `columns` lists possible ones too.

    Raises:
        UnknownColumn: a named column is not there.
        InputError: nothing can be taken for text, or a named column cannot hold what it was named for.
    """
    seen = frozenset(present) or frozenset(columns)
    for name in (named.text, named.chat, *named.meta.values()):
        if name is not None and name not in columns:
            raise UnknownColumn.among(name, sorted(seen), where=where)
    plan = _named(columns, named, where) or _chat(columns) or _pair(columns) or _nested(columns)
    plan = plan or _text(columns) or _question(columns)
    if plan is None:
        hint = "name the column with --text-column or --chat-column"
        listed = ", ".join(repr(name) for name in sorted(seen)[:20]) or "none"
        raise InputError(f"no column was recognised as text; columns are: {listed}", where=where, hint=hint)
    plan = plan if plan.nested else replace(plan, meta=_meta(columns, named, plan))
    read = {*plan.columns, plan.nested, *(NESTED_READ if plan.nested else ())}
    return replace(plan, present=seen | plan_only(plan), unused=tuple(n for n in columns if n in seen - read))


NESTED_READ = frozenset({"table", "paragraphs", "context", "id", "source", "license", "licence", "label"})


def plan_only(plan: Plan) -> frozenset[str]:
    """Columns that only exist after nested questions were laid out."""
    return frozenset({"context", "question", "answer", "id"}) if plan.nested else frozenset()


def find(columns: Mapping[str, Kind], names: Iterable[str], kinds: frozenset[Kind]) -> str | None:
    """The first of the names, in any case, whose column has one of the kinds; else the first empty one."""
    lowered = {name.lower(): name for name in reversed(list(columns))}
    there = [lowered[name] for name in names if name in lowered]
    full = [name for name in there if columns[name] in kinds]
    return next(iter(full or [name for name in there if columns[name] is Kind.EMPTY]), None)


def _named(columns: Mapping[str, Kind], named: Named, where: str) -> Plan | None:
    """The plan of a column the user named for text or chat."""
    if named.chat is not None:
        if columns[named.chat] not in {Kind.TURNS, Kind.TEXT, Kind.EMPTY}:
            what = f"column {named.chat!r} holds {columns[named.chat]}, not a list of turns"
            raise InputError(what, where=where, hint="a plain text column is named with --text-column")
        return Plan((*_system(columns, named.chat), Part("chat", (named.chat,), Form.TURNS)))
    if named.text is not None:
        if columns[named.text] is Kind.TURNS:
            return Plan((*_system(columns, named.text), Part("chat", (named.text,), Form.TURNS)))
        return Plan((Part("text", (named.text,), role="text"),))
    return None


def _chat(columns: Mapping[str, Kind]) -> Plan | None:
    column = find(columns, CHAT, frozenset({Kind.TURNS}))
    if column is None or columns[column] is not Kind.TURNS:
        return None
    return Plan((*_system(columns, column), Part("chat", (column,), Form.TURNS)))


def _pair(columns: Mapping[str, Kind]) -> Plan | None:
    """A question and an answer, by the first shape that has both."""
    for shape in SHAPES:
        question = find(columns, shape.question, PIECES)
        answer = find(columns, shape.answer, PIECES)
        if question is None or answer is None or columns[question] is Kind.EMPTY:
            continue
        if columns[answer] is Kind.TURNS and columns[question] is not Kind.TURNS:
            # UltraFeedback keeps the prompt a second time inside `chosen`.
            return Plan((*_system(columns, answer), Part("chat", (answer,), Form.TURNS)))
        last = _piece("answer", columns, (answer,), "assistant")
        opening = (*_system(columns, question), *_history(columns))
        return Plan((*opening, _asked(columns, shape, question), last), answered=last.form is Form.TEXT)
    return None


def _asked(columns: Mapping[str, Kind], shape: Shape, question: str) -> Part:
    """The user's turn: the question with its context before it, or its input after it."""
    if columns[question] is Kind.TURNS:
        return Part("question", (question,), Form.TURNS)
    before = find(columns, shape.before, WORDS)
    after = find(columns, shape.after, WORDS)
    return Part("question", tuple(c for c in (before, question, after) if c is not None), role="user")


def _nested(columns: Mapping[str, Kind]) -> Plan | None:
    """A list of questions about one context: each becomes a row of its own."""
    column = find(columns, NESTED, frozenset({Kind.OBJECTS}))
    if column is None or columns[column] is not Kind.OBJECTS:
        return None
    parts = (
        Part("question", ("context", "question"), role="user"),
        Part("answer", ("answer",), role="assistant"),
    )
    meta = {"row_id": "id", "source": "source", "licence": "licence", "label": "label"}
    return Plan(parts, meta, answered=True, nested=column)


def _text(columns: Mapping[str, Kind]) -> Plan | None:
    """A column of plain text; a chat column that holds texts counts too."""
    column = find(columns, (*TEXT, *CHAT), WORDS)
    if column is None or columns[column] is Kind.EMPTY:
        return None
    return Plan((Part("text", (column,), role="text"),))


def _question(columns: Mapping[str, Kind]) -> Plan | None:
    """Questions without answers, as they are used for reinforcement learning."""
    names = [name for shape in SHAPES for name in shape.question]
    column = find(columns, names, PIECES)
    if column is None or columns[column] is Kind.EMPTY:
        return None
    return Plan((*_system(columns, column), _piece("question", columns, (column,), "user")))


def _piece(name: str, columns: Mapping[str, Kind], names: tuple[str, ...], role: str) -> Part:
    if columns[names[0]] is Kind.TURNS:
        return Part(name, names, Form.TURNS)
    return Part(name, names, role=role)


def _system(columns: Mapping[str, Kind], other: str) -> tuple[Part, ...]:
    column = find(columns, SYSTEM, WORDS)
    return (Part("system", (column,), role="system"),) if column is not None and column != other else ()


def _history(columns: Mapping[str, Kind]) -> tuple[Part, ...]:
    column = find(columns, HISTORY, frozenset({Kind.PAIRS, Kind.TURNS, Kind.STRINGS}))
    if column is None:
        return ()
    return (Part("history", (column,), Form.TURNS if columns[column] is Kind.TURNS else Form.PAIRS),)


def _meta(columns: Mapping[str, Kind], named: Named, plan: Plan) -> dict[str, str]:
    """Sample field -> column; columns of the conversation are not taken twice."""
    used = {name for part in plan.parts for name in part.columns}
    free = {name: kind for name, kind in columns.items() if name not in used}
    kinds = {name: WORDS if name == "ignored" else WORDS - {Kind.STRINGS} for name in META}
    found = {name: named.meta.get(name) or find(free, names, kinds[name]) for name, names in META.items()}
    return {name: column for name, column in found.items() if column is not None}
