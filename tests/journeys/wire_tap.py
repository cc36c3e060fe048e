"""The server's own application, behind a tap that writes down what comes over the wire, once TLS and HTTP framing are off.

Started in the place of `webmail.asgi:application` (ASGI 3) with `PLI_TAP` naming the file.
"""

import os
from pathlib import Path
from typing import Any

from webmail.asgi import application as served

_TAP = Path(os.environ["PLI_TAP"])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Requests with their headers and whole bodies, and each message of a websocket."""
    if scope["type"] == "lifespan":
        return await served(scope, receive, send)
    _write(scope.get("raw_path") or scope["path"].encode(), scope["query_string"], *map(b": ".join, scope["headers"]))
    body = bytearray()

    async def heard() -> Any:
        event = await receive()
        if event["type"] == "http.request":
            body.extend(event.get("body", b""))
            if not event.get("more_body"):
                _write(bytes(body))
        elif event["type"] == "websocket.receive":
            _write(event.get("bytes") or (event.get("text") or "").encode())
        return event

    return await served(scope, heard, send)


def _write(*lines: bytes) -> None:
    with _TAP.open("ab") as tap:
        tap.write(b"\n".join([*lines, b""]))
