"""A websocket client for tests, on asgiref alone: Channels' own drags daphne in."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class Websocket(ApplicationCommunicator):
    """Speaks ASGI to an application as a server would."""

    def __init__(
        self, application: Any, path: str, headers: list[tuple[bytes, bytes]], subprotocols: list[str]
    ) -> None:
        scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
        super().__init__(application, {**scope, "subprotocols": subprotocols, "client": ["127.0.0.1", 1]})

    async def connect(self) -> bool:
        """Whether the application accepted."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout=5)
        self.close_code = answer.get("code")
        return bool(answer["type"] == "websocket.accept")

    async def send(self, message: Any) -> None:
        """One text frame; what is not text already is sent as JSON."""
        text = message if isinstance(message, str) else json.dumps(message)
        await self.send_input({"type": "websocket.receive", "text": text})

    async def receive(self) -> dict[str, Any]:
        """The JSON of the next text frame."""
        message = await self.receive_output(timeout=5)
        assert message["type"] == "websocket.send", message
        return dict(json.loads(message["text"]))

    async def closed(self) -> int:
        """The code with which the application closes next."""
        message = await self.receive_output(timeout=5)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def disconnect(self) -> None:
        """Go away."""
        if not self.future.done():
            await self.send_input({"type": "websocket.disconnect", "code": 1000})
            await self.wait(timeout=5)
