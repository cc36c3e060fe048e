"""Opening a service, a practice or a program's mailbox (docs/API.md)."""

from django.http import HttpRequest

from webmail.domain import open_service
from webmail.domain.errors import OpeningRefused
from webmail.schema import Record, one_of
from webmail.web import login_session
from webmail.web.json_views import Answer, json_route
from webmail.web.keys import serialised
from webmail.web.opening import GENESIS, REQUESTS, refused
from webmail.web.rate import limit

SERVICE = Record({"kind": one_of(*open_service.KINDS), **REQUESTS.members})


@json_route(SERVICE)
def certify(request: HttpRequest, body: Answer) -> Answer:
    """`POST /services/certify`."""
    caller = login_session.caller_of_request(request)
    limit(request, "certify", per_session=20, per_address=120)
    try:
        certified = open_service.certify(
            caller,
            body["kind"],
            body["address"],
            encryption_request=body["encryptionRequest"],
            signature_request=body["signatureRequest"],
        )
    except OpeningRefused as error:
        raise refused(error) from error
    return serialised(certified)


@json_route(GENESIS)
def complete(request: HttpRequest, body: Answer) -> Answer:
    """`POST /services/complete`: the session goes on, with one account more."""
    caller = login_session.caller_of_request(request)
    limit(request, "complete", per_session=20, per_address=120)
    try:
        open_service.complete(
            caller, body["mailboxId"], grant=body["grant"], binding=body["binding"], log_entry=body["logEntry"]
        )
    except OpeningRefused as error:
        raise refused(error) from error
    return {"status": "ok", "accountId": body["mailboxId"]}
