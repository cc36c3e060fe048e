"""The browser session: nobody, someone who is opening an account, or a person. It changes its id whenever that changes."""

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from webmail.domain import access, authenticate, trace
from webmail.domain.authenticate import Enrolment
from webmail.domain.caller import CREDENTIAL, PERSON, PROVED_AT, Caller, caller_of
from webmail.domain.trace import Act
from webmail.models import Credential, Person
from webmail.web.errors import SessionExpired

ENROLMENT = "enrolment"


def key_of(request: HttpRequest) -> str:
    """The id of the session, made if there is none yet: challenges are bound to it."""
    if not request.session.session_key:
        request.session.create()
    return str(request.session.session_key)


def open_for(request: HttpRequest, person: Person, reference: str) -> None:
    """Log a person in by the credential of that reference. Nothing of the former session survives, its id least of all (session
    fixation); only who shows a card or passkey once more in a session of his own goes on in it.
    """
    if not _is_step_up(request, person, reference):
        _renew(request)
        request.session[PERSON] = person.id
    request.session[CREDENTIAL] = reference
    request.session[PROVED_AT] = timezone.now().isoformat()
    authenticate.note_login(caller_of_request(request))


def _is_step_up(request: HttpRequest, person: Person, reference: str) -> bool:
    caller = caller_of(request.session)
    used = Credential.objects.filter(reference=reference).values_list("kind", flat=True).first()
    return caller is not None and caller.person_id == person.id and Credential.Kind.RECOVERY not in (caller.kind, used)


def begin_enrolment(request: HttpRequest, enrolment: Enrolment) -> None:
    """Remember who proved who they are, until an account is opened for them."""
    _renew(request)
    request.session[ENROLMENT] = enrolment.to_session()


def close(request: HttpRequest) -> None:
    """Log out, here and on every socket of this session."""
    caller = caller_of(request.session, request.META.get("REMOTE_ADDR"))
    for account in access.accounts_of(caller) if caller else ():
        trace.record(account.id, Act.LOGOUT, caller)
    _renew(request)


def is_open(request: HttpRequest) -> bool:
    """Whether a person is logged in."""
    return caller_of(request.session) is not None


def is_enrolling(request: HttpRequest) -> bool:
    """Whether someone is opening an account."""
    return ENROLMENT in request.session


def caller_of_request(request: HttpRequest) -> Caller:
    """The person logged in, and by what; raises `SessionExpired`."""
    caller = caller_of(request.session, request.META.get("REMOTE_ADDR"))
    if caller is None:
        raise SessionExpired
    return caller


def enrolment_of(request: HttpRequest) -> Enrolment:
    """Who is opening an account; raises `SessionExpired`."""
    if not is_enrolling(request):
        raise SessionExpired
    return Enrolment.from_session(request.session[ENROLMENT])


def _renew(request: HttpRequest) -> None:
    request.session.flush()
    rotate_token(request)
