"""Starting the sample practice: first what it needs, then its processes, then its people and letters."""

import json
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.pki.certificates import load_certificate, pem
from bridge.pki.sample_health_pki import issue_sample_pki, renew_crls
from webmail.management.demo import letters, sharing
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.museum.hang import hang
from webmail.management.demo.one_at_a_time import LOCK
from webmail.management.demo.places import DOMAIN, Places
from webmail.management.demo.practice import COLLEAGUES, PEOPLE, PRACTITIONERS, VISITOR, open_account
from webmail.management.demo.processes import Processes, python

ROOT = Path(__file__).resolve().parents[3]
MANAGE = ROOT / "manage.py"
_AWAY = ("erin", "rene", "hugo")  # an expired card, a revoked one and that of hospital staff wait beside the table


def prepare(places: Places) -> None:
    """Issue the PKI once, and write the bridge's policies for this run's ports."""
    if not (places.pki / "anchors.json").exists():
        sharing.issue_cards(places, issue_sample_pki(places.pki))
        _lay_aside(places, *_AWAY, *(person.name for person in COLLEAGUES))
    renew_crls(places.pki)
    write_policy(places, "setup", _seed_prompt(places))
    write_policy(places, "table", {"kind": "card-table"})


def write_policy(places: Places, name: str, prompt: Mapping[str, Any]) -> Path:
    """A bridge policy for the sample practice; only the prompt differs between set-up, table and tests."""
    entries = json.loads((places.pki / "anchors.json").read_text())
    policy = {
        "origins": [places.origin(person.name) for person in (*PEOPLE, *COLLEAGUES)],
        "operatorDomains": [DOMAIN],
        "anchors": [{**entry, "file": str(places.pki / entry["file"])} for entry in entries],
        "modules": [],
        "softwareCards": str(places.pki / "cards"),
        "prompt": dict(prompt),
        "state": str(places.bridge / "state"),
        "ports": [places.bridge_ports[0], places.bridge_ports[-1]],
    }
    places.bridge.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = places.bridge / f"policy-{name}.json"
    file.write_text(json.dumps(policy, indent=1))
    return file


def start_server(processes: Processes, places: Places) -> None:
    """Database, web, LMTP listener and worker; returns when both ports answer."""
    environment = places.server_environment([person.name for person in (*PEOPLE, *COLLEAGUES)])
    processes.run("migrate", python(MANAGE, "migrate", "--verbosity", "0"), environment)
    start_processes(processes, places)


def start_processes(processes: Processes, places: Places) -> None:
    """`start_server` on a database that this very tree has made."""
    environment = places.server_environment([person.name for person in (*PEOPLE, *COLLEAGUES)])
    start_web(processes, places)
    processes.start("lmtpd", python(MANAGE, "lmtpd", "--port", str(places.lmtp_port)), environment)
    processes.start("worker", python(MANAGE, "worker"), environment)
    for port in (places.web_port, places.lmtp_port):
        wait_for_port(port)


def start_web(processes: Processes, places: Places) -> None:
    """The web process alone, which may be stopped and started again."""
    command = ["-m", "uvicorn", "webmail.asgi:application", "--host", "127.0.0.1", "--port", str(places.web_port)]
    environment = places.server_environment([person.name for person in (*PEOPLE, *COLLEAGUES)])
    processes.start("web", python(*command, "--no-access-log", "--log-level", "warning"), environment)


def start_bridge(processes: Processes, places: Places, policy: str) -> dict[str, Any]:
    """Start a bridge by policy name; returns what its ready file says: `port`, and with a card table its `table` URL."""
    ready = places.bridge / f"ready-{policy}.json"
    ready.unlink(missing_ok=True)
    command: list[str | Path] = [
        "-m",
        "bridge",
        "serve",
        "--policy",
        places.bridge / f"policy-{policy}.json",
        "--ready-file",
        ready,
    ]
    processes.start(f"bridge-{policy}", python(*command), {})
    found: dict[str, Any] = json.loads(processes.wait_for(f"bridge-{policy}", ready))
    return found


