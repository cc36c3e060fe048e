"""How the bridge serves pages of its own: nothing runs but its scripts, nothing frames them, nobody else reads them."""

from websockets.datastructures import Headers
from websockets.http11 import Response


def own_page(content_type: str, body: bytes, port: int, *, opener_policy: str = "same-origin") -> Response:
    """A file of `bridge/pages`. `port`: the listener's own, the only one its sockets may go to."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://127.0.0.1:{port}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": opener_policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Connection": "close",
    }
    return Response(200, "OK", Headers(headers), body)
