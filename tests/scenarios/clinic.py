"""The clinic of the scenarios: its people, their cards on one table, one server and one bridge."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path

from cryptography.x509 import load_der_x509_crl

from bridge.pki.certificates import load_certificate
from bridge.pki.health_identity import luhn_digit
from bridge.pki.issue import build_crl, utc_now
from bridge.pki.sample_health_pki import SampleCard, SamplePki, issue_sample_pki, write_card
from tests.journeys.practice import free_port, free_ports
from tests.manage import manage
from webmail.management.demo import letters, run
from webmail.management.demo.colleague import Colleague, HeldMailbox
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.places import Places
from webmail.management.demo.processes import Processes

WARD = (  # a service: its owner, and eleven colleagues
    "nina",
    "omar",
    "paul",
    "rita",
    "sven",
    "tara",
    "ugo",
    "vera",
    "walt",
    "xena",
    "yves",
    "zoe",
)
NAMES = (
    *WARD,
    "lily",
    "iris",
    "nadia",
    "oriane",
    "paola",
    "olga",
    "remi",
    "bruno",
    "wanda",
    "hana",
    "gael",
    "mila",
    "jade",
)
PROMPT = Path(__file__).parents[1] / "bridge" / "assuan_prompt.py"
BRIDGE_PORTS = 3
FAMILY = "ESSAI"
NETWORK = "perinat.example"  # the domain of a network that test_network.py sets up


@dataclass(frozen=True)
class ClinicPlaces(Places):
    """Every person of the scenarios has an origin."""

    names: tuple[str, ...] = NAMES

    def server_environment(self, names: object = NAMES) -> dict[str, str]:
        found = super().server_environment(self.names)
        return {**found, "PLI_DOMAINS": f"{found['PLI_DOMAINS']},{NETWORK}"}


@dataclass
class Clinic:
    """People come and go; a page of each stays open as long as the clinic."""

    places: ClinicPlaces
    processes: Processes
    pki: SamplePki
    bridge_port: int
    prompt_log: Path
    stack: ExitStack
    cards: dict[str, SampleCard]
    here: dict[str, Colleague] = field(default_factory=dict)
    opened: dict[str, HeldMailbox] = field(default_factory=dict)

    def address(self, name: str) -> str:
        return f"{name}@pli.example"

    def number(self, name: str) -> str:
        return self.cards[name].rpps_number

    def page(self, name: str) -> HeadlessPage:
        """A tab more of this person."""
        return self.stack.enter_context(HeadlessPage(self.places.origin(name), self.bridge_port))

    def colleague(self, name: str) -> Colleague:
        """At work: logged in by card, with a mailbox of one's own."""
        if name not in self.here:
            self.here[name] = Colleague.log_in(self.page(name), self.cards[name].serial)
            self.opened[name] = self.here[name].open_account(self.address(name))
        return self.here[name]

    def mailbox(self, name: str) -> HeldMailbox:
        """The person's own."""
        self.colleague(name)
        return self.opened[name]

    def new_card(self, name: str) -> str:
        """The person's next card, on the table beside the old one; gives its serial."""
        old = self.cards[name]
        serial = f"{old.serial}-{len(self.cards)}"
        self.cards[serial] = replace(old, serial=serial)
        self.issue(serial)
        return serial

    def issue(self, key: str) -> None:
        card = self.cards[key]
        write_card(self.places.pki / "cards" / key, card, self.pki.branches["standard"].issuing, utc_now())
        folder = self.places.pki / "cards" / key / "card.json"
        folder.write_text(json.dumps({**json.loads(folder.read_text()), "label": f"CPS {card.serial}"}))
        self._tell_pins()

    def revoke(self, name: str) -> None:
        """The issuer cancels this person's card: its list names every certificate of it."""
        branch, now = self.pki.branches["standard"].issuing, utc_now()
        file = self.places.pki / "crls" / "health-standard.crl"
        cards = (self.places.pki / "cards" / name).glob("*.p12")
        serials = [load_certificate(one.with_suffix(".pem").read_bytes()).serial_number for one in cards]
        listed = {one.serial_number: one.revocation_date_utc for one in load_der_x509_crl(file.read_bytes())}
        revoked = {**listed, **dict.fromkeys(serials, now)}
        file.write_bytes(build_crl(branch, revoked, now=now, days=60, number=int(now.timestamp())))

    def _tell_pins(self) -> None:
        pins = {card.serial: card.pin for card in self.cards.values()}
        (self.places.bridge / "pins.json").write_text(json.dumps(pins))

    def deliver(self, address: str, *subjects: str) -> None:
        """Clear letters from outside, by LMTP."""
        sender = "accueil@msp.example"
        made = [bytes(_letter(sender, address, subject)) for subject in subjects]
        letters.deliver(self.places.lmtp_port, sender, address, made)

    def prompts(self, kind: str) -> list[str]:
        """What people were asked: descriptions of the prompts of one kind (pin, confirm)."""
        lines = map(json.loads, self.prompt_log.read_text("utf-8").splitlines())
        return [line["description"] for line in lines if line["kind"] == kind]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command beside the running server."""
        return manage(self.places.server_environment(), *arguments)


def _letter(sender: str, recipient: str, subject: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, recipient, subject
    letter.set_content(f"Le texte de {subject}.\n")
    return letter


@contextmanager
def open_clinic(data: Path, names: tuple[str, ...] = NAMES) -> Iterator[Clinic]:
    places = ClinicPlaces(data, free_port(), free_port(), free_ports(BRIDGE_PORTS), names)
    pki = issue_sample_pki(places.pki)
    log = _write_policy(places)
    log.touch()
    with Processes(places.logs) as processes, ExitStack() as stack:
        run.start_server(processes, places)
        bridge = run.start_bridge(processes, places, "clinic")
        cards = {name: _card(number, name) for number, name in enumerate(names)}
        clinic = Clinic(places, processes, pki, bridge["port"], log, stack, cards)
        for name in names:
            clinic.issue(name)
        yield clinic


def _card(number: int, name: str) -> SampleCard:
    ten = f"99920{number:05}"
    return SampleCard(
        name,
        name.title(),
        FAMILY,
        ten + luhn_digit(ten),
        "1234",
        "standard",
        f"CPS-N{number:02}",
        encryption_key=number % 2 == 0,
    )


def _write_policy(places: ClinicPlaces) -> Path:
    pins, log = places.bridge / "pins.json", places.bridge / "prompts.jsonl"
    prompt = {"kind": "assuan", "program": sys.executable, "arguments": [str(PROMPT), str(pins), str(log)]}
    file = run.write_policy(places, "clinic", prompt)
    policy = {**json.loads(file.read_text()), "origins": [places.origin(name) for name in places.names]}
    file.write_text(json.dumps(policy, indent=1))
    return log
