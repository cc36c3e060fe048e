"""The people of the sample practice, and how those with cards open their accounts."""

import base64
from dataclasses import dataclass
from typing import Any

from webmail.management.demo.headless_page import HeadlessPage, PageError


@dataclass(frozen=True)
class SamplePerson:
    """`name` is also the host of the person's origin; `pin` is empty for people without card."""

    name: str
    shown: str
    address: str
    pin: str
    card_serial: str


PEOPLE = (
    SamplePerson("alice", "Dr Alice Martin", "alice.martin@pli.example", "1234", "CPS-0001"),
    SamplePerson("bob", "Dr Bob Lefèvre", "bob.lefevre@pli.example", "5678", "CPS-0002"),
    SamplePerson("chloe", "Chloé Petit", "chloe.petit@pli.example", "", ""),
)
VISITOR = PEOPLE[0]  # whose mailbox holds the museum
PRACTITIONERS = tuple(person for person in PEOPLE if person.card_serial)
COLLEAGUES = (
    SamplePerson("ines", "Dr Inès Caron", "ines.caron@pli.example", "2580", "CPS-0006"),
    SamplePerson("sami", "Sami Haddad", "sami.haddad@pli.example", "3690", "CPS-0007"),
    SamplePerson("lea", "Léa Simon", "lea.simon@pli.example", "1470", "CPS-0008"),
)  # who share mailboxes with the practitioners; their cards lie beside the table


def find_card(page: HeadlessPage, person: SamplePerson) -> str:
    """The pseudonym that this origin sees for the person's card."""
    cards = page.bridge("card.list")["cards"]
    return str(next(card["card"] for card in cards if person.shown.removeprefix("Dr ") in card["label"]))


def log_in(page: HeadlessPage, card: str) -> dict[str, Any]:
    challenge = page.post("/auth/challenge", {})["challenge"]
    token = page.bridge("auth.token", card=card, challenge=challenge)
    answer: dict[str, Any] = page.post("/auth/card", {"token": token})
    return answer


@dataclass(frozen=True)
class OpenedAccount:
    """What is at hand right after opening: the bridge's handle, the card, and the mailbox with its encryption certificate (DER)."""

    handle: str
    card: str
    mailbox_id: str
    encryption_certificate: bytes


def open_account(page: HeadlessPage, person: SamplePerson, encryption_algorithm: str = "rsa-3072") -> OpenedAccount:
    """Open an account by card, as the account-opening page does (docs/API.md)."""
    card = find_card(page, person)
    log_in(page, card)
    asked = page.bridge(
        "certificate.request",
        address=person.address,
        encryptionAlgorithm=encryption_algorithm,
        signatureAlgorithm="p-256",
    )
    requests = {name: asked[name] for name in ("encryptionRequest", "signatureRequest")}
    certified = page.post("/open/certify", {"address": person.address, **requests})
    made = page.bridge(
        "mailbox.create", handle=asked["handle"], address=person.address, holder={"card": card}, **certified
    )
    proof = {name: made[name] for name in ("grant", "binding", "logEntry")}
    page.post("/open/complete", {"mailboxId": certified["mailboxId"], **proof})
    prove_card(page, card, certified["mailboxId"])
    certificate = base64.b64decode(certified["encryptionCertificate"])
    return OpenedAccount(asked["handle"], card, certified["mailboxId"], certificate)


def prove_card(page: HeadlessPage, card: str, mailbox_id: str) -> None:
    """Keep what the card's key can do, so that colleagues may grant to it while its holder is away."""
    create = {"card": page.bridge("card.prove", card=card)}
    keys = "https://pli.example/jmap/keys"
    call = ["Credential/set", {"accountId": mailbox_id, "create": create}, "0"]
    answer = page.post("/jmap/api", {"using": ["urn:ietf:params:jmap:core", keys], "methodCalls": [call]})
    if not answer["methodResponses"][0][1].get("created"):
        raise PageError(f"Credential/set: {answer['methodResponses'][0][1]}")
