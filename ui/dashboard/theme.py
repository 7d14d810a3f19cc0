"""The look, light and dark, in the terms of Streamlit; the rest of it is in static/govern.css."""

from __future__ import annotations

LIGHT = {
    "primaryColor": "#2d5f73",
    "backgroundColor": "#fbfaf7",
    "secondaryBackgroundColor": "#f1efe9",
    "textColor": "#1d2430",
    "linkColor": "#2d5f73",
    "borderColor": "#dedcd4",
}
DARK = {
    "primaryColor": "#7fb6ca",
    "backgroundColor": "#14181d",
    "secondaryBackgroundColor": "#1b2027",
    "textColor": "#e4e7eb",
    "linkColor": "#7fb6ca",
    "borderColor": "#323a45",
}
SHARED = {"font": "sans-serif", "headingFont": "serif", "baseRadius": "6px", "baseFontSize": 16}


def options() -> dict[str, object]:
    """The options of Streamlit's configuration."""
    found: dict[str, object] = {f"theme.{name}": value for name, value in SHARED.items()}
    for mode, colours in (("light", LIGHT), ("dark", DARK)):
        found |= {f"theme.{mode}.{name}": value for name, value in colours.items()}
    return found
