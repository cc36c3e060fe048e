"""Login: a single-use challenge, and who a card or a passkey proves to be."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from bridge.pki.certificates import certificate_sha256, der
from bridge.pki.errors import CertificateMalformed, IdentityError, PathError, TokenError
from bridge.pki.health_identity import Identity, identity_of
from bridge.pki.path import ValidatedCertificate
from bridge.pki.web_eid import verify_token
from webmail import trust
from webmail.domain import access, invitations, trace
from webmail.domain.caller import Caller, closed_way
from webmail.domain.errors import LoginRefused
from webmail.domain.trace import Act
from webmail.models import Challenge, Credential, Membership, Person
from webmail.models.columns import new_identifier

CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_LENGTH = 32
_NAMED = frozenset({"certificate-expired", "certificate-revoked", "certificate-untrusted", "wrong-key-usage"})


@dataclass(frozen=True)
class Passkey:
    """A registered WebAuthn credential, as its verified attestation gave it."""

    credential_id: bytes
    public_key: bytes  # COSE_Key
    prf_salt: bytes
    sign_count: int


@dataclass(frozen=True)
class Enrolment:
    """Someone who proved who they are and has no account yet. `certificate` is the card's, DER; empty for a passkey."""

    level: str
    id_type: str
    id_value: str
    name: str
    profession: str
    certificate: bytes = b""
    passkey: Passkey | None = None

    @property
    def reference(self) -> str:
        """The holder reference of a grant (FORMATS), hex: SHA-256 of the certificate or of the credential id."""
        proof = self.passkey.credential_id if self.passkey else self.certificate
        return hashlib.sha256(proof).hexdigest()

    def to_session(self) -> dict[str, Any]:
        """A JSON form for the login session."""
        passkey = self.passkey and {
            "credential_id": _text(self.passkey.credential_id),
            "public_key": _text(self.passkey.public_key),
            "prf_salt": _text(self.passkey.prf_salt),
            "sign_count": self.passkey.sign_count,
        }
        names = ("level", "id_type", "id_value", "name", "profession")
        return {name: getattr(self, name) for name in names} | {
            "certificate": _text(self.certificate),
            "passkey": passkey,
        }

    @classmethod
    def from_session(cls, stored: Mapping[str, Any]) -> "Enrolment":
        """What `to_session` wrote."""
        found = stored["passkey"]
        passkey = found and Passkey(
            credential_id=base64.b64decode(found["credential_id"]),
            public_key=base64.b64decode(found["public_key"]),
            prf_salt=base64.b64decode(found["prf_salt"]),
            sign_count=found["sign_count"],
        )
        return cls(**{**stored, "certificate": base64.b64decode(stored["certificate"]), "passkey": passkey})


@dataclass(frozen=True)
class CardLogin:
    """A proven card: `person` is None for someone who has no account, and `enrolment` then opens one."""

    person: Person | None
    enrolment: Enrolment


def issue_challenge(session: str, purpose: str = "login") -> str:
    """Base64 of 32 random bytes, good once, for five minutes, in this browser session only."""
    challenge = base64.b64encode(secrets.token_bytes(CHALLENGE_LENGTH)).decode()
    now = timezone.now()
    Challenge.objects.filter(expires_at__lt=now).delete()
    Challenge.objects.create(digest=_digest(session, purpose, challenge), expires_at=now + CHALLENGE_LIFETIME)
    return challenge


def spend_challenge(session: str, challenge: str, purpose: str = "login") -> None:
    """Use a challenge up. Raises LoginRefused("challenge-expired") if it is used, old, or of another session or purpose."""
    live = Challenge.objects.filter(digest=_digest(session, purpose, challenge), expires_at__gte=timezone.now())
    if live.delete()[0] != 1:
        raise LoginRefused("challenge-expired")


def card_login(token: Mapping[str, Any], *, challenge: str, session: str, origin: str) -> CardLogin:
    """Verify a Web eID token and find its person. The challenge is spent whatever happens. Raises LoginRefused."""
    spend_challenge(session, challenge)
    try:
        card = verify_token(
            token,
            challenge=challenge,
            origin=origin,
            anchors=trust.anchors(),
            chain=trust.intermediates(),
            at=timezone.now(),
            crls=trust.crls(),
            ocsps=lambda certificate: trust.ocsps([certificate, *trust.intermediates()]),
        )
        identity = identity_of(card)
    except PathError as error:
        raise LoginRefused(error.code if error.code in _NAMED else "certificate-untrusted") from error
    except (TokenError, CertificateMalformed, IdentityError) as error:
        raise LoginRefused("token-invalid") from error
    return CardLogin(_person_of(card, identity), _enrolment(card, identity))


