"""The server: Streamlit as an ASGI application, with the headers that keep a browser from talking to anybody else.

What a row says can never make the browser fetch something: images, styles, scripts and connections come from this
server only. The policy was seen to stop the image that a row named.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import UsageError
from ui.dashboard import theme


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from streamlit.starlette import App

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

APP = Path(__file__).parent / "app.py"
STATIC = Path(__file__).parent / "static"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Place:
    """Where the server listens, and by which names browsers may call it."""

    address: str = "127.0.0.1"
    port: int = 8501
    hosts: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """What to open in a browser."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """True where only this machine can reach it."""
        return is_loopback(self.address)

    def allowed(self) -> list[str]:
        """The names a browser may call it by; any other one may be a page of somebody else's."""
        return list(dict.fromkeys([*LOOPBACK, self.address, *self.hosts]))


def is_loopback(address: str) -> bool:
    """True of addresses that only this machine can reach."""
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def check_place(place: Place, *, unauthenticated: bool) -> None:
    """Nothing, where the server may listen there; UsageError otherwise."""
    if not place.loopback and not unauthenticated:
        raise UsageError(
            f"{place.address} can be reached by others, and nobody would be asked who they are",
            where="--host",
            hint="leave it at 127.0.0.1 and use a tunnel, or give --unsafe-allow-unauthenticated",
        )
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.address, place.port))
        except OSError as error:
            hint = "name another one with --port"
            raise UsageError(f"{place.url} cannot be used: {error.strerror}", where="--port", hint=hint) from error


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
        self.headers = [(k.encode(), v.encode()) for k, v in {**HEADERS, "content-security-policy": header}.items()]

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
        host = named.rpartition("]")[0].removeprefix("[") if named.startswith("[") else named.partition(":")[0]
        return host in self.hosts or "*" in self.hosts

    async def _refuse(self, scope: Scope, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        body = b"this name is not allowed; give it with --allow-host\n"
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body})

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {k for k, _ in self.headers}
                kept = [(k, v) for k, v in message.get("headers", []) if k.lower() not in known]
                message = {**message, "headers": [*kept, *self.headers]}
            await send(message)

        return sending


def make(place: Place) -> App:
    """The application."""
    from starlette.middleware import Middleware
    from starlette.routing import Route
    from streamlit.starlette import App

    guard = Middleware(Guard, hosts=place.allowed(), header=policy(inline_hashes()))
    routes = [Route("/healthz", _health), Route("/govern/links.js", _script)]
    return App(APP, middleware=[guard], routes=routes)


async def _health(request: Request) -> Response:
    from starlette.responses import JSONResponse

    del request
    return JSONResponse({"status": "ok"})


async def _script(request: Request) -> Response:
    from starlette.responses import FileResponse

    del request
    return FileResponse(STATIC / "links.js", media_type="text/javascript")


def settings(place: Place, *, browser: bool) -> dict[str, object]:
    """Streamlit's configuration; it comes before files and variables of the person who starts it."""
    return {
        "server.address": place.address,
        "server.port": place.port,
        "server.headless": not browser,
        "server.allowedHosts": place.allowed(),
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "browser.serverAddress": place.address,
        "browser.serverPort": place.port,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "logger.hideWelcomeMessage": True,
        "runner.magicEnabled": False,
        "global.developmentMode": False,
        **theme.options(),
    }


def serve(place: Place, *, browser: bool) -> None:
    """Serve the dashboard until it is interrupted."""
    make(place).run(config=settings(place, browser=browser))
