"""Settings: what may be set, where it was set, and which place wins.

    option  >  GOVERN_* variable  >  govern.toml  >  [tool.govern] in pyproject.toml  >  default

The two files are looked for in the working folder, then in each folder above it; the first folder that has
one is used. Relative paths in a file are relative to that file. Nothing unknown is passed over: a key
nobody reads is an error that names the nearest known one, because a gate set by a misspelt key is no gate.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from governance.errors import ConfigError, UsageError, did_you_mean
from governance.findings import Severity
from governance.gate import Tolerance
from governance.readers.options import ReadLimits
from governance.rules.base import Value
from governance.settings import TABLES, Curate, Dashboard, Limits, Settings

FILE = "govern.toml"
PYPROJECT = "pyproject.toml"
PREFIX = "GOVERN_"
DEFAULT = "default"
POLICY = ("severity", "max_rows", "max_rate")
"""Keys of a rule's table that are policy; all others are the rule's own options."""
RulePolicy = tuple[dict[str, Value], Severity | None, Tolerance]
"""Options, severity and limits that are set for one rule."""
MOVED = {"lake", "waivers", "curate.tokenizer", "curate.mixture"}
"""Settings that are paths."""
SHAPES = {
    "tuple_type": "it should be a list of texts",
    "dict_type": "it should be a table",
    "model_type": "it should be a table",
    "string_type": "it should be a text",
    "scalar": "it should be a number, a text, true or false, or a list of texts",
}
"""Pydantic's error types in the words of TOML."""


@dataclass(frozen=True)
class Loaded:
    """Settings, and where each of them was set.

    Attributes:
        settings: the values in force.
        origins: dotted key -> "default", a file as seen from the working folder, a variable, or an option.
        files: the configuration files that were read.
    """

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """Dotted key -> value, defaults included, in the order of declaration."""
        return _flat(self.settings.model_dump(mode="json"))

    def waiver_file(self, folder: Path) -> Path:
        """Where waivers stand: the file that is set, or waivers.toml beside the configuration, there or not."""
        from governance.waivers.book import FILE as WAIVERS

        named = self.settings.waivers
        return Path(named) if named else (self.files[-1].parent if self.files else folder) / WAIVERS

    def read_limits(self) -> ReadLimits:
        """The bounds as readers take them."""
        return ReadLimits(**self.settings.limits.model_dump())

    def rule_options(self) -> dict[str, dict[str, Value]]:
        """Options by rule id, checked against what the rules have; ConfigError names where they were set."""
        return {rule: options for rule, (options, _, _) in self._rules().items() if options}

    def tolerances(self) -> dict[str, Tolerance]:
        """By rule id, how much it may find before that counts at the gate, where something is set."""
        return {rule: t for rule, (_, _, t) in self._rules().items() if t.as_mapping()}

    def severities(self) -> dict[str, Severity]:
        """Severity by rule id, where it differs from the rule's own."""
        return {rule: severity for rule, (_, severity, _) in self._rules().items() if severity}

    def check_codes(self) -> None:
        """Every code of select, extend_select and ignore names a rule; ConfigError otherwise."""
        from governance.rules.registry import expand

        for key in ("select", "extend_select", "ignore"):
            for code in getattr(self.settings, key):
                try:
                    expand(code)
                except UsageError as error:
                    raise ConfigError(
                        error.what, where=f"{self.origins[key]}: {key}", hint=error.hint
                    ) from error

    def _rules(self) -> dict[str, RulePolicy]:
        found = {}
        for code, given in self.settings.rules.items():
            origin = self._origin_of(f"rules.{code}")
            try:
                found[_rule_id(code)] = _checked(code, given)
            except UsageError as error:
                raise ConfigError(error.what, where=f"{origin}: rules.{code}", hint=error.hint) from error
        return found

    def _origin_of(self, table: str) -> str:
        return next((o for key, o in self.origins.items() if key.startswith(f"{table}.")), DEFAULT)


def _rule_id(code: str) -> str:
    from governance.rules.registry import find

    return find(code).info.id


