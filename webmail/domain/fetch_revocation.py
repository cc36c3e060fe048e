"""Fetch OCSP responses and CRLs, so that readers and senders are told what was revoked without asking anybody else.

One file for each certificate and each list. What is kept is replaced by a newer answer that proves itself (`bridge.pki.fetched`),
and by nothing else: a failure leaves it alone. Nothing is asked again while it is fresh.
"""

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from cryptography import x509
from django.conf import settings
from django.utils import timezone

from bridge.pki.certificates import der
from bridge.pki.errors import AnswerRefused
from bridge.pki.fetched import (
    MAX_CRL,
    MAX_OCSP,
    Freshness,
    check_list,
    check_no_older,
    check_response,
    list_freshness,
    names_responder,
    response_freshness,
)
from bridge.pki.ocsp import build_request
from webmail import trust
from webmail.domain.errors import ExchangeFailed
from webmail.domain.known_certificates import known_certificates
from webmail.domain.revocation_sources import Source

FRESH = timedelta(hours=6)  # or half of an answer's time, if that is shorter
PATIENCE = 3  # exchanges that fail in a row, before an address is left alone until the next run
LIST_SECONDS = 300
RESPONSE_SECONDS = 10
Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


class Exchange(Protocol):
    """`transport.responders.exchange`. Raises ExchangeFailed."""

    def __call__(self, url: str, *, maximum: int, question: bytes | None = None, seconds: float) -> bytes: ...


@dataclass
class Tally:
    """What a run did: answers kept, answers still fresh, and failures by their code."""

    kept: int = 0
    fresh: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.kept + other.kept, self.fresh + other.fresh, self.failed + other.failed)


@dataclass(frozen=True)
class _Wanted:
    """One answer: where it is asked for, where it is kept, and how it is judged."""

    url: str
    question: bytes | None
    maximum: int
    seconds: float
    file: Path
    freshness: Callable[[bytes], Freshness]
    check: Callable[[bytes, datetime], None]


def fetch_revocation(
    sources: Iterable[Source], exchange: Exchange, *, again: bool = False, clock: Clock = timezone.now
) -> Tally:
    """Ask every source about what this server knows; `again`: what is still fresh too. One log line per source that failed."""
    known, total = known_certificates(), Tally()
    for source in sources:
        run = _Run(exchange, clock, again)
        for wanted in _wanted(source, known, clock()):
            run.take(wanted)
        _report(source, run.tally)
        total = total + run.tally
    _forget_others(known)
    return total


def _wanted(source: Source, known: Iterable[x509.Certificate], now: datetime) -> Iterator[_Wanted]:
    for url in source.lists:
        yield _list(source, url)
    for certificate in known if source.responder else ():
        if certificate.not_valid_after_utc > now and names_responder(certificate) and source.issued(certificate):
            yield _response(source, source.responder or "", certificate)


def _list(source: Source, url: str) -> _Wanted:
    digest = hashlib.sha256(der(source.issuer) + url.encode()).hexdigest()
    return _Wanted(
        url=url,
        question=None,
        maximum=MAX_CRL,
        seconds=LIST_SECONDS,
        file=settings.PLI_CRLS / f"{digest[:32]}.crl",
        freshness=list_freshness,
        check=lambda answer, now: check_list(answer, source.issuer, now),
    )


def _response(source: Source, url: str, certificate: x509.Certificate) -> _Wanted:
    return _Wanted(
        url=url,
        question=build_request(certificate, source.issuer),
        maximum=MAX_OCSP,
        seconds=RESPONSE_SECONDS,
        file=trust.answer_file(certificate),
        freshness=lambda answer: response_freshness(answer, certificate),
        check=lambda answer, now: check_response(answer, certificate, source.issuer, now),
    )


@dataclass
class _Run:
    """What one source was asked, and how often each of its addresses has failed in a row."""

    exchange: Exchange
    clock: Clock
    again: bool
    tally: Tally = field(default_factory=Tally)
    silent: Counter[str] = field(default_factory=Counter)

    def take(self, wanted: _Wanted) -> None:
        """Ask for what is wanted and keep it, unless what is kept is fresh or the address does not answer."""
        kept = _kept(wanted)
        if kept and not self.again and _is_fresh(kept, self.clock()):
            self.tally.fresh += 1
        elif self.silent[wanted.url] < PATIENCE:
            self._ask(wanted, kept)

    def _ask(self, wanted: _Wanted, kept: Freshness | None) -> None:
        try:
            _write(wanted.file, self._answer(wanted, kept))
        except ExchangeFailed as error:
            self.silent[wanted.url] += 1
            self.tally.failed[error.code] += 1
            return
        except AnswerRefused as error:
            self.tally.failed[error.reason] += 1
        else:
            self.tally.kept += 1
        self.silent[wanted.url] = 0

    def _answer(self, wanted: _Wanted, kept: Freshness | None) -> bytes:
        """One that may be kept. Raises ExchangeFailed or AnswerRefused."""
        answer = self.exchange(wanted.url, maximum=wanted.maximum, question=wanted.question, seconds=wanted.seconds)
        wanted.check(answer, self.clock())
        if kept:
            check_no_older(wanted.freshness(answer), kept)
        return answer


def _kept(wanted: _Wanted) -> Freshness | None:
    """Of the answer in use; None where there is none that can be read."""
    try:
        return wanted.freshness(wanted.file.read_bytes())
    except (FileNotFoundError, AnswerRefused):
        return None


def _is_fresh(kept: Freshness, now: datetime) -> bool:
    """An answer without an end may be overtaken at any moment."""
    return kept.until is not None and now < kept.since + min(FRESH, (kept.until - kept.since) / 2)


def _write(file: Path, content: bytes) -> None:
    """At once or not at all: it is read meanwhile, by the other processes of this server too."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=".", suffix=".new", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(file)


def _report(source: Source, tally: Tally) -> None:
    if tally.failed:
        reasons = ", ".join(f"{code} {count}" for code, count in sorted(tally.failed.items()))
        logger.warning("revocation answers of %s did not come: %s; the last good ones stay", source.name, reasons)


def _forget_others(known: Iterable[x509.Certificate]) -> None:
    """Responses about certificates that nobody here uses any more."""
    kept = {trust.answer_file(certificate) for certificate in known}
    for file in set(settings.PLI_OCSPS.glob("*.ocsp")) - kept:
        file.unlink(missing_ok=True)
