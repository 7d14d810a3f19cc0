"""The server: Streamlit as an ASGI application, on this machine only unless somebody insists."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import UsageError
from ui.dashboard import theme
from ui.dashboard.guard import FILES, Dress, Guard, inline_hashes, policy
from ui.dashboard.sign_in import Provider

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from streamlit.starlette import App

APP = Path(__file__).parent / "app.py"
STATIC = Path(__file__).parent / "static"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Place:
    """Where the server listens, by which names browsers may call it, and where people sign in."""

    address: str = "127.0.0.1"
    port: int = 8501
    hosts: tuple[str, ...] = ()
    provider: Provider | None = None

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
        back = [self.provider.host] if self.provider else []
        return list(dict.fromkeys([*LOOPBACK, self.address, *self.hosts, *back]))


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
    if not place.loopback and not place.provider and not unauthenticated:
        raise UsageError(
            f"{place.address} can be reached by others, and nobody would be asked who they are",
            where="--host",
            hint="name a provider to sign in at with --auth, leave it at 127.0.0.1 and use a tunnel, "
            "or give --unsafe-allow-unauthenticated",
        )
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.address, place.port))
        except OSError as error:
            hint = "name another one with --port"
            raise UsageError(
                f"{place.url} cannot be used: {error.strerror}", where="--port", hint=hint
            ) from error


def make(place: Place) -> App:
    """The application."""
    from starlette.middleware import Middleware
    from starlette.routing import Route
    from streamlit.starlette import App

    guard = Middleware(Guard, hosts=place.allowed(), header=policy(inline_hashes()))
    routes = [Route("/healthz", _health), Route("/govern/{name}", _file)]
    return App(APP, middleware=[guard, Middleware(Dress)], routes=routes)


async def _health(request: Request) -> Response:
    from starlette.responses import JSONResponse

    del request
    return JSONResponse({"status": "ok"})


async def _file(request: Request) -> Response:
    """One of our files, by a name of the list and no other."""
    from starlette.responses import FileResponse, PlainTextResponse

    name = request.path_params["name"]
    if name not in FILES:
        return PlainTextResponse("there is no such file", status_code=404)
    return FileResponse(STATIC / name, media_type=FILES[name], headers={"cache-control": "no-cache"})


def settings(place: Place, *, browser: bool) -> dict[str, object]:
    """Streamlit's configuration; it comes before files and variables of the person who starts it."""
    return {
        "server.address": place.address,
        "server.port": place.port,
        "server.headless": not browser,
        "server.allowedHosts": place.allowed(),
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.trustedUserHeaders": "{}",
        "secrets.files": [str(place.provider.file)] if place.provider else [],
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
        "logger.enableRich": False,  # what went wrong goes to standard error, in plain lines
        "runner.magicEnabled": False,
        "global.developmentMode": False,
        **theme.options(),
    }


def serve(place: Place, *, browser: bool) -> None:
    """Serve the dashboard until it is interrupted."""
    make(place).run(config=settings(place, browser=browser))
