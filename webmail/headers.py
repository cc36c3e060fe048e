"""Security headers on every answer: pages, JSON, static files, downloads, errors (DESIGN §8)."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = HttpResponseBase
Next = Callable[[HttpRequest], Answer] | Callable[[HttpRequest], Awaitable[Answer]]


def policy(directives: dict[str, str]) -> str:
    """A Content-Security-Policy value (CSP level 3 §2.2)."""
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def security_headers() -> dict[str, str]:
    """What every answer carries, as the settings say it."""
    headers = {
        "Content-Security-Policy": policy(settings.PLI_CONTENT_SECURITY_POLICY),
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    }
    if settings.SESSION_COOKIE_SECURE:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


class SecurityHeaders:
    """Adds what a view has not set itself; the frame for HTML mail brings a stricter policy of its own."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.headers = security_headers()
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer | Awaitable[Answer]:
        answer = self.get_response(request)
        if isinstance(answer, HttpResponseBase):
            return self._dress(answer)
        return self._later(answer)

    async def _later(self, answer: Awaitable[Answer]) -> Answer:
        return self._dress(await answer)

    def _dress(self, answer: Answer) -> Answer:
        for name, value in self.headers.items():
            answer.headers.setdefault(name, value)
        return answer
