"""`POST /auth/recovery`: login with a printed recovery code (docs/API.md)."""

from django.http import HttpRequest

from webmail.domain import recovery_login
from webmail.domain.errors import LoginRefused
from webmail.models import Person
from webmail.schema import Record, binary, text
from webmail.web import login_session
from webmail.web.card import CHALLENGE
from webmail.web.errors import WebError
from webmail.web.json_views import Answer, json_route
from webmail.web.origin import origin_of
from webmail.web.rate import limit

CODE = Record({"address": text(254), "signature": binary(64)})


@json_route(CODE)
def login(request: HttpRequest, body: Answer) -> Answer:
    """The code itself stays in the page: what it signs is this session's challenge, for this page's origin."""
    limit(request, "recovery", per_session=10, per_address=60)
    issued = request.session.pop(CHALLENGE, "")
    try:
        credential = recovery_login.log_in(
            body["address"],
            body["signature"],
            challenge=issued,
            session=login_session.key_of(request),
            origin=origin_of(request),
        )
    except LoginRefused as error:
        raise WebError(error.code, 403) from error
    login_session.open_for(request, Person.objects.get(id=credential.person_id), credential.reference)
    return {"status": "ok", "next": "/mail/"}
