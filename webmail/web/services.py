"""Opening a service, a practice or a program's mailbox (docs/API.md)."""

from django.http import HttpRequest

from webmail.domain import open_service
from webmail.schema import Record, one_of
from webmail.web import login_session
from webmail.web.json_views import Answer, json_route
from webmail.web.keys import serialised
from webmail.web.opening import GENESIS, REQUESTS, genesis_of, requests_of, step

SERVICE = Record({"kind": one_of(*open_service.KINDS), **REQUESTS.members})


@json_route(SERVICE)
def certify(request: HttpRequest, body: Answer) -> Answer:
    """`POST /services/certify`."""
    caller = login_session.caller_of_request(request)
    with step(request, "certify"):
        return serialised(open_service.certify(caller, body["kind"], body["address"], **requests_of(body)))


@json_route(GENESIS)
def complete(request: HttpRequest, body: Answer) -> Answer:
    """`POST /services/complete`: the session goes on, with one account more."""
    caller = login_session.caller_of_request(request)
    with step(request, "complete"):
        open_service.complete(caller, body["mailboxId"], **genesis_of(body))
    return {"status": "ok", "accountId": body["mailboxId"]}
