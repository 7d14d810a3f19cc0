"""The (scene, task) taxonomy: which labels there are, and the words that speak for each half of one.

It is data: a TOML file, checked when it is read. Nothing of the program depends on finance but the file beside this
one, which is the default.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from governance.errors import ConfigError, GovernError, did_you_mean

FINANCE = Path(__file__).with_name("finance.toml")
ANY = "*"
"""Stands for the half of a label that nobody gave: `banking/*`."""
SEPARATORS = re.compile(r"[\s_\-/|>:：,，、·—–]+")
MOST_WORDS = 10_000

Text = Annotated[str, Field(min_length=1, max_length=100)]
Texts = tuple[Text, ...]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


def spelled(name: str) -> str:
    """A name as names are compared: NFKC, lower case, one blank where words or halves part."""
    return SEPARATORS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Half(_Table):
    """One scene or one task, as the file has it."""

    en: Text
    zh: str = ""
    aliases: Texts = ()
    strong: Texts = ()
    words: Texts = ()
    strong_patterns: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    general: bool = False


class _Example(_Table):
    label: str
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class _File(_Table):
    """A taxonomy file."""

    name: Text
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    neutral: Texts = ()
    scenes: Annotated[dict[Id, _Half], Field(min_length=1)]
    tasks: Annotated[dict[Id, _Half], Field(min_length=1)]
    pairs: Annotated[dict[str, Literal["all"] | tuple[str, ...]], Field(min_length=1)]
    examples: tuple[_Example, ...] = ()


@dataclass(frozen=True)
class Half:
    """A scene or a task: half of a label.

    Attributes:
        names: every name of it: its id, its English and Chinese name, its aliases.
        strong: words that decide by themselves.
        words: words that decide together.
        strong_patterns, patterns: the same as regular expressions of Rust's regex crate.
        general: what speaks for something more special is taken off what speaks for this one.
    """

    id: str
    en: str
    zh: str
    names: tuple[str, ...]
    strong: tuple[str, ...]
    words: tuple[str, ...]
    strong_patterns: tuple[str, ...]
    patterns: tuple[str, ...]
    general: bool = False


@dataclass(frozen=True)
class Example:
    """A text whose label is known."""

    scene: int
    task: int
    text: str


@dataclass(frozen=True)
class Taxonomy:
    """Which labels there are.

    Attributes:
        scenes, tasks: the two axes, in the order of the file.
        pairs: (index of the scene, index of the task) of each label that exists, by scene, then task.
        neutral: phrases that speak for nothing, though words inside them would.
        examples: texts whose label is known, for the vote of the nearest ones.
        digest: SHA-256 of the file, 64 hex.
    """

    name: str
    min_confidence: float
    scenes: tuple[Half, ...]
    tasks: tuple[Half, ...]
    pairs: tuple[tuple[int, int], ...]
    neutral: tuple[str, ...]
    examples: tuple[Example, ...]
    digest: str

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label, `scene/task`, in the order of `pairs`."""
        return tuple(self.label(scene, task) for scene, task in self.pairs)

    def label(self, scene: int, task: int) -> str:
        """The label of a scene and a task; -1 stands for a half that nobody gave."""
        first = self.scenes[scene].id if scene >= 0 else ANY
        return f"{first}/{self.tasks[task].id if task >= 0 else ANY}"


def load_taxonomy(path: str | None = None) -> Taxonomy:
    """The taxonomy of a TOML file, or finance where none is named.

    Raises:
        ConfigError: the file cannot be read, or says something that makes no sense.
    """
    return _loaded(Path(path)) if path else finance()


def _loaded(path: Path) -> Taxonomy:
    try:
        raw = path.read_bytes()
        table = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the taxonomy cannot be read: {error.strerror}",
            where=str(path),
            hint="check the path of --labels",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path), hint="correct the file") from error
    return parsed(table, str(path), hashlib.sha256(raw).hexdigest())


@cache
def finance() -> Taxonomy:
    """The taxonomy that comes with the program."""
    return _loaded(FINANCE)


def parsed(table: Mapping[str, Any], where: str, digest: str = "") -> Taxonomy:
    """The taxonomy of a TOML table; ConfigError names what does not fit."""
    try:
        file = _File.model_validate(table)
    except ValidationError as error:
        raise _explained(error, where) from error
    scenes = tuple(_half(key, half) for key, half in file.scenes.items())
    tasks = tuple(_half(key, half) for key, half in file.tasks.items())
    check = _Check(where)
    check.names(scenes, tasks)
    check.words((*scenes, *tasks), file.neutral)
    pairs = check.pairs(file.pairs, [s.id for s in scenes], [t.id for t in tasks])
    labels = {f"{scenes[s].id}/{tasks[t].id}": (s, t) for s, t in pairs}
    examples = tuple(Example(*check.example(e.label, labels), e.text) for e in file.examples)
    return Taxonomy(file.name, file.min_confidence, scenes, tasks, pairs, file.neutral, examples, digest)


