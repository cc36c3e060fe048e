"""Opening an account: two certificates for two requests, then the genesis act (docs/API.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from webmail.domain import open_account
from webmail.domain.errors import OpeningRefused
from webmail.schema import Record, binary, text
from webmail.web import login_session
from webmail.web.errors import WebError
from webmail.web.json_views import Answer, json_route
from webmail.web.keys import serialised
from webmail.web.rate import limit

MAX_DER = 64 * 1024
REQUESTS = Record({"address": text(254), "encryptionRequest": binary(MAX_DER), "signatureRequest": binary(MAX_DER)})
GENESIS = Record(
    {
        "mailboxId": text(32, r"[0-9a-f]{32}"),
        "grant": binary(MAX_DER),
        "binding": binary(MAX_DER),
        "logEntry": binary(MAX_DER),
    }
)
CONFLICTS = frozenset({"address-taken"})


@json_route(REQUESTS)
def certify(request: HttpRequest, body: Answer) -> Answer:
    """`POST /open/certify`."""
    enrolment = login_session.enrolment_of(request)
    with step(request, "certify"):
        return serialised(open_account.certify(enrolment, body["address"], **requests_of(body)))


@json_route(GENESIS)
def complete(request: HttpRequest, body: Answer) -> Answer:
    """`POST /open/complete`: the session becomes the owner's."""
    enrolment = login_session.enrolment_of(request)
    with step(request, "complete"):
        person = open_account.complete(enrolment, body["mailboxId"], **genesis_of(body))
    login_session.open_for(request, person, enrolment.reference)
    return {"status": "ok", "next": "/mail/"}


@contextmanager
def step(request: HttpRequest, act: str) -> Iterator[None]:
    """One step of an opening: so often, and refused as a page is told it."""
    limit(request, act, per_session=20, per_address=120)
    try:
        yield
    except OpeningRefused as error:
        raise WebError(error.code, 409 if error.code in CONFLICTS else 400) from error


def requests_of(body: Answer) -> Answer:
    """For what certificates are asked."""
    return {"encryption_request": body["encryptionRequest"], "signature_request": body["signatureRequest"]}


def genesis_of(body: Answer) -> Answer:
    """The parts of the genesis act."""
    return {"grant": body["grant"], "binding": body["binding"], "log_entry": body["logEntry"]}
