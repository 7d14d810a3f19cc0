"""What goes around every answer: headers that keep a browser from talking to anybody else, and our files in the page.

What a row says can never make the browser fetch something: images, styles, scripts and connections come from this
server only. The policy was seen to stop the image that a row named.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

FILES = {
    "before.js": "text/javascript",
    "links.js": "text/javascript",
    "govern.css": "text/css",
}
"""Files of ours that the page loads, and what they are."""
HEAD = (
    '<link rel="stylesheet" href="/govern/govern.css"><script src="/govern/before.js"></script>'
    '<script src="/govern/links.js" defer></script>'
)
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def policy(inline: tuple[str, ...]) -> str:
    """The content security policy; `inline` are the hashes of the scripts that Streamlit's own page holds."""
    scripts = " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *(f"'sha256-{one}'" for one in inline)])
    parts = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


@cache
def inline_hashes() -> tuple[str, ...]:
    """Hashes of the inline scripts of Streamlit's page, so that no other inline script may run."""
    import streamlit

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    found = [hashlib.sha256(script.encode()).digest() for script in INLINE.findall(page)]
    return tuple(base64.b64encode(digest).decode() for digest in found)


class Guard:
    """Adds the headers to every answer, and answers no call under a name that is not allowed."""

    def __init__(self, app: Application, hosts: list[str], header: str) -> None:
        self.app = app
        self.hosts = hosts
        self.headers = [
            (k.encode(), v.encode()) for k, v in {**HEADERS, "content-security-policy": header}.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
        elif not self._known(scope):
            await self._refuse(scope, send)
        else:
            await self.app(scope, receive, self._with_headers(send))

    def _known(self, scope: Scope) -> bool:
        named = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"host"), "")
        host = (
            named.rpartition("]")[0].removeprefix("[") if named.startswith("[") else named.partition(":")[0]
        )
        return host in self.hosts or "*" in self.hosts

    async def _refuse(self, scope: Scope, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        body = b"this name is not allowed; give it with --allow-host\n"
        await send(
            {"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]}
        )
        await send({"type": "http.response.body", "body": body})

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {k for k, _ in self.headers}
                kept = [(k, v) for k, v in message.get("headers", []) if k.lower() not in known]
                message = {**message, "headers": [*kept, *self.headers]}
            await send(message)

        return sending


class Dress:
    """Puts our files into the head of Streamlit's page, so that it never shows unstyled."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; a page comes back with our files in it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
            elif held:
                held.append(message)
                if not message.get("more_body"):
                    await _send_dressed(held, send)
            else:
                await send(message)

        await self.app({**scope, "headers": _plain(scope)}, receive, sending)


def _plain(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of a call for a page without what would bring it compressed, or not at all for being known."""
    if "text/html" not in _accepted(scope):
        return list(scope["headers"])
    left_out = {b"accept-encoding", b"if-none-match", b"if-modified-since"}
    return [(k, v) for k, v in scope["headers"] if k not in left_out]


def _accepted(scope: Scope) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == b"accept"), "")


def _is_page(message: Message) -> bool:
    return any(k.lower() == b"content-type" and v.startswith(b"text/html") for k, v in message["headers"])


async def _send_dressed(held: list[Message], send: Send) -> None:
    start, *parts = held
    body = b"".join(part.get("body", b"") for part in parts).replace(b"<head>", b"<head>" + HEAD.encode(), 1)
    own = {b"content-length", b"etag", b"last-modified"}
    headers = [(k, v) for k, v in start["headers"] if k.lower() not in own]
    await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
