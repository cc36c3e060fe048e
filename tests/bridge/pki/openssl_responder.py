"""`openssl ocsp` as an authority's responder: a process of its own on loopback, that knows what an index file lists."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509

from bridge.pki.certificates import pem
from bridge.pki.issue import Authority, private_pem
from tests.started import end, first_line


@contextmanager
def openssl_responder(
    folder: Path,
    authority: Authority,
    good: Sequence[x509.Certificate],
    revoked: Sequence[x509.Certificate] = (),
    signer: Authority | None = None,
) -> Iterator[str]:
    """Its URL. `signer` signs in the authority's place; its answers are valid for a day."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / name for name in ("ca.pem", "signer.pem", "key.pem", "index.txt")}
    files["ca.pem"].write_bytes(pem(authority.certificate))
    files["signer.pem"].write_bytes(pem((signer or authority).certificate))
    files["key.pem"].write_bytes(private_pem((signer or authority).private_key))
    files["index.txt"].write_text(
        "".join(_line(one, "V") for one in good) + "".join(_line(one, "R") for one in revoked)
    )
    command = ["openssl", "ocsp", "-port", "0", "-index", files["index.txt"], "-CA", files["ca.pem"], "-ndays", "1"]
    keys = ["-rsigner", files["signer.pem"], "-rkey", files["key.pem"]]
    with subprocess.Popen([*command, *keys], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            found = re.search(r":(\d+) PID", first_line(process))
            assert found, "openssl ocsp did not start"
            yield f"http://127.0.0.1:{found[1]}/"
        finally:
            end(process)


def _line(certificate: x509.Certificate, state: str) -> str:
    """One line of OpenSSL's index: state, end of validity, revocation, serial number, file, subject."""
    ends, since = _utc_time(certificate.not_valid_after_utc), _utc_time(certificate.not_valid_before_utc)
    revocation = f"{since},keyCompromise" if state == "R" else ""
    serial = f"{certificate.serial_number:X}"
    return (
        "\t".join((state, ends, revocation, serial.zfill(len(serial) + len(serial) % 2), "unknown", f"/CN={serial}"))
        + "\n"
    )


def _utc_time(moment: datetime) -> str:
    return moment.strftime("%y%m%d%H%M%SZ")