def _checked(code: str, given: Mapping[str, Value]) -> RulePolicy:
    """Options as given but in their types, the severity and the limits of one rule."""
    from governance.rules.registry import find, option_values

    info = find(code).info
    options = {name: value for name, value in given.items() if name not in POLICY}
    values = option_values(info, options)
    severity = given.get("severity")
    words = [s.value for s in Severity]
    if severity is not None and severity not in words:
        raise UsageError(f"{severity!r} is not a severity", hint=f"severities are: {', '.join(words)}")
    chosen = {name: values[name] for name in options}
    return chosen, Severity(str(severity)) if severity else None, _tolerance(given)


def _tolerance(given: Mapping[str, Value]) -> Tolerance:
    """The limits of one rule; UsageError where one is no number or out of range."""
    rows, rate = given.get("max_rows"), given.get("max_rate")
    return Tolerance(
        None if rows is None else int(_number("max_rows", rows, int, sys.maxsize)),
        None if rate is None else _number("max_rate", rate, float, 1),
    )


def _number(name: str, value: Value, kind: type[int] | type[float], highest: float) -> float:
    hint = "a number of rows from 0" if kind is int else "a share of all rows from 0 to 1"
    try:
        if isinstance(value, bool | tuple):
            raise ValueError(value)
        number = kind(str(value))
    except ValueError as error:
        raise UsageError(f"{value!r} does not fit {name!r}", hint=hint) from error
    if not 0 <= number <= highest:
        raise UsageError(f"{value!r} does not fit {name!r}", hint=hint)
    return number


@dataclass(frozen=True)
class Layer:
    """Dotted keys and values from one place; `origins` names the place of each."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]


def load(
    folder: Path,
    *,
    config: Path | None = None,
    isolated: bool = False,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, tuple[Any, str]] | None = None,
    reserved: Iterable[str] = (),
) -> Loaded:
    """The settings in force for a working folder.

    Args:
        config: read this file only, instead of looking for one.
        isolated: read no file.
        environment: variables; those that begin with GOVERN_ are settings.
        options: dotted key -> (value, name of the option), what the command line says.
        reserved: variables that begin with GOVERN_ and are none of the settings.

    Raises:
        ConfigError: a file cannot be read, a key is unknown or a value does not fit.
    """
    files = () if isolated else (config,) if config else find_files(folder)
    layers = [_from_file(path, folder) for path in files]
    layers.append(_from_environment(environment or {}, frozenset(reserved)))
    layers.append(
        Layer(
            {k: v for k, (v, _) in (options or {}).items()}, {k: o for k, (_, o) in (options or {}).items()}
        )
    )
    values = {_spelt(key): value for layer in layers for key, value in layer.values.items()}
    origins = {_spelt(key): origin for layer in layers for key, origin in layer.origins.items()}
    settings = _validated(values, origins)
    known = _flat(settings.model_dump(mode="json"))
    return Loaded(settings, {key: origins.get(key, DEFAULT) for key in known}, tuple(files))


def find_files(folder: Path) -> tuple[Path, ...]:
    """The configuration files for a working folder, weakest first; empty where there are none."""
    for place in (folder, *folder.parents):
        found = [p for p in (place / PYPROJECT,) if p.is_file() and "govern" in _toml(p).get("tool", {})]
        found += [p for p in (place / FILE,) if p.is_file()]
        if found:
            return tuple(found)
    return ()


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            f"not valid TOML: {error}", where=str(path), hint="correct the file, or run with --isolated"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"the configuration cannot be read: {error.strerror}",
            where=str(path),
            hint="check the path given to --config",
        ) from error


def _from_file(path: Path, folder: Path) -> Layer:
    """The layer of one file. A pyproject.toml holds it in the table tool.govern."""
    table = _toml(path)
    if path.name == PYPROJECT:
        table = table.get("tool", {}).get("govern", {})
    shown = os.path.relpath(path, folder)
    values = {key: _from_here(key, value, path.parent, folder) for key, value in _flat(table).items()}
    return Layer(values, dict.fromkeys(values, shown))


def _from_here(key: str, value: Any, home: Path, folder: Path) -> Any:
    """The value with paths relative to the file's folder made relative to the working folder."""
    if key in MOVED and isinstance(value, str) and value and "://" not in value:
        return _moved(value, home, folder)
    if key == "labels" and isinstance(value, str) and value not in {"", "none"}:
        return _moved(value, home, folder)
    if key == "eval" and isinstance(value, list):
        return [_moved_suite(item, home, folder) if isinstance(item, str) else item for item in value]
    return value


