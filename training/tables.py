"""Tables of a TOML file as typed values, and what is wrong with one in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from governance.errors import ConfigError, UsageError, did_you_mean

M = TypeVar("M", bound=BaseModel)
D = TypeVar("D")


def validated(model: type[M], table: Mapping[str, Any], where: str) -> M:
    """The table as the model; ConfigError names the first key that does not fit, and where it stands."""
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        raise _explained(error, list(model.model_fields), where) from error


def options(kind: type[D], table: Mapping[str, Any], where: str) -> D:
    """The table as a dataclass of options, whose own checks run too."""
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise _unknown(key, known, where)
    try:
        return TypeAdapter(kind).validate_python(dict(table))
    except ValidationError as error:
        raise _explained(error, known, where) from error
    except UsageError as error:
        raise ConfigError(error.what, where=where, hint=error.hint) from error


def _explained(error: ValidationError, known: list[str], where: str) -> ConfigError:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return _unknown(key, known, where)
    if first["type"] == "missing":
        return ConfigError(f"{key!r} is missing", where=where, hint=f"keys are: {', '.join(known)}")
    said = first["msg"].removeprefix("Value error, ")
    place = f"{where}: {key}" if key else where
    return ConfigError(
        f"{first['input']!r} does not fit {key!r}", where=place, hint=said[:1].lower() + said[1:]
    )


def _unknown(key: str, known: list[str], where: str) -> ConfigError:
    hint = f"{did_you_mean(key.rpartition('.')[2], known)}keys are: {', '.join(known)}"
    return ConfigError(f"there is no key {key!r}", where=where, hint=hint)
