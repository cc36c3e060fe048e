"""The one question "which origin is this page": a card signs it and WebAuthn binds to it, so it is never guessed."""

from urllib.parse import urlsplit

from django.http import HttpRequest

from webmail.origins import allowed
from webmail.web.errors import OriginRefused


def origin_of(request: HttpRequest) -> str:
    """The origin of the page that asks, without trailing slash; raises `OriginRefused`.

    The server rebuilds it from its own address, which ALLOWED_HOSTS has checked, and then wants the browser's `Origin`
    header (sent with every POST) to say the same.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin", origin) != origin or not allowed(origin):
        raise OriginRefused
    return origin


def relying_party_of(origin: str) -> str:
    """The WebAuthn relying party id of an origin: its host, exactly."""
    return urlsplit(origin).hostname or ""
