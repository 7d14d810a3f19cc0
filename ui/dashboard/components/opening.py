"""Buttons that open a dialog, so that a click is never lost.

A dialog is about what stood on the page when its button was drawn. The click is noted before the page is drawn anew,
and the dialog opens after that, whatever became of the page: after an audit that was written meanwhile it may have no
such button. What an open dialog decides is decided once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui.dashboard import deciding

DRAWN, ASKED, OPEN = "dialog:drawn", "dialog:asked", "dialog:open"


@dataclass(frozen=True)
class Asked:
    """A dialog that a click asked for, and the address of the page that the click was on."""

    address: str
    dialog: Callable[[], None]


def button(
    label: str, key: str, dialog: Callable[[], None], *, primary: bool = False, icon: str | None = None,
    blocked: str | None = None,
) -> None:  # fmt: skip
    """A button that opens the dialog.

    Args:
        blocked: why it cannot be pressed; None where it can.
    """
    st.button(
        label, key=key, type="primary" if primary else "secondary", icon=icon, disabled=blocked is not None,
        help=blocked, on_click=_note, args=(dialog,),
    )  # fmt: skip


def _note(dialog: Callable[[], None]) -> None:
    st.session_state[ASKED] = Asked(str(st.session_state.get(DRAWN, "")), dialog)


def drawing(address: str) -> None:
    """Says which page is drawn from here on."""
    st.session_state[DRAWN] = address


def open_asked() -> None:
    """Opens the dialog that was asked for on this very page; who went on to another one wants none."""
    asked = st.session_state.pop(ASKED, None)
    if isinstance(asked, Asked) and asked.address == st.session_state[DRAWN]:
        st.session_state[OPEN] = True
        asked.dialog()


def conclude(decision: Callable[[], str]) -> None:
    """Makes the decision of the open dialog; the second press of a double click finds it made."""
    if st.session_state.pop(OPEN, False):
        deciding.said(decision)
