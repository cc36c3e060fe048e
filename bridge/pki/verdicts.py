"""Verdicts remembered, provably those that would be given again.

A verdict follows from what was handed in and from `at`, and `at` is only ever compared with certain moments: dates of certificates,
of revocation lists and answers, of revocations, of anchors, each give or take a tolerance. Between two neighbouring moments the
verdict cannot change, so it is remembered for everything handed in (certificates by content, lists by hash) and for that stretch.
Another list, certificate or anchor makes another key; nothing has to be forgotten in time.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from cryptography import x509
from cryptography.x509 import ocsp

from bridge.pki.errors import PkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from bridge.pki.anchors import Anchor

V = TypeVar("V")
Moments = tuple["datetime", ...]

_TOLERANCE = timedelta(seconds=1)  # of pyhanko-certvalidator; and certificates count whole seconds
_SHORTEST_FRESHNESS = timedelta(minutes=30)  # of an answer that does not say when the next one comes


class Remembered(Generic[V]):
    """The newest outcomes of a pure function, good or refused. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._outcomes: OrderedDict[Hashable, V | PkiError] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable, decide: Callable[[], V]) -> V:
        """The outcome for `key`, decided now if it is not remembered. Raises the PkiError it was refused with, made anew."""
        with self._lock:
            outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = self._decide(key, decide)
        if isinstance(outcome, PkiError):
            raise type(outcome)(*outcome.args)
        return outcome

    def _decide(self, key: Hashable, decide: Callable[[], V]) -> V | PkiError:
        try:
            outcome: V | PkiError = decide()
        except PkiError as error:
            outcome = error.with_traceback(None)
        with self._lock:
            self._outcomes[key] = outcome
            while len(self._outcomes) > self._size:
                self._outcomes.popitem(last=False)
        return outcome


def digest(encoded: Sequence[bytes]) -> bytes:
    """One hash for a sequence of encodings."""
    total = hashlib.sha256()
    for one in encoded:
        total.update(hashlib.sha256(one).digest())
    return total.digest()


def stretch(moments: Moments, at: datetime) -> tuple[int, int]:
    """Where `at` stands among `moments`: the same for two times between which no moment lies."""
    return bisect_left(moments, at), bisect_right(moments, at)


def moments_of(
    certificates: Sequence[x509.Certificate],
    anchors: Iterable[Anchor],
    crls: Sequence[bytes],
    ocsps: Sequence[bytes],
) -> Moments | None:
    """Every moment `at` may be compared with; None where they cannot be told (an indirect CRL, or what does not parse)."""
    anchors = tuple(anchors)
    involved = [*certificates, *(anchor.certificate for anchor in anchors)]
    try:
        found = {
            *(anchor.retired for anchor in anchors if anchor.retired),
            *_of_certificates(involved),
            *(moment for one in crls for moment in _of_crl(one, [member.serial_number for member in involved])),
            *(moment for one in ocsps for moment in _of_ocsp(one)),
        }
    except (ValueError, x509.ExtensionNotFound):
        return None
    return tuple(sorted({moment + shift for moment in found for shift in (-_TOLERANCE, timedelta(0), _TOLERANCE)}))


def _of_certificates(certificates: Iterable[x509.Certificate]) -> Iterator[datetime]:
    for certificate in certificates:
        yield certificate.not_valid_before_utc
        yield certificate.not_valid_after_utc


def _of_crl(encoded: bytes, serials: Sequence[int]) -> Iterator[datetime]:
    """Raises ValueError for an indirect CRL: it may name one serial number of several issuers."""
    crl = x509.load_der_x509_crl(encoded)
    points = [one.value for one in crl.extensions if isinstance(one.value, x509.IssuingDistributionPoint)]
    if any(point.indirect_crl for point in points):
        raise ValueError("indirect")
    yield from _freshness(crl.last_update_utc, crl.next_update_utc)
    for serial in serials:
        entry = crl.get_revoked_certificate_by_serial_number(serial)
        if entry is not None:
            yield entry.revocation_date_utc


def _of_ocsp(encoded: bytes) -> Iterator[datetime]:
    response = ocsp.load_der_ocsp_response(encoded)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return
    yield response.produced_at_utc
    yield from _of_certificates(response.certificates)
    for one in response.responses:
        yield from _freshness(one.this_update_utc, one.next_update_utc)
        if one.revocation_time_utc is not None:
            yield one.revocation_time_utc


def _freshness(this_update: datetime, next_update: datetime | None) -> Iterator[datetime]:
    yield this_update
    yield this_update + _SHORTEST_FRESHNESS
    if next_update is not None:
        yield next_update
