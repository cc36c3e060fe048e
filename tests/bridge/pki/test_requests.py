import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bridge.pki.errors import RequestRefused
from bridge.pki.requests import build_request, verify_request


def test_request_round_trip():
    key = ec.generate_private_key(ec.SECP256R1())
    verified = verify_request(build_request(key, "alice@pli.example"))
    assert verified.address == "alice@pli.example"
    assert verified.public_key == key.public_key()


def test_weak_key_is_refused():
    with pytest.raises(RequestRefused):
        verify_request(build_request(rsa.generate_private_key(65537, 2048), "alice@pli.example"))


def test_request_signed_by_another_key_is_refused():
    """Proof of possession: the public key swapped under a standing signature."""
    one, two = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    encoding, shape = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    spkis = [key.public_key().public_bytes(encoding, shape) for key in (one, two)]
    forged = build_request(one, "alice@pli.example").replace(spkis[0], spkis[1])
    with pytest.raises(RequestRefused):
        verify_request(forged)


@pytest.mark.parametrize("addresses", [[], ["a@pli.example", "b@pli.example"]])
def test_request_names_exactly_one_address(addresses):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
    names = [x509.RFC822Name(address) for address in addresses] or [x509.DNSName("x.example")]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    with pytest.raises(RequestRefused):
        verify_request(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"junk" * 30])
def test_junk_is_refused(data):
    with pytest.raises(RequestRefused):
        verify_request(data)
