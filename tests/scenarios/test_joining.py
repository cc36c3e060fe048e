"""Ways into a mailbox: by invitation before one ever used Pli, by the roster of a Saturday, and as a manager by two colleagues' word."""

from datetime import timedelta

import pytest

from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import granted, moment
from webmail.management.demo.headless_page import PageError
from webmail.management.demo.jmap import JmapError

pytestmark = pytest.mark.slow


def minute_ago():
    return utc_now() - timedelta(minutes=1)


def test_who_never_came_is_invited_by_number_and_comes_in(clinic):
    own = clinic.mailbox("ugo")
    number = clinic.number("lily")
    assert own.card_of(rppsNumber=number) is None
    create = {"rppsNumber": number, "name": "Lily Essai", "role": "reader", "notBefore": moment(minute_ago())}
    own.jmap.call("Invitation/set", create={"one": create})
    lily = clinic.colleague("lily")
    [invitation] = own.jmap.call("Invitation/get", ids=None)["list"]
    assert invitation["state"] == "ready"
    assert own.id not in lily.accounts()  # an invitation opens nothing
    own.grant(granted(own.card_of(rppsNumber=number), "reader", minute_ago()))
    [invitation] = own.jmap.call("Invitation/get", ids=None)["list"]
    assert invitation["state"] == "done"
    clinic.deliver(own.address, "Pour Lily")
    assert subjects(lily.open(own.address)) == ["Pour Lily"]


def test_an_invitation_to_another_name_is_refused(clinic):
    clinic.colleague("vera")
    own = clinic.mailbox("ugo")
    create = {
        "rppsNumber": clinic.number("vera"),
        "name": "Quelqu'un d'autre",
        "role": "reader",
        "notBefore": moment(minute_ago()),
    }
    answer = own.jmap.call("Invitation/set", create={"one": create})
    assert (answer["created"]["one"]["state"], answer["created"]["one"]["reason"]) == ("refused", "name-differs")


def test_on_saturday_the_mailbox_is_open_to_who_is_on_duty(clinic):
    """The slot that runs now, and for a colleague the one of next Saturday: each has one grant until the roster ends."""
    for name in ("walt", "xena"):
        clinic.colleague(name)
    own = clinic.colleague("tara").open_service("ORG", "garde@pli.example")
    now, saturday = utc_now(), utc_now() + timedelta(days=6)
    lines = ["rpps,start,end,name", *(
        f"{clinic.number(name)},{begin:%Y-%m-%d %H:%M},{begin + timedelta(hours=8):%Y-%m-%d %H:%M},{name} Essai"
        for name, begin in (("walt", now), ("xena", saturday))
    ), "garbage,x,y,z"]  # fmt: skip
    slots = own.jmap.call("Duty/set", roster="\n".join(lines))
    assert (len(slots["list"]), [one["line"] for one in slots["refused"]]) == (2, [4])
    ends = saturday + timedelta(hours=8)
    cards = [own.card_of(rppsNumber=clinic.number(name)) for name in ("walt", "xena")]
    own.grant(*(granted(card, "sender", minute_ago(), ends) for card in cards), profile="duty")
    clinic.deliver(own.address, "Appel de samedi")
    on_duty = {name: own.id in clinic.here[name].accounts() for name in ("walt", "xena")}
    assert on_duty["xena"] is False
    with pytest.raises(PageError):
        clinic.here["xena"].open(own.address)
    if not on_duty["walt"]:
        pytest.fail("the slot that runs now opens nothing")
    assert subjects(clinic.here["walt"].open(own.address)) == ["Appel de samedi"]


def test_the_third_manager_takes_two(clinic):
    """One alone makes the second; from then on nobody makes a manager alone."""
    vera, yves = clinic.colleague("vera"), clinic.colleague("yves")
    service = clinic.colleague("rita").open_service("ORG", "direction@pli.example")
    card = lambda name: service.card_of(rppsNumber=clinic.number(name))  # noqa: E731
    service.grant(granted(card("vera"), "manager", minute_ago()))
    service.grant(granted(card("yves"), "manager", minute_ago()))
    [waiting] = [one for one in service.members() if one["state"] == "pending"]
    assert waiting["idValue"] == clinic.number("yves")
    with pytest.raises(PageError):
        yves.open(service.address)
    with pytest.raises(PageError, match="confirm-self"):
        service.confirm(waiting["bodyHash"])
    vera.open(service.address).confirm(waiting["bodyHash"])
    assert yves.open(service.address).opened["role"] == "manager"


def test_nobody_below_a_manager_lets_others_in(clinic):
    clinic.colleague("xena")
    own = clinic.mailbox("walt")
    own.grant(granted(own.card_of(rppsNumber=clinic.number("xena")), "sender", minute_ago()))
    sender = clinic.here["xena"].open(own.address)
    with pytest.raises(PageError, match="signer-not-manager"):
        sender.grant(granted(sender.card_of(rppsNumber=clinic.number("walt")), "reader", minute_ago()))
    with pytest.raises(JmapError):
        sender.jmap.call("Member/get", ids=None)
