"""Several letters signed in one go: all of them are named, from their own bytes, and nothing else is signed by it."""

import base64
from email.message import EmailMessage
from typing import Any

import pytest

from bridge.cms.messages import verify_message
from tests.bridge.operator_side import Account
from tests.bridge.running import BridgeError, Page, RunningBridge

FORGED = "results\n\u202efdp.exe\u2066\u200b.pdf"


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


def letter(number: int, *attachments: str, to: str = "") -> bytes:
    """As the page composes one."""
    message = EmailMessage()
    message["From"] = "Alice <alice@pli.example>"
    message["To"] = to or f"doctor{number}@hospital.example"
    message["Subject"] = f"Results of the day {number}."
    message.set_content("Dear colleague\n")
    for name in attachments:
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=name)
    return bytes(message).replace(b"\n", b"\r\n")


def consents(bridge: RunningBridge) -> list[str]:
    return [prompt["description"] for prompt in bridge.prompts("confirm")]


def refused(page: Page, **params: Any) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        page.call("message.sign", 60, **params)
    return error.value


def test_fifty_letters_are_named_one_by_one_and_signed_by_the_card(
    bridge: RunningBridge, page: Page, account: Account, alice: str
) -> None:
    """To, Subject and attachments of each, in prompts that fit pinentry; one PIN, one list, fifty S1 signatures."""
    letters = [letter(number, f"results-{number}.pdf") for number in range(50)]
    page.call("mailbox.open", **account.with_unlock({"card": alice}))
    pins, before = len(bridge.prompts("pin")), len(consents(bridge))
    signatures = page.call("message.sign", 60, handle=account.handle, card=alice, messages=letters)["signatures"]
    assert len(bridge.prompts("pin")) == pins
    shown = consents(bridge)[before:]
    assert shown[0].startswith(f"Sign 50 messages, and nothing else? (1/{len(shown)})")
    everything = "\n".join(shown)
    for number, (one, signature) in enumerate(zip(letters, signatures, strict=True)):
        assert everything.count(f"doctor{number}@hospital.example\nSubject: Results of the day {number}.") == 1
        assert everything.count(f"results-{number}.pdf") == 1
        assert verify_message(base64.b64decode(signature), one).card is not None


def test_a_list_covers_itself_alone(bridge: RunningBridge, page: Page, account: Account) -> None:
    """Neither the same list once more, nor a letter that was not in it, nor a consent of before that had signatures left."""
    letters = [letter(1), letter(2)]
    sign = {"handle": account.handle}
    page.call("message.sign", messages=[letter(9)], **sign)
    before = len(consents(bridge))
    for asked in (1, 2):
        page.call("message.sign", messages=letters, **sign)
        assert len(consents(bridge)) == before + asked
    page.call("message.sign", messages=[letter(3)], **sign)
    assert len(consents(bridge)) == before + 2, "the consent to single letters has signatures left"
    assert "doctor3@" not in "".join(consents(bridge))


def test_a_list_gives_no_right_to_a_further_letter(bridge: RunningBridge, page: Page, account: Account) -> None:
    before = len(consents(bridge))
    page.call("message.sign", handle=account.handle, messages=[letter(1), letter(2)])
    page.call("message.sign", handle=account.handle, messages=[letter(3)])
    assert len(consents(bridge)) == before + 2
    assert "doctor3@hospital.example" in consents(bridge)[-1]


def test_a_letter_of_the_book_is_asked_about_even_alone(bridge: RunningBridge, page: Page, account: Account) -> None:
    page.call("message.sign", handle=account.handle, messages=[letter(1)])
    before = len(consents(bridge))
    page.call("message.sign", handle=account.handle, messages=[letter(2, "results.pdf")], listed=True)
    (shown,) = consents(bridge)[before:]
    assert shown.startswith("Sign 1 message, and nothing else?")
    assert "doctor2@hospital.example" in shown
    assert "Attachments: results.pdf" in shown


def test_the_letters_own_bytes_are_shown(bridge: RunningBridge, page: Page, account: Account) -> None:
    """Whatever the page says of a letter goes nowhere: To, Subject and names come from what is signed."""
    words = {"to": "doctor1@hospital.example", "subject": "Results of the day 1."}
    real = letter(7, FORGED, to="insurer@bank.example, more@bank.example")
    assert refused(page, handle=account.handle, messages=[real], shown=[words]).name == "INVALID_PARAMS"
    before = len(consents(bridge))
    page.call("message.sign", handle=account.handle, messages=[letter(1), real])
    (shown,) = consents(bridge)[before:]
    assert "To (2): insurer@bank.example, more@bank.example\nSubject: Results of the day 7." in shown
    assert not any(sign in shown for sign in "\u202e\u2066\u200b")
    assert shown.count("\nSubject: ") == 2


def test_more_than_fifty_a_stranger_among_them_or_a_refusal_sign_nothing(
    bridge: RunningBridge, page: Page, account: Account
) -> None:
    before = len(consents(bridge))
    assert refused(page, handle=account.handle, messages=[letter(n) for n in range(51)]).name == "INVALID_PARAMS"
    forged = letter(2).replace(b"alice@", b"bob@")
    assert refused(page, handle=account.handle, messages=[letter(1), forged]).name == "KEY_USE_DENIED"
    torn = letter(3, "a.pdf").replace(b"--\r\n", b"\r\n")
    assert refused(page, handle=account.handle, messages=[letter(1), torn]).name == "INVALID_PARAMS"
    assert len(consents(bridge)) == before
    bridge.set_pins({"cancel": "confirm"})
    refusal = refused(page, handle=account.handle, messages=[letter(n, "x.pdf") for n in range(40)])
    assert (refusal.name, len(consents(bridge))) == ("USER_CANCELLED", before + 1)
