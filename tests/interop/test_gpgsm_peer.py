"""What gpgsm's key store was given is there, or the failure is said: nothing reads for a key that never came in."""

import pytest
from gpgsm_peer import Gpgsm
from peer import PeerRefused

PBE_SHA1_3DES = bytes.fromhex("060a2a864886f70d010c0103300e0408")  # RFC 7292 appendix C; eight octets of salt follow


class OtherSalt(Gpgsm):
    """Its first files, `wrong` in number, name another salt than they were encrypted with, so that their keys come out wrong."""

    wrong = 0

    def _pkcs12(self, person):
        file = super()._pkcs12(person)
        if self.wrong:
            self.wrong -= 1
            content = bytearray(file.read_bytes())
            content[content.index(PBE_SHA1_3DES) + len(PBE_SHA1_3DES)] ^= 1
            file.write_bytes(content)
        return file


def secret_keys(peer):
    return peer._gpgsm("--with-colons", "--list-secret-keys").stdout.count(b"crs:")


def test_a_file_it_cannot_read_is_written_anew(denis, tmp_path):
    class Once(OtherSalt):
        wrong = 1

    with Once(tmp_path, [denis]) as peer:
        assert secret_keys(peer) == 1


def test_a_key_that_does_not_come_in_is_no_silent_certificate(denis, tmp_path):
    class Always(OtherSalt):
        wrong = 1000

    with pytest.raises(PeerRefused, match=r"--import of denis@partner\.example: .* PKCS#12"):
        Always(tmp_path, [denis])


def test_the_owner_of_an_ec_key_has_the_certificate_alone(kinds, tmp_path):
    with Gpgsm(tmp_path, [kinds["p-256"]]) as peer:
        assert secret_keys(peer) == 0
        assert kinds["p-256"].address.encode() in peer._gpgsm("--list-keys").stdout
