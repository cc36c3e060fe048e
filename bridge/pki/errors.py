"""What can go wrong with certificates.

PkiError
├── CertificateMalformed        bytes that are no certificate, or exceed the limits
├── RequestRefused              a PKCS#10 request that proves nothing
├── IdentityError               a subject that names no known kind of person
│   └── RppsInvalid
├── TokenError                  a Web eID token that proves nothing
├── AnswerRefused               a fetched CRL or OCSP response that may not take the place of the one kept
└── PathError                   a certificate that may not be used for the purpose asked
    ├── CertificateExpired · CertificateNotYetValid · CertificateRevoked
    ├── CertificateUntrusted    no path to an anchor of that purpose
    ├── NameNotPermitted        an authority of the path may not speak for an address of the certificate
    ├── WrongKeyUsage · WeakAlgorithm
    └── RevocationUnknown       no fresh answer, where one is required

`code` is stable on the wire; the text is for logs and holds nothing of a message.
"""


class PkiError(Exception):
    code = "pki-error"


class CertificateMalformed(PkiError):
    code = "certificate-malformed"


class RequestRefused(PkiError):
    code = "request-invalid"


class IdentityError(PkiError):
    code = "identity-unknown"


class RppsInvalid(IdentityError):
    code = "rpps-invalid"


class TokenError(PkiError):
    code = "token-invalid"


class AnswerRefused(PkiError):
    """`reason` is a stable word: malformed, stale, early, older, or the code of the path error it led to."""

    code = "answer-refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"An answer about revocation was refused: {reason}.")
        self.reason = reason


class PathError(PkiError):
    code = "certificate-untrusted"


class CertificateExpired(PathError):
    code = "certificate-expired"


class CertificateNotYetValid(PathError):
    code = "certificate-not-yet-valid"


class CertificateRevoked(PathError):
    code = "certificate-revoked"


class CertificateUntrusted(PathError):
    code = "certificate-untrusted"


class NameNotPermitted(PathError):
    code = "name-not-permitted"


class WrongKeyUsage(PathError):
    code = "wrong-key-usage"


class WeakAlgorithm(PathError):
    code = "weak-algorithm"


class RevocationUnknown(PathError):
    code = "revocation-unknown"
