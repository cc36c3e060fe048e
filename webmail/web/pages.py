"""The server-rendered shells. They hold no data: what a person may see comes by JMAP, sealed."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from webmail.web import login_session

View = Callable[[HttpRequest], HttpResponse]


def shell(template: str) -> Callable[[Callable[[HttpRequest], str | None]], View]:
    """A page that shows `template` unless the decorated function names another place to go first."""

    def decorate(elsewhere: Callable[[HttpRequest], str | None]) -> View:
        @require_safe
        @never_cache
        @ensure_csrf_cookie
        @wraps(elsewhere)
        def view(request: HttpRequest) -> HttpResponse:
            place = elsewhere(request)
            ports = settings.PLI_BRIDGE_PORTS
            return redirect(place) if place else render(request, template, {"bridge_ports": f"{ports[0]}-{ports[-1]}"})

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


@shell("open-account.html")
def open_account(request: HttpRequest) -> str | None:
    """`GET /open/`: account opening. Someone without a card starts here with a passkey, so it asks for no session."""
    return "/mail/" if login_session.is_open(request) else None


@shell("bridge-check.html")
def bridge_check(_request: HttpRequest) -> str | None:
    """`GET /bridge-check`: where the way from this page to the card ends. Who cannot log in needs it most."""
    return None
