"""A replacement of fourteen days: it begins with the whole history, reads what comes, and ends without anybody's help."""

import time
from datetime import datetime, timedelta

import pytest

from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import granted
from webmail.management.demo.headless_page import PageError

pytestmark = pytest.mark.slow
REST_OF_THE_LAST_DAY = timedelta(seconds=20)


@pytest.fixture(scope="module")
def replaced(clinic):
    """Nina's mailbox, of which Omar has the last seconds of fourteen days."""
    clinic.colleague("omar")
    own = clinic.mailbox("nina")
    clinic.deliver(own.address, "Avant le remplacement")
    begins = utc_now() + REST_OF_THE_LAST_DAY - timedelta(days=14)
    card = own.card_of(rppsNumber=clinic.number("omar"))
    own.grant(granted(card, "sender", begins, begins + timedelta(days=14)), profile="replacement")
    return own


@pytest.mark.negative(12)
def test_a_locum_reads_for_fourteen_days_and_not_a_second_more(clinic, replaced):
    shown = clinic.prompts("confirm")[-1]
    assert "Omar ESSAI" in shown
    assert clinic.number("omar") in shown
    other = clinic.here["omar"].open(replaced.address)
    clinic.deliver(replaced.address, "Pendant le remplacement")
    assert subjects(other) == ["Pendant le remplacement", "Avant le remplacement"]
    assert other.opened["role"] == "sender"
    assert clinic.here["omar"].accounts()[replaced.id]["isPersonal"] is False

    [email, earlier] = other.messages()
    assert read_for_her(replaced, clinic.number("omar")) == {email["id"], earlier["id"]}
    wait_until(replaced.member(clinic.number("omar"))["notAfter"])
    assert replaced.id not in clinic.here["omar"].accounts()
    with pytest.raises(PageError):
        other.messages()
    with pytest.raises(PageError):
        other.jmap.download(email["blobId"])
    with pytest.raises(PageError, match="GRANT_REFUSED expired"):  # what his browser had kept of it
        other.colleague.page.bridge("mailbox.open", **other.brought, unlock={"card": other.colleague.card})
    assert replaced.membership()["keyChangeDue"]


def test_the_owner_comes_back_and_the_key_changes(clinic, replaced):
    wait_until(replaced.members()[1]["notAfter"])
    replaced.rotate()
    assert not replaced.membership()["keyChangeDue"]
    assert [one["idValue"] for one in replaced.active()] == [clinic.number("nina")]
    clinic.deliver(replaced.address, "Après le remplacement")
    assert subjects(replaced)[0] == "Après le remplacement"


def read_for_her(own, id_value):
    """The messages that somebody opened in the owner's name, as she sees it."""
    lines = own.jmap.call("AccessEvent/query", filter={"acts": ["opened"]})["list"]
    theirs = [line for line in lines if line["rppsNumber"] == id_value]
    assert {(line["onBehalfOf"].casefold(), line["through"]) for line in theirs} == {("nina essai", "replacement")}
    return {line["objectId"] for line in theirs}


def wait_until(moment: str) -> None:
    """Dates count in whole seconds."""
    while utc_now() <= datetime.fromisoformat(moment) + timedelta(seconds=1):
        time.sleep(0.2)
