"""After an older backup was put back: what the operator tells every bridge that has seen a longer log (FORMATS, *Restore statement*).

A bridge believes it only together with a person who agrees; by itself the statement undoes nothing.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from bridge.cms.messages import Signer
from bridge.cms.restore import RestoreStatement, build_restore
from bridge.pki.issue import Authority, utc_now
from webmail import trust
from webmail.domain.change import Kind, changing
from webmail.models import LogEntry, Mailbox


def announce(account_id: str) -> bool:
    """State where the log of a mailbox ends now; False for one that has no log yet. Raises NotFound."""
    with changing(account_id) as change:
        last = LogEntry.objects.filter(account_id=account_id).order_by("-seq").first()
        if last is None:
            return False
        statement = RestoreStatement(bytes.fromhex(account_id), last.seq, bytes(last.head), utc_now())
        Mailbox.objects.filter(id=account_id).update(restore=build_restore(statement, _signer(trust.operator())))
        change.next(Kind.KEY)
    return True


def statement_of(account_id: str) -> bytes | None:
    """The statement made after the last restore, DER; None where there was none."""
    found = Mailbox.objects.filter(id=account_id).values_list("restore", flat=True).first()
    return bytes(found) if found else None


def _signer(authority: Authority) -> Signer:
    """The operator's authority itself, which certified the mailbox."""
    key = authority.private_key

    def sign(tbs: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(tbs, ec.ECDSA(hashes.SHA256()))
        raise TypeError("an authority's key is RSA or EC")

    return Signer(authority.certificate, authority.chain, sign)
