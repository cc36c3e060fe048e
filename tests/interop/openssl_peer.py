"""OpenSSL's `cms` program; and its library for the one thing the program has no option for, a ukm (RFC 5753 §3.1)."""

from collections.abc import Sequence

from layers import CmsTool, body_der, canonical
from libcrypto import encrypt_with_ukm
from peer import Commission, PeerRefused, require, run

_CIPHERS = {"AES-CBC": "-aes256", "AES-GCM": "-aes-256-gcm"}
_OAEP = ("-keyopt", "rsa_padding_mode:oaep")
_KEYS: dict[str, Sequence[str]] = {
    "RSA OAEP SHA-1": _OAEP,
    "RSA OAEP SHA-256": (*_OAEP, "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"),
    "ECDH P-256": ("-keyopt", "ecdh_kdf_md:sha256"),
    "ECDH P-384": ("-keyopt", "ecdh_kdf_md:sha384"),
}
UKM = b"pli interop"


class OpenSsl(CmsTool):
    name, program = "OpenSSL", "openssl"

    def version(self) -> str:
        return " ".join(require(run(["openssl", "version"]), "openssl").decode().split()[:2])

    def inside(self, message: bytes) -> bytes:
        """The entity that an encrypted message is around."""
        return canonical(self.decrypt(body_der(message)))

    def decrypt(self, der: bytes) -> bytes:
        refusal = PeerRefused("openssl decrypt: nobody to read for")
        for person in self.people:
            key = ["-recip", person.certificate, "-inkey", person.private_key]
            try:
                return require(run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", *key], der), "decrypt")
            except PeerRefused as error:
                refusal = error
        raise refusal

    def verify(self, der: bytes, content: bytes | None) -> bytes:
        """With the roots given and nothing else."""
        trust = ["-CAfile", self.bundle(self.roots), "-purpose", "any"]
        beside = [] if content is None else ["-content", self.file(content)]
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", *trust, *beside]
        return require(run(command, der), "verify")

    def sign(self, entity: bytes, letter: Commission, *, detached: bool) -> bytes:
        sender, kind = letter.sender, [*([] if detached else ["-nodetach"]), *_stream(letter)]
        who = ["-signer", sender.certificate, "-inkey", sender.private_key]
        command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", *who, "-certfile", sender.chain, *kind]
        return require(run(command, entity), "sign")

    def encrypt(self, entity: bytes, letter: Commission) -> bytes:
        form = letter.form
        if form.key.endswith("ukm"):
            streamed = form.encoding == "BER"
            return encrypt_with_ukm(entity, letter.certificate.read_bytes(), UKM, form.cipher, streamed=streamed)
        options = [_CIPHERS[form.cipher], *_stream(letter), "-recip", letter.certificate, *_KEYS.get(form.key, ())]
        command = ["openssl", "cms", "-encrypt", "-binary", "-outform", "DER", *options]
        return require(run(command, entity), "encrypt")


def _stream(letter: Commission) -> list[str]:
    return ["-stream"] if letter.form.encoding == "BER" else []
