"""PKCS#10 requests (RFC 2986) by which a mailbox key asks for its certificate."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from bridge.pki.der_nodes import check_nodes
from bridge.pki.errors import PkiError, RequestRefused

MIN_RSA_BITS = 3072
CURVES = ("secp256r1", "secp384r1")


@dataclass(frozen=True)
class VerifiedRequest:
    """A request whose signature proves possession of the key."""

    public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    address: str


def build_request(private_key: CertificateIssuerPrivateKeyTypes, address: str) -> bytes:
    """A DER request for `address`, in subject and rfc822Name, signed by the key it is for."""
    builder = x509.CertificateSigningRequestBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    ).add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
    return builder.sign(private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def verify_request(der: bytes) -> VerifiedRequest:
    """Check a DER request: its own signature, one address, a strong key. Raises RequestRefused."""
    try:
        check_nodes(der, max_depth=16, max_nodes=200)
        request = x509.load_der_x509_csr(der)
        signed = request.is_signature_valid
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (PkiError, ValueError, x509.ExtensionNotFound) as error:
        raise RequestRefused("This is not a certificate request for a mailbox.") from error
    if not signed:
        raise RequestRefused("The request is not signed by the key that it names.")
    addresses = names.get_values_for_type(x509.RFC822Name)
    if len(addresses) != 1:
        raise RequestRefused("The request must name exactly one address.")
    return VerifiedRequest(_strong(request.public_key()), addresses[0].lower())


def _strong(public_key: object) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size >= MIN_RSA_BITS:
        return public_key
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in CURVES:
        return public_key
    raise RequestRefused("Mailbox keys are RSA of at least 3,072 bits, or P-256 or P-384.")
