"""Cards in life: renewed ten times in a row with the old one alive, and no letter is lost."""

import pytest

from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import Colleague, find_card

pytestmark = pytest.mark.slow
RENEWALS = 10


def test_a_card_renewed_ten_times_loses_no_letter(clinic):
    address, arrived = clinic.address("otto"), []
    mailbox = clinic.mailbox("otto")
    for number in range(RENEWALS):
        arrived.insert(0, f"Lettre {number}")
        clinic.deliver(address, arrived[0])
        mailbox = renewed(clinic, mailbox, clinic.new_card("otto"))
        assert subjects(mailbox) == arrived
    assert len(mailbox.members()) == RENEWALS + 1
    assert [one["state"] for one in mailbox.members()].count("active") == 1


def renewed(clinic, mailbox, serial):
    """The new card logs in and takes the old one's place in one act, which it signs itself; then it opens."""
    page = mailbox.colleague.page
    [old] = mailbox.active()
    fresh = Colleague(page, find_card(page, serial))
    fresh.prove_presence()
    holder = {"selfCard": {"card": fresh.card}}
    mailbox.colleague = fresh
    mailbox.grant(
        {"holder": holder, "role": old["role"], "notBefore": old["notBefore"], "history": "all"},
        kind="certChange", ends=[old["bodyHash"]],
    )  # fmt: skip
    fresh.prove_card()
    return fresh.open(mailbox.address)
