"""Every certificate somebody here may ask about: of holders' cards, of mailboxes, of correspondents, and of their authorities."""

import base64
from collections.abc import Iterable, Iterator

from cryptography import x509

from webmail import trust
from webmail.directory.listing import readable
from webmail.models import Credential, DirectoryEntry, LogEntry, MailboxKey


def known_certificates() -> set[x509.Certificate]:
    """Those in use: of current keys, of cards that were not retired, and of whoever signed the bindings of current keys."""
    return {*trust.intermediates(), *_of_cards(), *_of_mailboxes(), *_of_correspondents()}


def _of_cards() -> Iterator[x509.Certificate]:
    cards = Credential.objects.filter(kind=Credential.Kind.CARD, retired_at=None)
    return readable(map(bytes, cards.values_list("certificate", flat=True).iterator()), None)


def _of_mailboxes() -> Iterator[x509.Certificate]:
    for key in MailboxKey.objects.filter(state=MailboxKey.State.CURRENT).iterator():
        signed = LogEntry.objects.filter(account_id=key.account_id, seq=key.log_seq or 0).first()
        own = (key.encryption_certificate, key.signature_certificate)
        yield from readable(_with_chain(own, key.chain), bytes(signed.entry) if signed else None)


def _of_correspondents() -> Iterator[x509.Certificate]:
    for entry in DirectoryEntry.objects.iterator():
        yield from readable(_with_chain((entry.encryption_certificate, entry.signature_certificate), entry.chain), None)


def _with_chain(own: Iterable[bytes | memoryview], chain: Iterable[str]) -> list[bytes]:
    return [*filter(None, map(bytes, own)), *map(base64.b64decode, chain)]
