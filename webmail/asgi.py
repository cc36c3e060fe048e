"""`uvicorn webmail.asgi:application`: HTTP, the JMAP websocket, and the listener for writers' news."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")

from django.core.asgi import get_asgi_application

from webmail.static_files import StaticFiles

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# An upload is at most 70 MB; nothing larger is even taken in.
MAX_BODY = 72 * 2**20

http_application: Any = StaticFiles(get_asgi_application())


def _websocket_application() -> Any:
    """Imported late: Channels and the models need Django to be set up. `live` itself knows nothing of JMAP methods."""
    from channels.routing import URLRouter
    from channels.sessions import SessionMiddlewareStack
    from django.urls import path

    from webmail.jmap.over_websocket import answer_message
    from webmail.live.consumer import JmapSocket

    JmapSocket.answer = staticmethod(answer_message)
    return SessionMiddlewareStack(URLRouter([path("jmap/ws", JmapSocket.as_asgi())]))


websocket_application = _websocket_application()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand each connection to what speaks its protocol."""
    match scope["type"]:
        case "lifespan":
            await _lifespan(receive, send)
        case "websocket" if scope["path"] == "/jmap/ws":
            await websocket_application(scope, receive, send)
        case "websocket":
            await send({"type": "websocket.close", "code": 4404})
        case "http":
            await _http(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Listen for news for as long as the server runs."""
    from webmail.live.pulse import pulse

    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await pulse.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await pulse.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    """Files, and Django, which would spool the whole body before a view may ask how long it is; beyond the limit it is cut off here,
    as a lost connection, and answered 413.
    """
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > MAX_BODY else message

    await http_application(scope, limited, send)
    if taken > MAX_BODY:
        await _too_large(send)


async def _too_large(send: Send) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"error": "request-invalid"}'})