def open_practice(processes: Processes, places: Places, *, museum: bool = True, shared: bool = True) -> None:
    """At the first start: open the practitioners' accounts by card, hang the museum, let letters arrive, share mailboxes."""
    done = places.data / "practice-open"
    if done.exists():
        return
    bridge = start_bridge(processes, places, "setup")
    _introduce_outsider(processes, places)
    for person in PRACTITIONERS:
        with HeadlessPage(places.origin(person.name), bridge["port"]) as page:
            account = open_account(page, person)
            if museum and person is VISITOR and shutil.which("openssl"):
                hang(places, page, account, person.address)
        send_letters(places, person.address, account.encryption_certificate)
    if shared:
        _share(places, bridge["port"])
    processes.stop("bridge-setup")
    done.touch()


def _share(places: Places, bridge_port: int) -> None:
    """With the colleagues' cards on the table for as long as it takes."""
    names = [person.name for person in COLLEAGUES]
    for name in names:
        _describe_card(places.pki / "cards" / name, inserted=True)
    sharing.share(places, bridge_port)
    _lay_aside(places, *names)


def _lay_aside(places: Places, *names: str) -> None:
    for name in names:
        _describe_card(places.pki / "cards" / name, inserted=False)


def send_letters(places: Places, address: str, certificate: bytes) -> None:
    """Clear letters, and two by OpenSSL encrypted to the mailbox's certificate (DER)."""
    clear = [bytes(letter) for letter in letters.clear_letters(address)]
    letters.deliver(places.lmtp_port, "accueil@msp.example", address, clear)
    if shutil.which("openssl") is None:
        return  # the clear letters are enough to look around
    denis, file = places.pki / "people" / "denis", places.data / f"recipient-{address.partition('.')[0]}.pem"
    file.write_bytes(pem(load_certificate(certificate)))
    made = [
        letters.openssl_letter(denis, file, address, ["-aes256"], "Résultats de biologie"),
        letters.openssl_letter(denis, file, address, ["-aes-256-gcm", "-keyopt", "rsa_padding_mode:oaep"], "Avis"),
    ]
    letters.deliver(places.lmtp_port, letters.OUTSIDER, address, [letters.dated(letter) for letter in made])


def _introduce_outsider(processes: Processes, places: Places) -> None:
    folder = places.pki / "people" / "denis"
    files: list[str | Path] = [
        "--certificate",
        folder / "certificate.pem",
        "--chain",
        folder / "chain.pem",
        "--name",
        "Denis Garnier",
    ]
    environment = places.server_environment([person.name for person in (*PEOPLE, *COLLEAGUES)])
    processes.run("add_correspondent", python(MANAGE, "add_correspondent", letters.OUTSIDER, *files), environment)


def _seed_prompt(places: Places) -> dict[str, Any]:
    pins = places.bridge / "sample-pins.json"
    places.bridge.mkdir(parents=True, exist_ok=True, mode=0o700)
    pins.write_text(json.dumps({person.card_serial: person.pin for person in (*PRACTITIONERS, *COLLEAGUES)}))
    program, script = python(Path(__file__).with_name("seed_prompt.py"))
    return {"kind": "assuan", "program": str(program), "arguments": [str(script), str(pins)]}


def _describe_card(folder: Path, *, inserted: bool) -> None:
    file = folder / "card.json"
    described = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**described, "inserted": inserted}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def wait_for_port(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"Nothing answers on port {port} after {seconds:.0f} s; see the logs folder.")


def start_over(data: Path) -> None:
    """Forget the practice's data (`make demo ARGS=--fresh`), but that it is this one that runs here."""
    for found in data.iterdir():
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found, ignore_errors=True)
        elif found.name != LOCK:
            found.unlink()
