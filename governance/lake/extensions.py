"""DuckDB's extensions, loaded from the Python wheels that carry them.

`LOAD '<path>'` of a wheel's file needs no network, no home folder and no INSTALL. Where a wheel is absent,
what DuckDB has installed itself is loaded, then DuckDB's own INSTALL is tried, then the error says what to
install.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import duckdb

from governance.errors import LakeError
from governance.lake.sql import literal


def load(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """The extension is loaded into the connection."""
    wheel = wheel_file(name)
    attempts = [f"LOAD {literal(str(wheel))}"] if wheel else []
    attempts += [f"LOAD {name}"]
    if not os.environ.get("GOVERN_OFFLINE"):  # --offline: no network, also where this needs it
        attempts += [f"INSTALL {name}; LOAD {name}"]
    failure = ""
    for statement in attempts:
        try:
            db.execute(statement)
        except duckdb.Error as error:
            failure = failure or str(error).splitlines()[0]
        else:
            return
    package = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
    raise LakeError(f"DuckDB's extension {name!r} cannot be loaded: {failure}", hint=f"pip install {package}")


def wheel_file(name: str) -> Path | None:
    """The extension's file in an installed wheel built for this DuckDB, or None."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        file = Path(folder) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.is_file():
            return file
    return None
