"""`govern config`: the settings in force, where each was set, and whether they are right."""

from __future__ import annotations

import click

from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import format_option
from ui.cli.output import put, put_json
from ui.cli.session import Session, pass_session
from ui.cli.words import without_passwords


@click.group(
    cls=Group,
    examples=(
        Example("every setting, and where it was set", "govern config show --origin"),
        Example("is the configuration right?", "govern config check"),
    ),
)
def command() -> None:
    """Show and check the settings in force.

    An option comes before a GOVERN_* variable, that before govern.toml, that before [tool.govern] in
    pyproject.toml, and that before the default.
    """


@command.command(
    examples=(
        Example("the settings as TOML", "govern config show"),
        Example("with the place each was set, for a program", "govern config show --origin -f json"),
    ),
)
@option("--origin", is_flag=True, help="say where each value was set")
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, origin: bool, format: str) -> int:  # noqa: A002
    """Print the settings in force."""
    from governance.settings import toml_value

    loaded = session.load()
    values = loaded.values | {"lake": without_passwords(loaded.settings.lake)}
    if format == "json":
        put_json({k: {"value": v, "origin": loaded.origins[k]} if origin else v for k, v in values.items()})
        return 0
    lines = [(f"{key} = {toml_value(value)}", loaded.origins[key]) for key, value in values.items()]
    width = min(48, max(len(line) for line, _ in lines))
    put("\n".join(visible_line(f"{a:<{width}}  # {b}" if origin else a) for a, b in lines))
    return 0


@command.command(
    examples=(
        Example("check what would be in force here", "govern config check"),
        Example("only variables and options, no file", "govern config check --isolated"),
    ),
)
@pass_session
def check(session: Session, /) -> int:
    """Check the settings, rule options included; exit 2 with the first mistake."""
    loaded = session.load()
    loaded.rule_options()
    loaded.severities()
    loaded.tolerances()
    loaded.check_codes()
    files = ", ".join(str(path) for path in loaded.files) or "no file; every value is a default"
    session.note(f"the configuration is right ({files})")
    return 0


@command.command(
    examples=(
        Example("for an editor that completes and checks TOML", "govern config schema > govern.schema.json"),
        Example("which settings are there?", "govern config schema"),
    ),
)
def schema() -> int:
    """Print the JSON schema of govern.toml."""
    from governance.settings import schema as schema_of

    put_json(schema_of())
    return 0
