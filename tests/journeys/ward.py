"""A desk as in a ward: two readers behind pcscd, virtual PIV cards through OpenSC, and the practice's server over https.

The practitioners' cards hold the keys by which `first_start` opened the accounts, so both can log in at once; the colleagues have a
card and no account yet.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from practice import Practice, free_port, free_ports, policy_of_another_computer, prompt_policy

from bridge.pki.certificates import pem
from bridge.pki.issue import private_pem, utc_now
from tests.vcard.holder import CertifiedKey, Use
from tests.vcard.piv import PivCard
from tests.vcard.stack import OPENSC, CardStack, card_stack
from webmail.management.demo import run
from webmail.management.demo.places import Places
from webmail.management.demo.practice import COLLEAGUES, PRACTITIONERS, SamplePerson
from webmail.management.demo.processes import Processes

NAMES = ("alice", "bob")
STAFF = (*PRACTITIONERS, *COLLEAGUES)
LOOPBACK, PUBLIC = "localhost", "pli.example"
_USES: tuple[Use, ...] = ("authentication", "signature", "encryption")
_BRIDGE_PORTS = 3


@dataclass(frozen=True)
class SecurePlaces(Places):
    """Each person has two https origins: one whose name browsers take for loopback, and one they take for a site."""

    host: str = LOOPBACK

    def origin(self, name: str) -> str:
        return f"https://{name}.{self.host}:{self.web_port}"

    @property
    def public(self) -> "SecurePlaces":
        """The same site under names that a browser must be told to look for on this computer."""
        return SecurePlaces(self.data, self.web_port, self.lmtp_port, self.bridge_ports, PUBLIC)

    def origins(self) -> list[str]:
        return [self.origin(name) for name in NAMES]

    def server_environment(self, names: object = NAMES) -> dict[str, str]:
        return {
            **super().server_environment(NAMES),
            "PLI_ORIGINS": ",".join([*self.origins(), *self.public.origins()]),
            "UVICORN_SSL_KEYFILE": str(self.data / "site-key.pem"),
            "UVICORN_SSL_CERTFILE": str(self.data / "site.pem"),
        }


@dataclass
class Ward(Practice):
    """The practice, its readers and the cards beside them."""

    stack: CardStack
    cards: dict[str, PivCard]

    @cached_property
    def site(self) -> SecurePlaces:
        assert isinstance(self.places, SecurePlaces)
        return self.places

    def insert(self, *names: str) -> None:
        """Put cards into the readers, the first card into the first reader; what was there is pulled."""
        self.stack.empty()
        for reader, name in zip(self.stack.readers, names, strict=False):
            reader.insert(self.cards[name])

    def reader_of(self, name: str) -> str:
        """The reader in which this person's card lies."""
        return next(reader.name for reader in self.stack.readers if reader.card is self.cards[name])


@contextmanager
def open_ward(first_start: Path, data: Path) -> Iterator[Ward]:
    """The second day of the practice that `first_start` left, with the practitioners' cards in their readers."""
    shutil.copytree(first_start, data, ignore=_sockets, dirs_exist_ok=True)
    places = SecurePlaces(data, free_port(), free_port(), free_ports(_BRIDGE_PORTS))
    _certify_site(places)
    cards = {person.name: _virtual_card(places, person) for person in STAFF}
    with card_stack(data / "readers") as stack, Processes(places.logs) as processes:
        run.start_processes(processes, places)
        log = _write_policy(places, cards)
        ward = Ward(places, processes, 0, log, stack, cards)
        _start_bridge(ward, "ward", stack)
        ward.insert(*NAMES)
        yield ward


@contextmanager
def another_computer(ward: Ward, folder: Path) -> Iterator[CardStack]:
    """The ward's computer is off. This one has readers of its own, and a bridge that has met no browser and remembers no mailbox."""
    ward.processes.stop("bridge-ward")
    ward.stack.empty()
    policy = policy_of_another_computer(ward.places, "ward")
    with card_stack(folder) as stack:
        _start_bridge(ward, policy, stack)
        yield stack
        ward.processes.stop(f"bridge-{policy}")
    _start_bridge(ward, "ward", ward.stack)


def _start_bridge(ward: Ward, policy: str, stack: CardStack) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.environment.items():
            patch.setenv(name, value)
        ward.bridge_port = run.start_bridge(ward.processes, ward.places, policy)["port"]


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_socket()]


def _certify_site(places: SecurePlaces) -> None:
    """A certificate of its own for every name of the site; browsers are told to accept it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), utc_now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the sample practice")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    hosts = [f"{name}.{host}" for name in NAMES for host in (LOOPBACK, PUBLIC)]
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    certificate = builder.add_extension(names, critical=False).sign(key, SHA256())
    (places.data / "site-key.pem").write_bytes(private_pem(key))
    (places.data / "site.pem").write_bytes(pem(certificate))


def _virtual_card(places: Places, person: SamplePerson) -> PivCard:
    """The keys of a person's software card, on a chip."""
    folder = places.pki / "cards" / person.name
    keys = {use: _key(folder / f"{use}.p12", person.pin) for use in _USES if (folder / f"{use}.p12").exists()}
    return PivCard(keys, serial=person.card_serial, pin=person.pin)


def _key(file: Path, pin: str) -> CertifiedKey:
    key, certificate, _ = pkcs12.load_key_and_certificates(file.read_bytes(), pin.encode())
    assert key is not None
    assert certificate is not None
    return CertifiedKey(key, certificate)  # type: ignore[arg-type]


def _write_policy(places: SecurePlaces, cards: dict[str, PivCard]) -> Path:
    """A bridge with OpenSC and no software card, for both origins of everybody. Returns the log of its prompts."""
    prompt, log = prompt_policy(places.bridge)
    pins = {cards[person.name].serial: person.pin for person in STAFF}
    (places.bridge / "pins.json").write_text(json.dumps(pins))
    file = run.write_policy(places, "ward", prompt)
    policy = {
        **json.loads(file.read_text()),
        "origins": [*places.origins(), *places.public.origins()],
        "modules": [{"id": "opensc", "path": str(OPENSC)}],
        "softwareCards": None,
    }
    file.write_text(json.dumps(policy, indent=1))
    return log
