"""The one answer to every refused caller: nothing tells a stranger why, or even that this is Pli."""

from websockets.datastructures import Headers
from websockets.http11 import Response


def refusal() -> Response:
    return Response(404, "Not Found", Headers([("Content-Length", "0"), ("Connection", "close")]), b"")


REFUSAL = refusal().serialize()
