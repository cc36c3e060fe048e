"""Static files, byte for byte as they stand in the tree: answered in front of Django, which takes threads for each request."""

from collections.abc import Awaitable, Callable, Iterable

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from whitenoise import WhiteNoise

from webmail.headers import security_headers


class StaticFiles(WhiteNoise):
    """WhiteNoise decides on an answer; other addresses are the application's. The files are small: each is sent whole."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        # The release hash in the address makes every one of them immutable.
        super().__init__(
            application, settings.STATIC_ROOT, settings.STATIC_URL, allow_all_origins=False, immutable_file_test=".*"
        )
        self._always = _encoded(security_headers().items())

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """200, 206, 304, 405 or 416 for the address of a file."""
        try:
            found = self._found(scope)
        except OSError:  # gone since this process began, as in an upgrade
            found = None
        if found is None:
            await self.application(scope, receive, send)
            return
        status, headers, content = found
        await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    def _found(self, scope: HTTPScope) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Status, headers and bytes, where the address is a file's. Raises OSError."""
        file = self.files.get(scope["path"])
        if file is None:
            return None
        decided = file.get_response(scope["method"], _environment(scope["headers"]))
        content = b""
        if decided.file is not None:
            with decided.file:
                content = decided.file.read()
        return int(decided.status), [*_encoded(decided.headers), *self._always], content


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def _environment(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """By the names of RFC 3875 §4.1.18, which WhiteNoise knows."""
    return {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1") for name, value in headers
    }
