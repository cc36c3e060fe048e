"""The server-rendered shells. They hold no data: what a person may see comes by JMAP, sealed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webmail.web import login_session

BRIDGE_PORTS = list(range(28610, 28618))
View = Callable[[HttpRequest], HttpResponse]


def context(request: HttpRequest) -> dict[str, Any]:
    """What every shell may know: addresses of our own files and the operator's public names."""
    return {
        "static_base": settings.STATIC_URL,
        "language": get_language(),
        "csrf_token": get_token(request),
        "bridge_ports": BRIDGE_PORTS,
        "domains": settings.PLI_DOMAINS,
    }


def shell(template: str) -> Callable[[Callable[[HttpRequest], str | None]], View]:
    """A page that shows `template` unless the decorated function names another place to go first."""

    def decorate(elsewhere: Callable[[HttpRequest], str | None]) -> View:
        @require_safe
        @never_cache
        @wraps(elsewhere)
        def view(request: HttpRequest) -> HttpResponse:
            place = elsewhere(request)
            return redirect(place) if place else render(request, template, context(request))

        return view

    return decorate


@shell("login.html")
def login(request: HttpRequest) -> str | None:
    """`GET /`: who is logged in already goes to the mail."""
    return "/mail/" if login_session.is_open(request) else None


@shell("mail.html")
def mail(request: HttpRequest) -> str | None:
    """`GET /mail/`: the mail application."""
    return None if login_session.is_open(request) else "/"


@shell("held.html")
def held(request: HttpRequest) -> str | None:
    """`GET /held/`: "what the server holds"."""
    return None if login_session.is_open(request) else "/"


@shell("open.html")
def open_account(request: HttpRequest) -> str | None:
    """`GET /open/`: account opening, for a session that has proved who it is and has no mailbox yet."""
    return None if login_session.is_enrolling(request) else "/"


def refused(status: int) -> Callable[..., HttpResponse]:
    """An error page for Django's `handlerNNN`; JSON for callers that asked for JSON."""

    def view(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        del exception
        return render(request, "error.html", {**context(request), "status": status}, status=status)

    return view


bad_request, forbidden, not_found, server_error = (refused(status) for status in (400, 403, 404, 500))
