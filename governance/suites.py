"""Which evaluation set a word on the command line means: a file or folder, or a name the lake knows."""

from __future__ import annotations

from pathlib import Path

from governance.benchmarks import Suite, load_suite
from governance.errors import NotFound, did_you_mean
from governance.lake import Lake
from governance.lake.suites import list_suites
from governance.lake.suites import load_suite as load_registered


def resolve_suite(lake: Lake, spec: str) -> Suite:
    """The suite of `NAME=PATH`, a path, or a registered name; a path that exists wins over a name.

    Raises:
        NotFound: there is neither a file nor a registered suite of that name.
    """
    if "=" in spec or Path(spec).exists():
        return load_suite(spec)
    try:
        return load_registered(lake, spec)
    except NotFound as error:
        names = [suite.name for suite in list_suites(lake)]
        registered = f"registered are: {', '.join(names)}" if names else "none is registered"
        raise NotFound(
            f"there is neither a file nor a registered evaluation set {spec!r}",
            where="--eval",
            hint=f"{did_you_mean(spec, names)}{registered}; `govern benchmarks add NAME PATH` registers one",
        ) from error