def _half(key: str, half: _Half) -> Half:
    names = dict.fromkeys(name for name in (key, half.en, half.zh, *half.aliases) if name)
    patterns = (half.strong_patterns, half.patterns)
    return Half(key, half.en, half.zh, tuple(names), half.strong, half.words, *patterns, half.general)


@dataclass(frozen=True)
class _Check:
    """What pydantic cannot see: whether the parts of a file go together."""

    where: str

    def names(self, scenes: Iterable[Half], tasks: Iterable[Half]) -> None:
        """No name stands for two things."""
        owner: dict[str, str] = {}
        for kind, halves in (("scene", scenes), ("task", tasks)):
            for half in halves:
                for name in dict.fromkeys(map(spelled, half.names)):
                    if name in owner:
                        what = f"{name!r} names {owner[name]} and {kind} {half.id!r}"
                        raise self._error(what, f"{kind}s.{half.id}", "give the name to one of them")
                    owner[name] = f"{kind} {half.id!r}"

    def words(self, halves: Iterable[Half], neutral: Iterable[str]) -> None:
        """Words hold more than white space, patterns compile, and there are not too many of them."""
        total = 0
        for half in halves:
            total += len(half.strong) + len(half.words)
            short = next((w for w in (*half.strong, *half.words) if _is_short(w)), None)
            if short is not None:
                raise self._error(
                    f"{short!r} is no word", half.id, "give two letters, or a Chinese character"
                )
            for pattern in (*half.strong_patterns, *half.patterns):
                self._pattern(pattern, half.id)
        if any(map(_is_short, neutral)):
            raise self._error("a phrase of one letter or none", "neutral", "leave it out")
        if total > MOST_WORDS:
            raise self._error(f"{total:,} words are too many", "words", f"give at most {MOST_WORDS:,}")

    def _pattern(self, pattern: str, place: str) -> None:
        import polars as pl

        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError as error:
            hint = "patterns are those of Rust's regex crate: no look-around, no back-references"
            raise self._error(f"{pattern!r} is no pattern", place, hint) from error

    def pairs(
        self, given: Mapping[str, str | tuple[str, ...]], scenes: list[str], tasks: list[str]
    ) -> tuple[tuple[int, int], ...]:
        """The pairs that exist, by scene, then task."""
        found: set[tuple[int, int]] = set()
        for task, among in given.items():
            number = self._index(task, tasks, "task", "pairs")
            named = scenes if among == "all" else among
            own = [self._index(scene, scenes, "scene", f"pairs.{task}") for scene in named]
            twice = next((named[i] for i, s in enumerate(own) if s in own[:i]), None)
            if twice is not None:
                raise self._error(f"the pair {twice}/{task} stands twice", f"pairs.{task}", "leave one out")
            found |= {(scene, number) for scene in own}
        lonely = [f"scene {s!r}" for i, s in enumerate(scenes) if all(p[0] != i for p in found)]
        lonely += [f"task {t!r}" for i, t in enumerate(tasks) if all(p[1] != i for p in found)]
        if lonely:
            raise self._error(f"{lonely[0]} is in no pair", "pairs", "give it one, or leave it out")
        return tuple(sorted(found))

    def example(self, label: str, labels: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
        """The indices of an example's label."""
        if label not in labels:
            raise self._error(f"there is no label {label!r}", "examples", _nearest(label, list(labels)))
        return labels[label]

    def _index(self, name: str, known: list[str], kind: str, place: str) -> int:
        if name not in known:
            raise self._error(f"there is no {kind} {name!r}", place, _nearest(name, known))
        return known.index(name)

    def _error(self, what: str, key: str, hint: str) -> GovernError:
        return ConfigError(what, where=f"{self.where}: {key}", hint=hint)


def _is_short(word: str) -> bool:
    """Whether a word says nothing: one letter of Latin script, or signs that stand between words."""
    return len(word.strip(" -\t\r\n").encode()) < 2


def _nearest(name: str, known: list[str]) -> str:
    shown = ", ".join(known[:20])
    return f"{did_you_mean(name, known)}known are: {shown}" + (" ..." if len(known) > 20 else "")


def _explained(error: ValidationError, where: str) -> ConfigError:
    """The first thing that does not fit, with the nearest key where one is unknown."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part not in {"literal['all']", "tuple[str, ...]", "[key]"}]
    place = f"{where}: {'.'.join(path)}"
    if first["type"] == "extra_forbidden":
        known = list(_File.model_fields if len(path) == 1 else _Half.model_fields)
        return ConfigError(f"there is no key {path[-1]!r}", where=place, hint=_nearest(path[-1], known))
    if first["type"] == "missing":
        return ConfigError(f"{path[-1]!r} is missing", where=place, hint="docs/labels.md shows a whole file")
    said = first["msg"][:1].lower() + first["msg"][1:]
    return ConfigError(
        f"{path[-1]!r} does not fit: {said}", where=place, hint="docs/labels.md has the format"
    )
