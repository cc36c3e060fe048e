"""The operator's own revocation list: mailbox certificates it no longer stands for, because somebody may hold their keys."""

from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bridge.pki.certificates import load_certificate
from bridge.pki.issue import Authority, build_crl, utc_now
from webmail import trust
from webmail.models import MailboxKey, RevokedCertificate

LIST_DAYS = 7


def revoke(key: MailboxKey) -> None:
    """Put both certificates of an epoch on the list, which is published with the commit."""
    now = timezone.now()
    for der in (key.encryption_certificate, key.signature_certificate):
        certificate = load_certificate(bytes(der))
        RevokedCertificate.objects.get_or_create(
            serial=f"{certificate.serial_number:x}",
            defaults={
                "account_id": key.account_id,
                "epoch": key.epoch,
                "not_after": certificate.not_valid_after_utc,
                "revoked_at": now,
            },
        )
    transaction.on_commit(publish)


def publish() -> None:
    """Sign and write the list anew, with a higher number than any before (RFC 5280 §5.2.3)."""
    authority, now = trust.operator(), utc_now()
    kept = RevokedCertificate.objects.filter(not_after__gt=now - timedelta(days=1))
    revoked = {int(row.serial, 16): row.revoked_at.replace(microsecond=0) for row in kept}
    der = build_crl(authority, revoked, now=now, days=LIST_DAYS, number=int(now.timestamp()))
    settings.PLI_CRLS.mkdir(parents=True, exist_ok=True)
    place = settings.PLI_CRLS / _file_name(authority)
    aside = place.with_suffix(".part")
    aside.write_bytes(der)
    aside.replace(place)


def publish_if_old() -> bool:
    """For the worker: a list that nobody renews would stop everybody's mail."""
    if not settings.PLI_OPERATOR_CA.is_dir():
        return False  # the authority stands elsewhere, and so does its list
    place = settings.PLI_CRLS / _file_name(trust.operator())
    if place.exists():
        issued = x509.load_der_x509_crl(place.read_bytes()).last_update_utc
        if utc_now() - issued < timedelta(hours=12):
            return False
    publish()
    return True


def _file_name(authority: Authority) -> str:
    """The last part of the address that its certificates point to, so that the list takes the place of the one before."""
    return PurePosixPath(urlsplit(authority.crl_url).path).name
