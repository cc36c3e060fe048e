"""A Pli server's mail door with one open mailbox, made for a figure: sample PKI, SQLite, keys certified by a real act."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dovecot import free_port, wait_for

from bridge.pki.sample_health_pki import issue_sample_pki
from webmail.management.demo.places import Places

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "manage.py"
ADDRESS = "alice@pli.example"


@contextmanager
def running_lmtpd(base: Path) -> Iterator[tuple[int, str]]:
    """Yield the LMTP port and the address of the one mailbox behind it."""
    places = Places(base, web_port=free_port(), lmtp_port=free_port())
    issue_sample_pki(places.pki)
    settings = environment(places.server_environment(["alice"]))
    run([MANAGE, "migrate", "--verbosity", "0"], settings)
    run([Path(__file__).with_name("open_mailbox.py"), places.pki, ADDRESS], settings)
    with (base / "lmtpd.log").open("wb") as log:
        command = [sys.executable, MANAGE, "lmtpd", "--port", str(places.lmtp_port)]
        door = subprocess.Popen(command, env=settings, stdout=log, stderr=log)
    try:
        wait_for(places.lmtp_port)
        yield places.lmtp_port, ADDRESS
    finally:
        door.terminate()
        door.wait()


def environment(server: dict[str, str]) -> dict[str, str]:
    """What a script needs to work with a server's data by Django."""
    return {**os.environ, **server, "DJANGO_SETTINGS_MODULE": "webmail.settings", "PYTHONPATH": str(ROOT)}


def run(arguments: list[Path | str], settings: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], env=settings, check=True, stdout=subprocess.DEVNULL)
