"""What a card signs for a page: a login token, and messages (form E2h). Never bytes of the page's own choosing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bridge.bench import Bench
from bridge.card.roles import CardKey
from bridge.cms.addressing import Addressing, read_addressing, read_fields
from bridge.cms.messages import Signer, sign_message, sign_with_card
from bridge.cms.part_names import part_names
from bridge.desk import Caller, PresentCard
from bridge.mailboxes import OpenMailbox
from bridge.pki.web_eid import FORMAT, sign_input
from bridge.prompts.requests import Letter, Purpose
from bridge.prompts.wording import LIST
from bridge.protocol import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable

_DATE_TOLERANCE = timedelta(hours=1)  # beyond it Thunderbird calls the signature into question


def make_token(bench: Bench, caller: Caller, card_name: str, challenge: str, app_version: str) -> dict[str, Any]:
    """A Web eID authentication token for the caller's own origin. Always asks for the PIN."""
    card = bench.desk.find(caller, card_name)
    key = _signing_key(card, "authentication")
    form = key.signing
    assert form is not None  # noqa: S101 (_signing_key)
    bench.desk.unlock(caller, card, Purpose("login"), fresh=True)
    signed = sign_input(caller.origin, challenge, form.jose)
    signature = bench.desk.perform(caller, card, key, form.mechanism, signed, Purpose("login"))
    return {
        "unverifiedCertificate": key.der,
        "algorithm": form.jose,
        "signature": _fixed_width(signature, form.jose),
        "format": FORMAT,
        "appVersion": app_version,
    }


def card_signer(bench: Bench, caller: Caller, card: PresentCard, purpose: Purpose) -> Signer:
    """The card's signature key as a CMS signer. Raises RpcError CARD_UNSUPPORTED."""
    key = _signing_key(card, "signature")
    form = key.signing
    assert form is not None  # noqa: S101 (_signing_key)
    sign: Callable[[bytes], bytes] = lambda data: bench.desk.perform(caller, card, key, form.mechanism, data, purpose)  # noqa: E731
    bench.intermediates.learn(card.content.chain)
    return Signer(key.unverified_certificate, bench.intermediates.chain_of(key.unverified_certificate), sign)


def mailbox_signer(bench: Bench, mailbox: OpenMailbox) -> Signer:
    """The mailbox signature key, which stays in the vault, as a CMS signer."""
    sign: Callable[[bytes], bytes] = lambda data: bench.vault.call(  # noqa: E731
        "sign", handle=mailbox.handle, signed_attributes=data
    )
    chain = bench.intermediates.chain_of(mailbox.signature_certificate)
    return Signer(mailbox.signature_certificate, chain, sign)


@dataclass(frozen=True)
class _Letter:
    """A message to sign, with what its protected headers and its parts say."""

    payload: bytes
    addressing: Addressing
    attachments: tuple[str, ...]

    @classmethod
    def read(cls, payload: bytes) -> "_Letter":
        """Raises CmsError."""
        return cls(payload, read_addressing(payload), part_names(payload))

    @property
    def shown(self) -> Letter:
        recipients = (*self.addressing.to, *self.addressing.cc)
        return Letter(tuple(one.address for one in recipients), self.addressing.subject, self.attachments)


def sign_messages(
    bench: Bench, caller: Caller, handle: str, messages: list[bytes], card: str | None = None, *, listed: bool = False
) -> dict[str, Any]:
    """The detached SignedData of each message.

    The consent to one message covers some more of them for a while. A list, of several or `listed`, is always asked about,
    names every message from its own bytes, and covers that list alone: somebody else may have prepared these letters.
    """
    mailbox = bench.mailboxes.get(caller, handle)
    if mailbox.role == "reader":
        raise RpcError("KEY_USE_DENIED")
    letters = [_Letter.read(payload) for payload in messages]
    for letter in letters:
        _check_from(letter.addressing, mailbox)
    in_list = listed or len(letters) > 1
    if not in_list:  # what a person sees named before each use needs no other measure
        bench.budgets.spend(mailbox.mailbox_id, caller.origin, "signature", 1)
    present = bench.desk.find(caller, card) if card is not None else None
    purpose = _purpose("sign", letters)
    if present is not None:
        _signing_key(present, "signature")
        bench.desk.unlock(caller, present, purpose)
    if in_list:
        bench.desk.confirm(caller, present, _purpose(LIST, letters, part=1, parts=1))
    else:
        _ask_consent(bench, caller, mailbox, present, letters[0])
    return {"signatures": [_sign(bench, caller, mailbox, present, letter) for letter in letters]}


def _sign(bench: Bench, caller: Caller, mailbox: OpenMailbox, card: PresentCard | None, letter: _Letter) -> bytes:
    now = datetime.now(UTC)
    by_card = None
    if card is not None:
        by_card = sign_with_card(letter.payload, card_signer(bench, caller, card, _purpose("sign", [letter])), now)
    return sign_message(
        letter.payload,
        mailbox_signer(bench, mailbox),
        encryption_certificate=mailbox.encryption_certificate,
        signing_time=_date(letter.payload, now),
        card_signature=by_card,
        delegation=mailbox.delegation if card is not None and card.identity == mailbox.card_identity else None,
    )


def _date(payload: bytes, now: datetime) -> datetime:
    """The message's Date, which readers compare with the signing time; now where it is absent or far off."""
    dates = [value for name, value in read_fields(payload) if name == "date"]
    try:
        date = parsedate_to_datetime(dates[0])
    except (IndexError, ValueError):
        return now
    return date if date.tzinfo is not None and abs(date - now) < _DATE_TOLERANCE else now


def _check_from(addressing: Addressing, mailbox: OpenMailbox) -> None:
    """A mailbox signs for its own address only, and for exactly one author."""
    authors = [author.address.lower() for author in addressing.from_]
    if authors != [mailbox.address.lower()]:
        raise RpcError("KEY_USE_DENIED")


def _ask_consent(bench: Bench, caller: Caller, mailbox: OpenMailbox, card: PresentCard | None, letter: _Letter) -> None:
    if bench.consents.covers(mailbox.handle, 1):
        return
    limits = bench.policy.limits
    numbers = {"covers": max(limits.signatures_per_consent, 1), "minutes": max(1, limits.consent_seconds // 60)}
    bench.desk.confirm(caller, card, _purpose("sign-consent", [letter], **numbers))
    bench.consents.give(mailbox.handle, 1)


def _purpose(kind: str, letters: list[_Letter], **numbers: int) -> Purpose:
    values = {"count": len(letters), **numbers}
    filled = tuple((name, str(value)) for name, value in values.items())
    return Purpose(kind, filled, tuple(letter.shown for letter in letters))


def _signing_key(card: PresentCard, use: Any) -> CardKey:
    key = card.content.first(use)
    if key is None or key.signing is None:
        raise RpcError("CARD_UNSUPPORTED")
    return key


def _fixed_width(signature: bytes, jose: str) -> bytes:
    """JOSE's form of an ECDSA signature, r ‖ s (RFC 7518 §3.4); RSA's as it is."""
    if not jose.startswith("ES"):
        return signature
    size = int(jose[2:]) // 8
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
