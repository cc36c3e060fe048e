"""`open_mailbox.py PKI ADDRESS`, run with the server's environment: opens Alice's mailbox by a real genesis act."""

import os
import sys
from pathlib import Path

import django

django.setup()

from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402 - Django first

from bridge.cms.mailbox_keys import MailboxKeys  # noqa: E402
from bridge.pki.sample_health_pki import load_sample_pki  # noqa: E402
from tests.webmail.conftest import Practice  # noqa: E402


def main(pki: Path, address: str) -> None:
    keys = MailboxKeys(rsa.generate_private_key(65537, 3072), ec.generate_private_key(ec.SECP256R1()), os.urandom(32))
    Practice(load_sample_pki(pki), keys).open("alice", address)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
