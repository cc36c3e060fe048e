"""What people write is found nowhere in what the server is sent, keeps or says, on PostgreSQL and Redis; the search is proved first."""

from dataclasses import dataclass
from secrets import token_hex

import canaries
import pytest
from canaries import ALICE, BOB
from desk import at_desks
from whole_server import WholeServer, whole_server

from tests.manage import managed

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Planted:
    """Where each word went, and what else of a person's must not leave the computer."""

    server: WholeServer
    words: dict[str, str]
    code: list[str]
    reason: str
    taken: str  # what the exported files hold


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with whole_server(tmp_path_factory.mktemp("canary")) as server:
        yield server


@pytest.fixture(scope="module")
def desks(server, chromium):
    """Alice and Bob, each in a browser of an own."""
    with at_desks(chromium, server.practice.places, "alice", "bob") as pair:
        yield pair


@pytest.fixture(scope="module")
def planted(server, desks, tmp_path_factory):
    """A day with a word in every place that takes one."""
    practice, said, folder = server.practice, canaries.words(), tmp_path_factory.mktemp("files")
    reason = f"{canaries.REASON} canarireason{token_hex(8)}"
    alice, bob = desks
    managed(server.environment, "network", "import", canaries.list_of_a_network(practice, folder))
    canaries.make_a_secretary(practice)
    alice.log_in_with_card("alice")
    bob.log_in_with_card("bob")
    canaries.write_to_a_colleague(alice, said, folder)
    canaries.let_letters_come(practice, said)
    alice.wait_for_row(said["mail"])
    assert said["mailbody"] in alice.open(said["mail"]).text  # there is something that could leak
    canaries.keep_one_for_oneself(alice, said)
    canaries.open_the_inbox_of_the_network(alice)
    canaries.work_together(practice, alice, bob, said)
    canaries.prepare_and_return_a_letter(alice, bob, said)
    code = canaries.code_on_paper(alice)
    canaries.share_for_emergencies(bob)
    taken = canaries.take_along(practice, alice, folder / "mine")
    canaries.break_the_glass(alice, reason, said)
    server.keep()
    return Planted(server, said, code, reason, taken)


@pytest.mark.capability("CN1")
def test_no_word_is_found_in_what_the_server_is_sent_keeps_and_says(planted):
    """Neither on the wire nor in PostgreSQL, Redis, blobs, outbox, statements or logs."""
    found = planted.server.places_of(*planted.words.values(), *planted.code)
    assert {word: places for word, places in found.items() if places} == {}


def test_a_reason_for_an_emergency_is_where_its_readers_look_and_nowhere_else(planted):
    """The holders of shares read it, and so does the server (docs/SECURITY-MODEL.md): no trace, log or notice repeats it."""
    [places] = planted.server.places_of(planted.reason).values()
    assert places == {"webmail_recoveryrequest", "wire.bin", "postgresql.dump", "postgresql.log"}


def test_the_places_looked_at_hold_what_they_are_there_for(planted):
    """Or their silence would mean nothing: an address is found in each of them, or the name of a mailbox."""
    mailbox = mailbox_of(planted.server, ALICE)
    found = planted.server.places_of(BOB, mailbox)
    assert {"wire.bin", "postgresql.dump", "postgresql.log", "webmail_mailbox"} <= found[BOB]
    assert {"redis.monitor", "wire.bin"} <= found[mailbox]
    assert planted.words["mailbody"] in planted.taken
    assert (planted.server.records / "redis.rdb").exists()
    assert any(file.stat().st_size for file in planted.server.practice.places.logs.glob("*.log"))


def mailbox_of(server, address):
    script = f"from webmail.models import Mailbox; print(Mailbox.objects.get(address={address!r}).id)"
    return managed(server.environment, "shell", "-c", script).split()[-1]
