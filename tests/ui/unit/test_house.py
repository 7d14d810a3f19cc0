"""Rules of the dashboard's house that a machine can check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = sorted((REPOSITORY / "ui" / "dashboard").rglob("*.py"))
each = pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)


@each
def test_no_page_speaks_to_the_database(path: Path):
    text = path.read_text("utf-8")

    assert [] == re.findall(r"\b(?:SELECT|FROM lake\.|\.fetch\(|duckdb)\b", text)


@each
def test_the_address_is_not_bound_to_widgets(path: Path):
    """With `bind="query-params"` the browser's Back loses the filters of a list."""
    assert [] == re.findall(r"[(, ]bind=", path.read_text("utf-8"))


@each
def test_choices_have_one_door(path: Path):
    """Of two options of the same words Streamlit takes the last, whichever was chosen: `asking` tells them apart."""
    calls = re.findall(
        r"st\.(?:selectbox|radio|multiselect|pills|segmented_control)\(", path.read_text("utf-8")
    )

    assert (["st.selectbox("] if path.name == "asking.py" else []) == calls


@each
def test_a_dialog_is_opened_by_a_click_that_is_not_lost(path: Path):
    """A dialog that hangs on what `st.button` returns is lost where the page is drawn without that button."""
    text = path.read_text("utf-8")
    dialogs = re.findall(r"@st\.dialog\([^\n]*\)\ndef (\w+)", text)
    bare = [name for name in dialogs if re.search(rf"st\.button\([^:]*\):\n\s+{name}\(", text)]

    assert [] == bare
    assert all("on_click=" in call for call in re.findall(r"st\.button\((.*?)\)\n", text, re.DOTALL))


@each
def test_row_text_has_one_door(path: Path):
    """Markdown fetches images that a text names; st.html takes markup of ours only, through `saying.draw`."""
    calls = re.findall(r"st\.(?:html|table|dataframe|write|markdown|caption)\(", path.read_text("utf-8"))
    ours = {"saying.py": ["st.html("], "rulepage.py": ["st.markdown("], "rule.py": ["st.markdown("]}

    assert ours.get(path.name, []) == calls


@each
def test_what_is_masked_has_one_door(path: Path):
    """Words come onto a page unmasked in one place, which records it first and asks again who looks."""
    text = path.read_text("utf-8")

    assert ("show_sensitive=True" in text) == (path.name == "safe_text.py")
    assert ("safe_text.unmasked(" in text) == (path.name == "revealing.py")
