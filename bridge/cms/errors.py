"""The errors of `bridge.cms`.

CmsError
├── LimitExceeded          more nodes, depth or bytes than a structure may have
├── Malformed              not the ASN.1 or MIME structure it has to be
├── UnsupportedAlgorithm   well-formed, but not an algorithm Pli reads
├── DecryptionFailed       no plaintext; one text for every reason, so that there is no oracle
├── SignatureError
│   ├── SignatureInvalid       signature or digest does not verify
│   ├── SignedAttributesMissing
│   ├── AttributeRefused       a signed attribute is missing, duplicated or contradicts the content
│   ├── SeveralSigners         more than one SignerInfo, where one is wanted
│   ├── CertificatesOnly       nobody signed: certificates alone
│   ├── SignerUnknown          no certificate for the SignerInfo
│   └── WeakAlgorithm          SHA-1, MD5, RSA below 2048 bits or with a small exponent
├── GrantRefused           `reason` says which rule
├── LogRefused             `reason` is rollback, fork, gap or signature
├── ActRefused             an act whose parts do not belong together, or that its signer may not do
├── ShareRefused           `reason` says which rule of recovery; `index` which share
├── DelegationRefused      `reason` says why a delegate's signature does not count for the mailbox
├── CodeRefused            a recovery code that was not typed right; `group` says where
├── ProofRefused           a card proof that proves nothing for this card
├── ObjectRefused          a sealed object that is not the one asked for
└── NotEnveloped           a submission that is not encrypted
"""

from __future__ import annotations

from bridge.errors import PliError


class CmsError(PliError):
    """Whatever `bridge.cms` refuses."""

    code = "cms-error"


class LimitExceeded(CmsError):
    """A structure larger than the limits of DESIGN §6."""

    code = "limit-exceeded"


class Malformed(CmsError):
    """Bytes that are not the structure they have to be."""

    code = "malformed"


class UnsupportedAlgorithm(CmsError):
    """A well-formed structure with an algorithm Pli does not read. `algorithm` is its OID or name."""

    code = "unsupported-algorithm"

    def __init__(self, algorithm: str) -> None:
        super().__init__(f"unsupported algorithm {algorithm}")
        self.algorithm = algorithm


class DecryptionFailed(CmsError):
    """No plaintext, whatever the reason."""

    code = "decryption-failed"

    def __init__(self) -> None:
        super().__init__("decryption failed")


class SignatureError(CmsError):
    """A SignedData that proves nothing."""

    code = "signature-error"


class SignatureInvalid(SignatureError):
    """The signature or the message digest does not verify."""

    code = "signature-invalid"


class SignedAttributesMissing(SignatureError):
    """A SignerInfo without signedAttrs: never counted as signed (draft-ietf-lamps-cms-euf-cma-signeddata)."""

    code = "signed-attributes-missing"


class AttributeRefused(SignatureError):
    """A signed attribute is missing, duplicated, or contradicts the content or the certificate."""

    code = "attribute-refused"


class SeveralSigners(SignatureError):
    """More than one SignerInfo, where one is wanted."""

    code = "several-signers"


class CertificatesOnly(SignatureError):
    """A SignedData without SignerInfo: it carries certificates and signs nothing."""

    code = "certificates-only"


class SignerUnknown(SignatureError):
    """No certificate at hand is the one the SignerInfo names."""

    code = "signer-unknown"


class WeakAlgorithm(SignatureError):
    """SHA-1 or MD5, RSA below 2048 bits, or a public exponent below 65537."""

    code = "weak-algorithm"


class _Refusal(CmsError):
    """A refusal with a stable `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self.code}: {reason}")
        self.reason = reason


class GrantRefused(_Refusal):
    """A grant that must not be used.

    Reasons: malformed, context, sealed, key-invalid, spki-mismatch, recipient-mismatch, history, history-missing.
    """

    code = "grant-refused"


class LogRefused(_Refusal):
    """A membership log that is not an extension of what is known. Reasons: rollback, fork, gap, signature."""

    code = "log-refused"


class ActRefused(_Refusal):
    """The parts of one act (entry, grants, bindings, certificates, signer) do not belong together, or the signer may not do it.

    The reasons of a later act than the genesis are those of docs/FORMATS.md, *Membership*.
    """

    code = "act-refused"


class ShareRefused(_Refusal):
    """A share, or a set of shares, that gives no secret. `index` is the share at fault, None where none is.

    Reasons: malformed, sealed, commitment, too-few, duplicate, policy, request, expired.
    """

    code = "share-refused"

    def __init__(self, reason: str, index: int | None = None) -> None:
        super().__init__(reason)
        self.index = index

    @property
    def data(self) -> dict[str, str | int | None]:
        """What a page may know of it."""
        return {"reason": self.reason, "index": self.index}


class CodeRefused(_Refusal):
    """A recovery code that is none. `group` is the group of four, 1 to 14, where the mistake is; None where that cannot be told.

    Reasons: length, character, checksum.
    """

    code = "code-refused"

    def __init__(self, reason: str, group: int | None = None) -> None:
        super().__init__(reason)
        self.group = group


class ProofRefused(_Refusal):
    """A card proof that proves nothing. Reasons: malformed, signature, certificate-mismatch, identity-mismatch."""

    code = "proof-refused"


class DelegationRefused(_Refusal):
    """A delegate who does not sign for the mailbox.

    Reasons: malformed, signature (the log entry's), grant-not-listed, mailbox-mismatch, address-mismatch, key-mismatch,
    holder-mismatch, role, outside-dates, granter-mismatch.
    """

    code = "delegation-refused"


class ObjectRefused(_Refusal):
    """A sealed object that is not the one asked for. Reasons: malformed, sealed, rollback."""

    code = "object-refused"


class NotEnveloped(_Refusal):
    """A submission that is not one EnvelopedData or AuthEnvelopedData.

    Reasons: headers, too-large, not-pkcs7-mime, transfer-encoding, base64, not-enveloped, unsupported-algorithm.
    """

    code = "not-enveloped"