def _moved(path: str, home: Path, folder: Path) -> str:
    return path if home.absolute() == folder.absolute() else os.path.relpath(home / path, folder)


def _moved_suite(spec: str, home: Path, folder: Path) -> str:
    """A suite given as a path or NAME=PATH, moved; a registered name stays what it is."""
    name, equals, path = spec.rpartition("=")
    return f"{name}{equals}{_moved(path, home, folder)}" if equals or (home / path).exists() else spec


def _from_environment(environment: Mapping[str, str], reserved: frozenset[str]) -> Layer:
    values, origins = {}, {}
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable not in reserved:
            key = _key_of(variable, reserved)
            values[key] = (
                [part.strip() for part in text.split(",") if part.strip()] if _is_list(key) else text
            )
            origins[key] = variable
    return Layer(values, origins)


def _key_of(variable: str, reserved: Iterable[str]) -> str:
    """The dotted key of a variable; GOVERN_RULES_DUP003_THRESHOLD is rules.DUP003.threshold."""
    name = variable.removeprefix(PREFIX)
    table, _, rest = name.lower().partition("_")
    if table in {"limits", "curate"} and rest:
        return f"{table}.{rest}"
    rule, _, option_name = name.removeprefix("RULES_").partition("_")
    if table == "rules" and option_name:
        return f"rules.{rule}.{option_name.lower()}"
    if name.lower() not in Settings.model_fields or name.lower() in TABLES:
        known = [f"{PREFIX}{key.upper()}" for key in Settings.model_fields if key not in TABLES]
        hint = (
            did_you_mean(variable, [*known, *reserved])
            + "unset it, or see `govern config schema` for the keys"
        )
        raise ConfigError(f"there is no setting for the variable {variable}", where="environment", hint=hint)
    return name.lower()


def _is_list(key: str) -> bool:
    table, _, name = key.rpartition(".")
    known = (Curate if table == "curate" else Settings).model_fields.get(name if table == "curate" else key)
    return known is not None and known.annotation == tuple[str, ...]


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys of the tables that settings have; any other table stays a value and is refused as one."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        depth = {"limits": 1, "curate": 1, "ui": 1, "rules": 2}.get(key, 0)
        flat.update(_opened(key, value, depth))
    return flat


def _opened(prefix: str, value: Any, depth: int) -> dict[str, Any]:
    if not depth or not isinstance(value, Mapping):
        return {prefix: value}
    return {
        k: v for key, inner in value.items() for k, v in _opened(f"{prefix}.{key}", inner, depth - 1).items()
    }


def _spelt(key: str) -> str:
    """The dotted key with a rule's id in capitals, so that two spellings of it are one setting."""
    table, _, rest = key.partition(".")
    rule, dot, name = rest.partition(".")
    return f"rules.{rule.upper()}{dot}{name}" if table == "rules" and rest else key


def _validated(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    """Settings from dotted keys; ConfigError naming the first key that does not fit and where it was set."""
    try:
        return Settings.model_validate(_nested(values))
    except ValidationError as error:
        raise _explained(error, origins) from error


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *tables, name = key.split(".", 2) if key.split(".")[0] in TABLES else [key]
        place = nested
        for table in tables:
            inner = place.get(table)
            place[table] = place = inner if isinstance(inner, dict) else {}
        place[name] = value
    return nested


def _explained(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    """The first thing wrong, with the nearest key or what would fit."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if not isinstance(part, int)]
    path = path[: 3 if path[0] == "rules" else 2]  # deeper parts name pydantic's own alternatives
    key = ".".join(path)
    origin = next(
        (o for k, o in origins.items() if k == key or key.startswith(f"{k}.") or k.startswith(f"{key}.")), ""
    )
    where = f"{origin}: {key}" if origin else key
    if first["type"] == "extra_forbidden":
        tables = {"limits": Limits, "curate": Curate, "ui": Dashboard}
        known = list((tables.get(path[0], Settings) if len(path) > 1 else Settings).model_fields)
        hint = did_you_mean(path[-1], known) + "`govern config schema` lists every key"
        return ConfigError(f"there is no setting {path[-1]!r}", where=where, hint=hint)
    said = SHAPES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    said = SHAPES["scalar"] if len(path) == 3 else said
    return ConfigError(
        f"{first['input']!r} does not fit {key!r}", where=where, hint=said[:1].lower() + said[1:]
    )
