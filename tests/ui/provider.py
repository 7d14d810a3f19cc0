"""A small OpenID Connect provider on loopback: discovery, a page to choose who one is, codes, signed tokens, keys.

It is strict where a provider has to be: the client's secret, the redirect address, PKCE, and codes that work once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "govern", "the-secret-of-the-client"


@dataclass
class Provider:
    """A running provider.

    Attributes:
        people: what it vouches for of each person: name -> claims.
        asked: the addresses it was asked at, in order.
        age: seconds ago that its tokens say they were issued.
    """

    url: str
    redirect: str
    people: dict[str, dict[str, Any]]
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    age: int = 0

    def secrets(self) -> str:
        """The file that tells the dashboard of it."""
        return (
            f'[auth]\nredirect_uri = "{self.redirect}"\ncookie_secret = "{secrets.token_hex(32)}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{self.url}/.well-known/openid-configuration"\n'
        )

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def choice(self, asked: dict[str, str]) -> str:
        """The page on which one says who one is."""
        assert (CLIENT, self.redirect, "code") == tuple(
            asked[name] for name in ("client_id", "redirect_uri", "response_type")
        )
        assert "openid" in asked["scope"].split()
        links = (
            f'<p><a href="/chosen?{escape(urlencode({**asked, "who": who}))}">{who}</a></p>'
            for who in self.people
        )
        return f"<title>provider</title><h1>Who are you?</h1>{''.join(links)}"

    def chosen(self, asked: dict[str, str]) -> str:
        """Where the browser goes then, with a code."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{self.redirect}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], client: str) -> dict[str, Any]:
        """The tokens of a code, which is used up."""
        assert f"{CLIENT}:{SECRET}" == client
        asked = self.codes.pop(form["code"])
        proof = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert asked["code_challenge"] == base64.urlsafe_b64encode(proof).decode().rstrip("=")
        issued = int(time.time()) - self.age
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": issued, "exp": int(time.time()) + 3600, "nonce": asked["nonce"],
            **self.people[asked["who"]],
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": signed}


@contextmanager
def provider(redirect: str, people: dict[str, dict[str, Any]]) -> Iterator[Provider]:
    """A provider that listens until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    found = Provider(f"http://127.0.0.1:{server.server_port}", redirect, people)
    server.RequestHandlerClass = _handler(found)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(found: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found.asked.append(parts.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self.answer(json.dumps(found.discovery()), "application/json")
                case "/keys":
                    keys = {"keys": [found.key.as_dict(private=False)]}
                    self.answer(json.dumps(keys), "application/json")
                case "/authorize":
                    self.answer(found.choice(asked), "text/html")
                case "/chosen":
                    self.redirect(found.chosen(asked))
                case "/favicon.ico":
                    self.answer("", "image/x-icon")
                case "/end":
                    self.redirect(asked["post_logout_redirect_uri"])
                case _:
                    self.send_error(404)

        def do_POST(self) -> None:
            found.asked.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            client = base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
            self.answer(json.dumps(found.token(form, client)), "application/json")

        def answer(self, body: str, kind: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def redirect(self, url: str) -> None:
            self.send_response(302)
            self.send_header("location", url)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of the base class
            """Nothing: tests read what pages say."""

    return Handler
