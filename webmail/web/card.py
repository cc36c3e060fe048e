"""Login by card: a challenge, and the Web eID token that answers it (docs/API.md)."""

from django.http import HttpRequest

from webmail.domain import access, authenticate
from webmail.domain.authenticate import Enrolment
from webmail.domain.errors import LoginRefused
from webmail.domain.open_account import suggested_address
from webmail.schema import Record, anything, mapping, text
from webmail.web import login_session
from webmail.web.errors import WebError
from webmail.web.json_views import Answer, json_route
from webmail.web.origin import origin_of
from webmail.web.rate import limit

CHALLENGE = "challenge"
NOTHING = Record({})
TOKEN = Record({"token": mapping(text(64), anything, 16)})


@json_route(NOTHING)
def challenge(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/challenge`: 32 random bytes for the card to sign, good once, in this session."""
    del body
    limit(request, "challenge", per_session=30, per_address=240)
    issued = authenticate.issue_challenge(login_session.key_of(request))
    request.session[CHALLENGE] = issued
    return {"challenge": issued}


@json_route(TOKEN)
def login(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/card`: the token is checked against this session's challenge and this page's origin."""
    limit(request, "card", per_session=10, per_address=120)
    issued = request.session.pop(CHALLENGE, "")
    try:
        found = authenticate.card_login(
            body["token"], challenge=issued, session=login_session.key_of(request), origin=origin_of(request)
        )
    except LoginRefused as error:
        raise WebError(error.code, 403) from error
    if found.person is not None and access.may_enter(found.person.id):
        login_session.open_for(request, found.person, found.enrolment.reference)
        return {"status": "ok", "next": "/mail/"}
    login_session.begin_enrolment(request, found.enrolment)
    return _unknown(found.enrolment)


def _unknown(enrolment: Enrolment) -> Answer:
    return {
        "status": "unknown",
        "name": enrolment.name,
        "rppsNumber": enrolment.id_value if enrolment.id_type == "RPPS" else "",
        "profession": enrolment.profession,
        "suggestedAddress": suggested_address(enrolment),
    }


@json_route(NOTHING)
def logout(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/logout`."""
    del body
    login_session.close(request)
    return {}
