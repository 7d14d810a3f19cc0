"""A real HTTP server on loopback that behaves as badly as it is told to."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler", dict[str, Any]], None]


class Edge(ThreadingHTTPServer):
    """Answers the n-th request about a question with the n-th reply of the script, then with good ones.

    Attributes:
        answered: good answers by question.
        requests: every request by question, whatever became of it.
        bodies: what was asked, in order of arrival.
        hold: where it is set, good answers after so many wait until `release` is.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, *script: Reply) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.answered: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hold = 0
        self.held, self.release = threading.Event(), threading.Event()
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Edge
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        question = asked(body)
        with self.server.guard:
            self.server.bodies.append(body)
            self.server.headers.append(dict(self.headers))
            number = self.server.requests[question]
            self.server.requests[question] += 1
        script = self.server.script
        try:
            (script[number] if number < len(script) else good)(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *parts: Any) -> None:
        """Say nothing."""

    def send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)


def asked(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"]) if "messages" in body else "a completion"


def right(question: str) -> str:
    found = re.search(r"twice (\d+)", question)
    return f"#### {2 * int(found[1])}" if found else "nothing"


def completion(text: str, **message: Any) -> bytes:
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}).encode()


def good(handler: Handler, body: dict[str, Any]) -> None:
    edge, question = handler.server, asked(body)
    with edge.guard:
        wait = edge.hold and sum(edge.answered.values()) >= edge.hold
        if not wait:
            edge.answered[question] += 1
    if wait:
        edge.held.set()
        edge.release.wait(60)
        handler.close_connection = True
        return
    handler.send(200, completion(right(question)))


def says(content: bytes, status: int = 200, **headers: str) -> Reply:
    """This very body."""
    return lambda handler, body: handler.send(status, content, **headers)


def half(handler: Handler, body: dict[str, Any]) -> None:
    """Half of what was announced, then the connection is closed."""
    content = completion(right(asked(body)))
    handler.send_response(200)
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def half_a_stream(handler: Handler, body: dict[str, Any]) -> None:
    """Chunks that break off before the last."""
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'5\r\n{"cho\r\n')
    handler.close_connection = True


def silence(handler: Handler, body: dict[str, Any]) -> None:
    """Nothing, for longer than anyone waits."""
    handler.server.release.wait(5)
    handler.close_connection = True


def drip(handler: Handler, body: dict[str, Any]) -> None:
    """A byte now and then, for ever: no single read takes long."""
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    while not handler.server.release.wait(0.05):
        handler.wfile.write(b"1\r\n \r\n")
        handler.wfile.flush()


@contextmanager
def edge(*script: Reply) -> Iterator[Edge]:
    """The server, running."""
    server = Edge(*script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
