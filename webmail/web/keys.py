"""Certificates for the next epoch of a mailbox (docs/API.md)."""

from base64 import b64encode

from django.http import HttpRequest

from webmail.domain import rotate
from webmail.domain.certified_keys import Certified
from webmail.domain.errors import OpeningRefused
from webmail.schema import Record, binary, text
from webmail.web import login_session
from webmail.web.errors import WebError
from webmail.web.json_views import Answer, json_route
from webmail.web.rate import limit

MAX_DER = 64 * 1024
REQUESTS = Record(
    {
        "accountId": text(32, r"[0-9a-f]{32}"),
        "encryptionRequest": binary(MAX_DER),
        "signatureRequest": binary(MAX_DER),
    }
)


@json_route(REQUESTS)
def certify(request: HttpRequest, body: Answer) -> Answer:
    """`POST /keys/certify`: for the managers of a mailbox; asking again replaces what was pending."""
    caller = login_session.caller_of_request(request)
    limit(request, "certify", per_session=20, per_address=120)
    try:
        epoch, certified = rotate.certify_next(
            caller,
            body["accountId"],
            encryption_request=body["encryptionRequest"],
            signature_request=body["signatureRequest"],
        )
    except OpeningRefused as error:
        raise WebError(error.code) from error
    return {"epoch": epoch, **serialised(certified)}


def serialised(certified: Certified) -> Answer:
    """What a vault is told of certificates just issued."""
    return {
        "mailboxId": certified.mailbox_id,
        "encryptionCertificate": _text(certified.encryption_certificate),
        "signatureCertificate": _text(certified.signature_certificate),
        "chain": [_text(member) for member in certified.chain],
        "crls": [_text(crl) for crl in certified.crls],
    }


def _text(value: bytes) -> str:
    return b64encode(value).decode()
