"""A server that lies about members and log, with its real database and a real bridge: refused, and in the bridge's journal."""

import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bridge.cms.grants import GrantBody, parse_grant
from bridge.journal import read_journal
from bridge.pki.issue import utc_now
from webmail.management.demo.colleague import granted
from webmail.management.demo.headless_page import PageError

pytestmark = pytest.mark.slow
OWNER, MEMBER, GHOST = "paul", "rita", "vera"


@pytest.fixture(scope="module")
def mailbox(clinic):
    """Paul's, which Rita reads; Vera is somebody with a card and an account, and no right."""
    for name in (MEMBER, GHOST):
        clinic.colleague(name)
    own = clinic.mailbox(OWNER)
    own.grant(granted(card(clinic, own, MEMBER), "reader", minute_ago()))
    return own


def minute_ago():
    return utc_now() - timedelta(minutes=1)


def card(clinic, own, name):
    return own.card_of(rppsNumber=clinic.number(name))


def database(clinic, *statement):
    """What an operator's hand does to the real database."""
    [file] = clinic.places.server.glob("*.sqlite3")
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        return connection.execute(*statement).fetchall()


def refused(clinic, call, match):
    """The bridge says no, in a word that pages have a sentence for, and keeps a line of it."""
    began = datetime.now(UTC)
    with pytest.raises(PageError, match=match):
        call()
    lines = list(read_journal(clinic.places.bridge / "state"))
    assert [
        line
        for line in lines
        if datetime.fromisoformat(line.time) >= began and line.result in match.replace("|", " ").split()
    ]


@pytest.mark.negative(9)
def test_two_views_of_one_log_do_not_meet(clinic, mailbox):
    """Two acts on one head: the bridge that was shown the one takes no log with the other."""
    first, second = proposed(clinic, mailbox), proposed(clinic, mailbox)

    def seen(act):
        page = mailbox.colleague.page
        return page.bridge("mailbox.members", handle=mailbox.handle, evidence=with_act(mailbox, act))

    assert len(seen(first)["members"]) == 3
    refused(clinic, lambda: seen(second), "LOG_REFUSED fork")
    refused(clinic, lambda: seen(None), "LOG_REFUSED rollback")
    mailbox.append(first)
    mailbox.end(mailbox.member(clinic.number(GHOST))["bodyHash"])
    mailbox.rotate()


def proposed(clinic, mailbox):
    """An act that is not handed in."""
    wish = granted(card(clinic, mailbox, GHOST), "reader", minute_ago())
    order = {"kind": "grant", "card": mailbox.colleague.card, "grants": [wish]}
    return mailbox.colleague.page.bridge("grant.make", handle=mailbox.handle, evidence=mailbox.evidence(), **order)


def with_act(mailbox, act):
    evidence = mailbox.evidence()
    if act is None:
        return evidence
    return {
        **evidence,
        "logEntries": [*evidence["logEntries"], act["logEntry"]],
        "bodies": [*evidence["bodies"], *act["bodies"]],
    }


@pytest.mark.negative(11)
def test_a_ghost_in_the_database_gets_no_key(clinic, mailbox):
    """The server counts Vera as a member, and serves her the grants: the log knows nothing of it."""
    columns = "account_id, person_id, role, profile, folders, history_from_epoch, not_before, not_after, state, revoked_at, last_seen_at"
    [[person]] = database(clinic, "select id from webmail_person where id_value = ?", [clinic.number(GHOST)])
    database(
        clinic,
        f"insert into webmail_membership (id, {columns}) select ?, {columns.replace('person_id', '?', 1)}"
        " from webmail_membership where account_id = ? and role = 'owner' and state = 'active' limit 1",
        ["ab" * 32, person, mailbox.id],
    )
    vera = clinic.here[GHOST]
    assert mailbox.id in vera.accounts()  # the lie works, as far as the server goes
    assert clinic.number(GHOST) not in [one["idValue"] for one in mailbox.active()]
    act, handle = mailbox.prepare_rotation()
    names = {GrantBody.from_der(parse_grant(b64decode(grant)).body_der).holder.id_value for grant in act["grants"]}
    assert names == {clinic.number(OWNER), clinic.number(MEMBER)}
    mailbox.append(act)
    mailbox.follow(act, handle)
    with pytest.raises(PageError, match="GRANT_REFUSED no-grant"):
        vera.open(mailbox.address)
    database(clinic, "delete from webmail_membership where id = ?", ["ab" * 32])


@pytest.mark.negative(5)
def test_a_grant_whose_end_was_moved_opens_nothing(clinic, mailbox):
    """Another date in the sealed grant is another body, which no entry lists."""
    rita = clinic.here[MEMBER].open(mailbox.address)
    grant = bytearray(b64decode(rita.brought["grant"]))
    year = grant.index(f"{utc_now():%Y}".encode())
    grant[year + 3] += 1
    forged = {**rita.brought, "grant": b64encode(bytes(grant)).decode()}
    refused(
        clinic,
        lambda: rita.colleague.page.bridge("mailbox.open", **forged, unlock={"card": rita.colleague.card}),
        "LOG_REFUSED|GRANT_REFUSED",
    )


@pytest.mark.negative(10)
@pytest.mark.negative(8)
def test_an_ending_left_out_of_the_log_is_noticed(clinic, mailbox):
    found = mailbox.evidence()
    ended = mailbox.member(clinic.number(MEMBER))["bodyHash"]
    mailbox.end(ended)
    mailbox.rotate()
    mailbox.members()
    page = mailbox.colleague.page
    refused(
        clinic, lambda: page.bridge("mailbox.members", handle=mailbox.handle, evidence=found), "LOG_REFUSED rollback"
    )
    now = mailbox.evidence()
    place = len(found["logEntries"])
    gap = {**now, "logEntries": [*now["logEntries"][:place], *now["logEntries"][place + 1 :]]}
    refused(clinic, lambda: page.bridge("mailbox.members", handle=mailbox.handle, evidence=gap), "LOG_REFUSED")
