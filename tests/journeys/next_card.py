"""The card that follows a person's card: of the same person and authority, with a serial and keys of its own."""

import json
from dataclasses import replace

from practice import Practice

from bridge.pki.issue import Authority, utc_now
from bridge.pki.sample_health_pki import CARDS, write_card

_ISSUERS = {"fort": "health-fort", "standard": "health-standard"}


def issue_next_card(practice: Practice, name: str, number: int) -> str:
    """It lies on the table as `NAME-NUMBER`, beside the others; the prompt knows its PIN. Gives its label."""
    card = next(card for card in CARDS if card.name == name)
    fresh = replace(card, serial=f"{card.serial}-{number:02}")
    drawer = practice.places.pki / "drawer"
    issuer = Authority.load(practice.places.pki / "authorities" / _ISSUERS[card.authority])
    _tell_pin(practice, fresh.serial, fresh.pin)
    write_card(drawer, fresh, issuer, utc_now())
    described = json.loads((drawer / "card.json").read_text("utf-8"))
    label = f"CPS {card.given} n° {number:02}"
    (drawer / "card.json").write_text(json.dumps({**described, "label": label}), "utf-8")
    drawer.rename(practice.places.pki / "cards" / f"{name}-{number}")
    return label


def _tell_pin(practice: Practice, serial: str, pin: str) -> None:
    pins = practice.prompt_log.parent / "pins.json"
    pins.write_text(json.dumps({**json.loads(pins.read_text("utf-8")), serial: pin}), "utf-8")
