"""`/.well-known/pli-bridge`: lets an allowed page make the browser ask its question about the local network (docs/PROTOCOL.md).

It says what an allowed page knows already, to that page alone, and changes nothing.
"""

import json

from websockets.datastructures import Headers
from websockets.http11 import Response

from bridge.protocol import SUBPROTOCOL

PATH = "/.well-known/pli-bridge"


def describe(origin: str, port: int | None = None) -> Response:
    """The answer to a page of `origin`. `port`: where the caller's own bridge listens, on a shared host."""
    elsewhere = {} if port is None else {"port": port}
    body = json.dumps({"protocols": [SUBPROTOCOL], **elsewhere}).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Access-Control-Allow-Origin": origin,
        "Vary": "Origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }
    return Response(200, "OK", Headers(headers), body)
