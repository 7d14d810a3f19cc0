"""What somebody sees who may not see anything yet: where to sign in, or that nobody has let them in."""

from __future__ import annotations

import streamlit as st

from ui.dashboard import safe_text
from ui.dashboard.components.saying import draw, heading
from ui.dashboard.desk import Desk
from ui.dashboard.markup import tag


def draw_door(here: Desk) -> None:
    """The page in place of every page. It reads nothing of the lake."""
    if here.person:
        _stranger(here)
        return
    heading("govern", "Sign in", "This dashboard shows its pages to people it knows.")
    draw(tag("span", "", data_sign_in="1"))
    st.button("Sign in", key="door:in", type="primary", icon=":material/login:", on_click=st.login)


def _stranger(here: Desk) -> None:
    heading("govern", "You are not let in", "You are signed in, and nobody has given you a role here.")
    draw(
        tag("p", "You are known as ", tag("b", safe_text.person(here.person)), "."),
        tag("p", "Roles are lists under [ui] in govern.toml; whoever runs this dashboard can add you.", cls="soft"),
    )  # fmt: skip
    sign_out()


def sign_out() -> None:
    """The button that ends a sign-in, here and at the provider where it offers that."""
    st.button("Sign out", key="door:out", icon=":material/logout:", on_click=st.logout)
