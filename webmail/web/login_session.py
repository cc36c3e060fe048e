"""The browser session: nobody, someone who is opening an account, or a person. It changes its id whenever that changes."""

from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from webmail.domain import access, authenticate, trace
from webmail.domain.authenticate import Enrolment
from webmail.domain.trace import Act
from webmail.models import Person
from webmail.web.errors import SessionExpired

PERSON, ENROLMENT = "person_id", "enrolment"


def key_of(request: HttpRequest) -> str:
    """The id of the session, made if there is none yet: challenges are bound to it."""
    if not request.session.session_key:
        request.session.create()
    return str(request.session.session_key)


def open_for(request: HttpRequest, person: Person) -> None:
    """Log a person in. Nothing of the former session survives, its id least of all (session fixation)."""
    _renew(request)
    request.session[PERSON] = person.id
    authenticate.note_login(person)


def begin_enrolment(request: HttpRequest, enrolment: Enrolment) -> None:
    """Remember who proved who they are, until an account is opened for them."""
    _renew(request)
    request.session[ENROLMENT] = enrolment.to_session()


def close(request: HttpRequest) -> None:
    """Log out, here and on every socket of this session."""
    person_id = request.session.get(PERSON, "")
    for account in access.accounts_of(person_id):
        trace.record(account.id, Act.LOGOUT, person_id=person_id)
    _renew(request)


def is_open(request: HttpRequest) -> bool:
    """Whether a person is logged in."""
    return PERSON in request.session


def is_enrolling(request: HttpRequest) -> bool:
    """Whether someone is opening an account."""
    return ENROLMENT in request.session


def person_id_of(request: HttpRequest) -> str:
    """The person logged in; raises `SessionExpired`."""
    if not is_open(request):
        raise SessionExpired
    return str(request.session[PERSON])


def enrolment_of(request: HttpRequest) -> Enrolment:
    """Who is opening an account; raises `SessionExpired`."""
    if not is_enrolling(request):
        raise SessionExpired
    return Enrolment.from_session(request.session[ENROLMENT])


def _renew(request: HttpRequest) -> None:
    request.session.flush()
    rotate_token(request)
