"""What can go wrong, as a tree: one class for each decision a caller can take.

GovernError
├── UsageError            the request makes no sense (options, names, rule codes)
├── ConfigError           a configuration or waiver file cannot be used
├── InputError            a data file cannot be used as a whole
│   ├── UnknownColumn     a named column is not there
│   └── LimitExceeded     a bound on size, nesting or expansion was reached
├── NotFound              a run, dataset, suite or rule of that name is not in the lake
└── LakeError             the lake cannot be opened or written
    ├── LakeBusy          another process is writing; wait and retry
    ├── LakeTooNew        written by a newer version of this program
    └── LakeDamaged       what is stored does not match its own record

Every error says three things: what happened, where, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable


class GovernError(Exception):
    """Base of every error this program raises on purpose.

    Attributes:
        what: one sentence, no trailing full stop.
        where: the file, column, run or option it speaks of; may be empty.
        hint: what the reader can do next; may be empty only where nothing can be done.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  at: {self.where}")
        if self.hint:
            parts.append(f"  try: {self.hint}")
        return "\n".join(parts)


class UsageError(GovernError):
    """The request itself makes no sense."""


class ConfigError(GovernError):
    """A configuration file cannot be used."""


class InputError(GovernError):
    """A data file cannot be used as a whole; single bad rows are findings instead."""


class UnknownColumn(InputError):
    """A column that was named is not in the data."""

    @classmethod
    def among(cls, name: str, available: Iterable[str], *, where: str) -> UnknownColumn:
        """The error for a missing column, with the nearest of the columns that are there."""
        names = list(available)
        return cls(
            f"there is no column {name!r}",
            where=where,
            hint=f"{did_you_mean(name, names)}columns are: {', '.join(repr(n) for n in names[:20])}",
        )


class LimitExceeded(InputError):
    """A bound that protects the machine was reached."""


class NotFound(GovernError):
    """Nothing of that name is in the lake."""


class LakeError(GovernError):
    """The lake cannot be opened or written."""


class LakeBusy(LakeError):
    """Another process holds the writer lock."""


class LakeTooNew(LakeError):
    """The lake was written by a newer version of this program."""


class LakeDamaged(LakeError):
    """What is stored does not match its own record."""


def did_you_mean(name: str, available: Iterable[str]) -> str:
    """'did you mean X? ' for the nearest of the available names, or an empty string."""
    import difflib  # 5 ms, a tenth of a start

    near = difflib.get_close_matches(name, list(available), n=1)
    return f"did you mean {near[0]!r}? " if near else ""
