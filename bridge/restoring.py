"""After a restored backup: a bridge takes an older log by the operator's signed statement and a person's word, never by one of both."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bridge.bench import Bench
from bridge.cms.errors import LogRefused
from bridge.cms.log import LogHead, VerifiedEntry, verify_chain
from bridge.cms.restore import Seen, check_restore, verify_restore
from bridge.desk import Caller
from bridge.heads import Head
from bridge.ledger import Evidence
from bridge.pki import certificates as pki
from bridge.pki.anchors import AnchorPurpose
from bridge.pki.anchors import Purpose as CertificatePurpose
from bridge.pki.path import RevocationMode, validate_path
from bridge.prompts.requests import Purpose
from bridge.validation import verify_entries


def accept_restore(
    bench: Bench, caller: Caller, mailbox_id: str, statement: bytes, evidence: Evidence, certificate: bytes
) -> None:
    """Forget the newer head of a mailbox, once everything holds and the person agreed. Raises LogRefused, PkiError, RpcError.

    `certificate` is the mailbox's own, by whose authority the statement has to be signed. A statement that is not needed is ignored.
    """
    known = bench.heads.known(mailbox_id)
    entries = verify_entries(bench.policy, evidence.log_entries, evidence.proofs)
    if known is None or _extends(entries, LogHead(known.seq, known.digest)):
        return
    stated = verify_restore(statement, _authorities(bench, certificate, evidence))
    seen = Seen(known.restored, known.time)
    last = check_restore(stated, bytes.fromhex(mailbox_id), entries, seen, datetime.now(UTC)).entry
    days = {"day": stated.time.date().isoformat(), "last": last.time.date().isoformat()}
    facts = {"address": last.address, "seq": str(stated.seq), **days}
    bench.desk.confirm(caller, None, Purpose("restore-consent", tuple(facts.items())))
    bench.heads.put_back(mailbox_id, Head(stated.seq, stated.head, stated.time, last.time))


def _extends(entries: Sequence[VerifiedEntry], head: LogHead) -> bool:
    """Whether nothing has to be forgotten."""
    try:
        verify_chain(entries, head)
    except LogRefused:
        return False
    return True


def _authorities(bench: Bench, certificate: bytes, evidence: Evidence) -> set[bytes]:
    """The operator's authorities above the mailbox's certificate."""
    validated = validate_path(
        pki.load_certificate(certificate),
        chain=evidence.proofs.chain,
        anchors=bench.policy.anchors,
        purpose=CertificatePurpose.ENCRYPT,
        at=datetime.now(UTC),
        crls=evidence.proofs.crls,
        ocsps=evidence.proofs.ocsps,
        revocation=RevocationMode.SOFT,
    )
    if AnchorPurpose.OPERATOR not in validated.anchor.purposes:
        raise LogRefused("restore")
    return {pki.certificate_sha256(one) for one in validated.path[:-1]}