def passkey_of(credential_id: bytes) -> Credential:
    """The registered passkey with this WebAuthn credential id. Raises LoginRefused("passkey-unknown")."""
    reference = hashlib.sha256(credential_id).hexdigest()
    found = Credential.objects.filter(reference=reference, kind=Credential.Kind.PASSKEY, retired_at=None).first()
    if found is None:
        raise LoginRefused("passkey-unknown")
    return found


def passkey_used(credential: Credential, sign_count: int) -> Person:
    """Note a verified assertion and give its person. Raises LoginRefused("passkey-refused") for a copied authenticator:
    a counter that does not grow (WebAuthn level 3 §6.1.1).
    """
    if sign_count <= credential.sign_count and (sign_count, credential.sign_count) != (0, 0):
        raise LoginRefused("passkey-refused")
    credential.sign_count, credential.last_used_at = sign_count, timezone.now()
    credential.save(update_fields=["sign_count", "last_used_at"])
    return Person.objects.get(id=credential.person_id)


def note_login(caller: Caller) -> None:
    """A login stands in the trace of every mailbox it opens the way to."""
    Membership.objects.filter(person_id=caller.person_id, state="active").update(last_seen_at=timezone.now())
    for account in access.accounts_of(caller):
        trace.record(account.id, Act.LOGIN, caller)


def note_added(caller: Caller) -> None:
    """One way in more, which whoever stole a session would make first, stands in the trace of each mailbox it leads to."""
    for account in access.accounts_of(caller):
        trace.record(account.id, Act.CREDENTIAL_ADDED, caller, account=account)


def add_card(person: Person, certificate: bytes) -> Credential:
    """Remember the authentication certificate (DER) of a person's card."""
    reference = hashlib.sha256(certificate).hexdigest()
    found, _ = Credential.objects.get_or_create(
        reference=reference,
        defaults={
            "id": new_identifier(),
            "person_id": person.id,
            "kind": Credential.Kind.CARD,
            "certificate": certificate,
            "created_at": timezone.now(),
        },
    )
    return found


def require_open_way(person: Person, kind: str) -> None:
    """Raises LoginRefused("card-required") or ("bridge-required") where the person's establishment closes this way in, and
    ("card-required") once he has left.
    """
    reason = "card-required" if person.left_at is not None else closed_way(person, kind)
    if reason:
        raise LoginRefused(reason)


def require_passkey_wanted(person: Person) -> None:
    """One passkey more. Raises LoginRefused("card-required"); where only the bridge is required, it opens beside a card."""
    if person.left_at is not None or closed_way(person, Credential.Kind.PASSKEY) == "card-required":
        raise LoginRefused("card-required")


def add_passkey(person: Person, passkey: Passkey, name: str = "") -> Credential:
    """Register a passkey for a person."""
    return Credential.objects.create(
        id=new_identifier(),
        person_id=person.id,
        kind=Credential.Kind.PASSKEY,
        name=name[:100],
        reference=hashlib.sha256(passkey.credential_id).hexdigest(),
        credential_id=passkey.credential_id,
        public_key=passkey.public_key,
        prf_salt=passkey.prf_salt,
        sign_count=passkey.sign_count,
        created_at=timezone.now(),
    )


def _person_of(card: ValidatedCertificate, identity: Identity) -> Person | None:
    """By RPPS number: a renewed card has another certificate and is the same person."""
    if identity.id_value:
        person = Person.objects.filter(id_type=identity.id_type, id_value=identity.id_value).first()
        if person is not None:
            _use_card(person, der(card.certificate))
            _take_name(person, identity)
            invitations.arrive(person)
        return person
    reference = certificate_sha256(card.certificate).hex()
    known = Credential.objects.filter(reference=reference, kind=Credential.Kind.CARD, retired_at=None).first()
    return Person.objects.filter(id=known.person_id).first() if known else None


def _use_card(person: Person, certificate: bytes) -> None:
    """Note the login. Raises LoginRefused("credential-retired") for a card its holder blocked, or somebody who left."""
    used = add_card(person, certificate)
    if used.retired_at is not None or person.left_at is not None:
        raise LoginRefused("credential-retired")
    Credential.objects.filter(id=used.id).update(last_used_at=timezone.now())


def _take_name(person: Person, identity: Identity) -> None:
    """What the card says counts, above all over what a granter wrote before its holder ever came."""
    if (person.name, person.profession) != (identity.name, identity.profession):
        person.name, person.profession = identity.name, identity.profession
        person.save(update_fields=["name", "folded_name", "profession"])


def _enrolment(card: ValidatedCertificate, identity: Identity) -> "Enrolment":
    return Enrolment(
        level=identity.level,
        id_type=identity.id_type,
        id_value=identity.id_value,
        name=identity.name,
        profession=identity.profession,
        certificate=der(card.certificate),
    )


def _digest(session: str, purpose: str, challenge: str) -> str:
    return hashlib.sha256(f"{purpose}\0{session}\0{challenge}".encode()).hexdigest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
