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
    environment = environment_of(places)
    run([MANAGE, "migrate", "--verbosity", "0"], environment)
    run([Path(__file__).with_name("open_mailbox.py"), places.pki, ADDRESS], environment)
    with (base / "lmtpd.log").open("wb") as log:
        command = [sys.executable, MANAGE, "lmtpd", "--port", str(places.lmtp_port)]
        door = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(places.lmtp_port)
        yield places.lmtp_port, ADDRESS
    finally:
        door.terminate()
        door.wait()


def environment_of(places: Places) -> dict[str, str]:
    settings = {"DJANGO_SETTINGS_MODULE": "webmail.settings", "PYTHONPATH": str(ROOT)}
    return {**os.environ, **places.server_environment(["alice"]), **settings}


def run(arguments: list[Path | str], environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
