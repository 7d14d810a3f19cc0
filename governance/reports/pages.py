"""The pages of rules, where a report shows them."""

from __future__ import annotations

from governance.errors import UsageError


def page_of(rule: str) -> str:
    """The rule's page, Markdown; empty for a rule this version does not have, as an old audit may name."""
    from governance.rules.registry import (
        page,
    )  # rules import kernels' neighbours; only some formats need them

    try:
        return page(rule)
    except UsageError:
        return ""
