"""What a page does, without a browser: the bridge's socket and the server's routes, from one origin."""

import base64
import http.client
import http.cookies
import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from bridge import p256
from bridge.handshake import Initiator
from bridge.secure_channel import SecureChannel

TIMEOUT = 60
_INLINE = 40_000  # characters of a request; a frame holds 64 KiB
_WORTH_A_BLOB = 400  # characters of base64
_CHUNK = 32_768  # of base64 in one blob.put


class PageError(Exception):
    """The bridge or the server said no; the text is its code."""


class HeadlessPage:
    """One origin's connections to a bridge port and a web port. Its key lives as long as it does: the set-up pairs once."""

    def __init__(self, origin: str, bridge_port: int) -> None:
        self.origin = origin
        self._connection = connect(
            f"ws://127.0.0.1:{bridge_port}/",
            origin=Origin(origin),
            subprotocols=[Subprotocol("pli-bridge.1")],
            proxy=None,
        )
        self._web = http.client.HTTPConnection("127.0.0.1", urlsplit(origin).port, timeout=TIMEOUT)
        self._cookies: http.cookies.SimpleCookie = http.cookies.SimpleCookie()
        self._calls = 0

    def __enter__(self) -> Self:
        self._socket = self._connection.__enter__()
        self._channel = self._shake_hands()
        self.get("/")  # sets the CSRF cookie
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.__exit__(kind, error, trace)
        self._web.close()

    def _shake_hands(self) -> SecureChannel:
        """Pair with the bridge, which this set-up started itself; its prompt agrees to the digits."""
        initiator = Initiator(self.origin, p256.generate())
        self._socket.send(initiator.hello)
        initiator.meet(self._frame())
        proof, agreed = initiator.prove(pair=True)
        self._socket.send(proof)
        while (state := json.loads(agreed.channel.open(self._frame()))["params"]["state"]) == "pairing":
            continue
        if state != "ready":
            raise PageError(state)
        return agreed.channel

    def _frame(self) -> bytes:
        frame = self._socket.recv(TIMEOUT)
        return frame if isinstance(frame, bytes) else b""

    def bridge(self, method: str, **params: Any) -> Any:
        """Call a bridge method (docs/PROTOCOL.md), large values as blobs; raises PageError with the error's name."""
        return self._call(method, self._fitting(params))

    def _call(self, method: str, params: Any) -> Any:
        self._calls += 1
        request = {"jsonrpc": "2.0", "id": self._calls, "method": method, "params": params}
        self._socket.send(self._channel.seal(json.dumps(request).encode()))
        while (reply := json.loads(self._channel.open(self._frame()))).get("id") != self._calls:
            continue  # a notification
        if "error" in reply:
            raise PageError(f"{method}: {_refusal(reply['error']['data'])}")
        return reply["result"]

    def _fitting(self, params: Any) -> Any:
        return params if len(json.dumps(params)) < _INLINE else self._with_blobs(params)

    def _with_blobs(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._with_blobs(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._with_blobs(member) for member in value]
        return self._blob(value) if isinstance(value, str) and len(value) > _WORTH_A_BLOB else value

    def _blob(self, encoded: str) -> dict[str, str]:
        name = f"b{self._calls}"
        for start in range(0, len(encoded), _CHUNK):
            data, last = encoded[start : start + _CHUNK], start + _CHUNK >= len(encoded)
            self._call("blob.put", {"id": name, "offset": start // 4 * 3, "data": data, "last": last})
        return {"blob": name}

    def get(self, path: str) -> bytes:
        return self._request(path, None, "application/json")

    def fetch(self, path: str) -> Any:
        """The JSON of a route."""
        return json.loads(self.get(path))

    def post(self, path: str, body: object) -> Any:
        """Post JSON to a route (docs/API.md); raises PageError with the error's code."""
        return json.loads(self._request(path, json.dumps(body).encode(), "application/json"))

    def upload(self, path: str, data: bytes) -> Any:
        return json.loads(self._request(path, data, "application/octet-stream"))

    def _request(self, path: str, data: bytes | None, content_type: str) -> bytes:
        self._web.request("GET" if data is None else "POST", path, data, self._headers(content_type))
        response = self._web.getresponse()
        body = response.read()
        self._web.close()  # an idle connection would be gone when the next request comes
        for cookie in response.headers.get_all("Set-Cookie", []):
            self._cookies.load(cookie)
        if response.status >= http.client.BAD_REQUEST:
            raise PageError(f"{path}: {response.status} {body[:300].decode(errors='replace')}")
        return body

    def _headers(self, content_type: str) -> dict[str, str]:
        """As a browser's. `NAME.localhost` is 127.0.0.1 to every browser, but not to every resolver."""
        headers = {"Host": urlsplit(self.origin).netloc, "Origin": self.origin, "Content-Type": content_type}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())
        if "csrftoken" in self._cookies:
            headers["X-CSRFToken"] = self._cookies["csrftoken"].value
        return headers


def _refusal(data: dict[str, Any]) -> str:
    return " ".join([data["name"], *([data["reason"]] if "reason" in data else [])])


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
