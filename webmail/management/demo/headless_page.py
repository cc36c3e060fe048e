"""What a page does, without a browser: the bridge's socket and the server's routes, from one origin."""

import base64
import http.cookiejar
import json
import urllib.error
import urllib.request
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

TIMEOUT = 60


class PageError(Exception):
    """The bridge or the server said no; the text is its code."""


class HeadlessPage:
    """One origin's connections to a bridge port and a web port."""

    def __init__(self, origin: str, bridge_port: int) -> None:
        self.origin = origin
        self._socket = connect(
            f"ws://127.0.0.1:{bridge_port}/",
            origin=Origin(origin),
            subprotocols=[Subprotocol("pli-bridge.1")],
            proxy=None,
        )
        self._cookies = http.cookiejar.CookieJar()
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._cookies)]
        self._opener = urllib.request.build_opener(*handlers)
        self._calls = 0
        self.get("/")  # sets the CSRF cookie

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def bridge(self, method: str, **params: Any) -> Any:
        """Call a bridge method (docs/PROTOCOL.md); raises PageError with the error's name."""
        self._calls += 1
        self._socket.send(
            json.dumps({"jsonrpc": "2.0", "id": self._calls, "method": method, "params": params}).encode()
        )
        while (reply := json.loads(self._socket.recv(TIMEOUT))).get("id") != self._calls:
            continue  # a notification
        if "error" in reply:
            raise PageError(f"{method}: {reply['error']['data']['name']}")
        return reply["result"]

    def get(self, path: str) -> bytes:
        return self._request(path, None, "application/json")

    def post(self, path: str, body: object) -> Any:
        """Post JSON to a route (docs/API.md); raises PageError with the error's code."""
        return json.loads(self._request(path, json.dumps(body).encode(), "application/json"))

    def upload(self, path: str, data: bytes) -> Any:
        return json.loads(self._request(path, data, "application/octet-stream"))

    def _request(self, path: str, data: bytes | None, content_type: str) -> bytes:
        request = urllib.request.Request(self.origin + path, data=data)  # noqa: S310 - our own origin, http on loopback
        request.add_header("Content-Type", content_type)
        request.add_header("Origin", self.origin)
        request.add_header("Referer", self.origin + "/")
        for cookie in self._cookies:
            if cookie.name == "csrftoken":
                request.add_header("X-CSRFToken", cookie.value or "")
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise PageError(f"{path}: {error.code} {error.read()[:300].decode(errors='replace')}") from error


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
