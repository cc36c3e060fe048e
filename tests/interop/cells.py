"""The cells of the matrix: which peer reads and writes which forms, and what each is known to refuse."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forms import KEYS, Form, altered, at_the_floor, by_card, encryptions, signatures, wrapped

PEERS = ("OpenSSL", "NSS", "NSS of Thunderbird", "gpgsm", "s-nail", "notmuch", "Thunderbird")
PLI = "Pli"
ASKED = (*PEERS, PLI)
"""Another Pli is asked as well: another operator's, and a colleague's page."""
_EVERY_SIGNER = ("rsa", "p-256", "p-384")
_CHOOSES_SIGNER = {"OpenSSL", "NSS", "NSS of Thunderbird", "s-nail"}


@dataclass(frozen=True)
class Cell:
    """`direction`: the peer `reads` what Pli wrote, or `writes` what Pli reads; `through`: the modules, or a page."""

    peer: str
    direction: str
    what: str
    through: str = "modules"


@dataclass(frozen=True)
class Refusal:
    """What a peer is known not to do: it must say `says` (a regular expression), else the cell fails."""

    peers: tuple[str, ...]
    direction: str
    applies: Callable[[Form], bool]
    says: str
    why: str


def written_by_pli(peer: str) -> list[Form]:
    """With OpenSSL the whole product, as far as Pli writes it; with others each dimension for itself."""
    layers = wrapped() if peer == "OpenSSL" else at_the_floor()
    forms = [*signatures(), *encryptions(), *layers]
    return [*forms, *by_card(forms), altered()]


def written_by(peer: str) -> list[Form]:
    """OpenSSL is told the encoding; the others have their own, and are asked for AES-GCM once."""
    signers = _EVERY_SIGNER if peer in _CHOOSES_SIGNER else ("rsa",)
    if peer == "OpenSSL":
        both = ("DER", "BER")
        return [*signatures(both, signers), *encryptions(both), *wrapped(both), altered()]
    cbc = [form for form in encryptions(("",)) if form.cipher == "AES-CBC"]
    gcm = Form("encrypted", "RSA v1.5", "AES-GCM", "")
    return [*signatures(("",), signers), *cbc, gcm, *at_the_floor(""), altered("")]


def cells_of(peer: str) -> Iterator[tuple[Cell, Form]]:
    for form in written_by_pli(peer):
        yield Cell(peer, "reads", str(form)), form
    for form in written_by(peer):
        yield Cell(peer, "writes", str(form)), form


def between_operators() -> list[tuple[Cell, Form]]:
    """What one Pli writes to another: with AES-GCM, by card and by passkey, to RSA and to P-384."""
    modern = [
        Form("detached", key, "AES-GCM", card=card)
        for key in ("RSA OAEP SHA-256", "ECDH P-384")
        for card in (True, False)
    ]
    return [
        (Cell(PLI, way, f"{form}, other operator"), form)
        for way in ("reads", "writes")
        for form in (*modern, *by_card(at_the_floor()))
    ]


def known_refusal(peer: str, direction: str, form: Form) -> Refusal | None:
    matching = (known for known in REFUSALS if peer in known.peers and known.direction == direction)
    return next((known for known in matching if known.applies(form)), None)


def recognise(refusal: Refusal | None, said: str) -> str:
    """Why it refuses, with its own words for it; empty if this is not the known refusal."""
    found = re.search(refusal.says, said) if refusal else None
    return f"{refusal.why} (“{found[0]}”)" if refusal and found else ""


def _gcm(form: Form) -> bool:
    return form.cipher == "AES-GCM"


def _oaep(form: Form) -> bool:
    return "OAEP" in form.key


def _ecdh(form: Form) -> bool:
    return KEYS.get(form.key, "rsa") != "rsa"


def _without_ukm(form: Form) -> bool:
    return _ecdh(form) and not form.key.endswith("ukm")


def _opaque_signature(form: Form) -> bool:
    return form.structure == "signed opaque"


def _opaque(form: Form) -> bool:
    return form.structure == "opaque"


def _nested(form: Form) -> bool:
    return form.structure == "nested"


def _all(_form: Form) -> bool:
    return True


_CMSUTIL = ("NSS", "NSS of Thunderbird")
_NO_CHOICE_OF_CIPHER = (*_CMSUTIL, "gpgsm", "Thunderbird")
_GPGSM_KEYLESS = "its import of a PKCS#12 file with an EC key dies by a segmentation fault, so it has no such key"
REFUSALS = (
    Refusal(_CMSUTIL, "reads", _gcm, "SEC_ERROR_UNRECOGNIZED_OID", "it knows no AuthEnvelopedData"),
    Refusal(("NSS",), "reads", _oaep, "SEC_ERROR_UNSUPPORTED_KEYALG", "this version knows no RSA-OAEP in CMS"),
    Refusal(("NSS",), "reads", _ecdh, "SEC_ERROR_BAD_DER", "this version decodes no message for an ECDH recipient"),
    Refusal(("NSS",), "writes", _ecdh, "SEC_ERROR_INVALID_ALGORITHM", "this version encrypts to no EC key"),
    Refusal(_NO_CHOICE_OF_CIPHER, "writes", _gcm, "^it wrote .*AES-CBC", "it always writes AES-CBC"),
    Refusal(_NO_CHOICE_OF_CIPHER, "writes", _oaep, "^it wrote .*RSA v1.5", "to RSA keys it always writes PKCS#1 v1.5"),
    Refusal(
        ("NSS of Thunderbird", "Thunderbird"), "writes", _without_ukm, "^it wrote .*ECDH ukm", "it always adds a ukm"
    ),
    Refusal(("gpgsm",), "reads", _gcm, "Buffer too short", "it decrypts no AES-GCM"),
    Refusal(("gpgsm",), "reads", _oaep, "error getting encrypted session key", "it knows no RSA-OAEP"),
    Refusal(("gpgsm",), "reads", _ecdh, "error decrypting session key: No secret key", _GPGSM_KEYLESS),
    Refusal(("gpgsm",), "writes", _ecdh, "Wrong key usage", "it takes keyAgreement for no encryption usage"),
    Refusal(("s-nail",), "reads", _gcm, "wrong content type", "it knows no AuthEnvelopedData"),
    Refusal(("s-nail",), "reads", _oaep, "bad decrypt|no recipient matches", "it decrypts PKCS#1 v1.5 only"),
    Refusal(("s-nail",), "reads", _ecdh, "wrong tag", "it knows PKCS#7 only, which has no key agreement"),
    Refusal(("s-nail",), "reads", _opaque_signature, "invalid mime type", "it verifies multipart/signed only"),
    Refusal(("s-nail",), "reads", _opaque, "ends by signal 11", "it dies of an opaque signature inside an encryption"),
    Refusal(("s-nail",), "reads", _nested, "shows nothing", "it decrypts only what is outermost"),
    Refusal(("s-nail",), "writes", _gcm, "Invalid S/MIME cipher", "it offers AES-CBC only"),
    Refusal(("s-nail",), "writes", _oaep, "^it wrote .*RSA v1.5", "it has no setting for RSA-OAEP"),
    Refusal(("s-nail",), "writes", _ecdh, "encryption not supported for this key type", "it encrypts to no EC key"),
    Refusal(("notmuch",), "reads", _gcm, "shows nothing", "it takes AuthEnvelopedData for an attachment"),
    Refusal(("notmuch",), "reads", _oaep, "No secret key", "gpgsm, which it calls, knows no RSA-OAEP"),
    Refusal(("notmuch",), "reads", _ecdh, "No secret key", "gpgsm, which it calls, has no such key"),
    Refusal(("notmuch",), "writes", _all, "Unknown command", "it has no command that writes messages"),
    Refusal(("Thunderbird",), "reads", _gcm, "shows nothing", "it knows no AuthEnvelopedData"),
    Refusal(
        ("s-nail", "Thunderbird"), "writes", _opaque_signature, "^it wrote signed detached", "it signs detached only"
    ),
    Refusal(("s-nail", "Thunderbird"), "writes", _opaque, "^it wrote detached", "it signs detached only"),
    Refusal(
        ("s-nail", "Thunderbird"), "writes", _nested, "^it wrote detached", "it does not sign what it has encrypted"
    ),
)
