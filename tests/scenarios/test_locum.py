"""A replacement of fourteen days: it begins with the whole history, reads what comes, and ends without anybody's help."""

from datetime import timedelta

import pytest

from bridge.pki.issue import utc_now
from webmail.management.demo.colleague import granted

pytestmark = pytest.mark.slow


def subjects(mailbox) -> list[str]:
    return [subject_of(mailbox.read(email)) for email in mailbox.messages()]


def subject_of(message: bytes) -> str:
    return next(line for line in message.decode().splitlines() if line.startswith("Subject: ")).removeprefix(
        "Subject: "
    )


@pytest.mark.negative(12)
def test_a_locum_reads_for_fourteen_days_and_not_a_day_more(clinic):
    omar = clinic.colleague("omar")
    own = clinic.mailbox("nina")
    clinic.deliver(own.address, "Avant le remplacement")
    begins = utc_now() - timedelta(days=13, hours=23, minutes=59)
    card = own.card_of(rppsNumber=clinic.number("omar"))
    own.grant(granted(card, "sender", begins, begins + timedelta(days=14)), profile="replacement")
    shown = clinic.prompts("confirm")[-1]
    assert "Omar ESSAI" in shown
    assert clinic.number("omar") in shown

    other = omar.open(own.address)
    clinic.deliver(own.address, "Pendant le remplacement")
    assert subjects(other) == ["Pendant le remplacement", "Avant le remplacement"]
    assert other.opened["role"] == "sender"
    assert omar.accounts()[own.id]["isPersonal"] is False
