"""Words written in a shared mailbox are nowhere in what the server keeps, says or hands out, through delegation, rotation and export."""

import secrets
from base64 import b64decode
from datetime import timedelta

import pytest

from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import granted
from webmail.management.demo.museum.hang import make_folder
from webmail.management.demo.practice import OpenedAccount

pytestmark = pytest.mark.slow
TABLES = (
    "membership",
    "grantbody",
    "invitation",
    "accessevent",
    "mailboxkey",
    "logentry",
    "sealedobject",
)


@pytest.fixture(scope="module")
def words():
    return {place: f"canari{place}{secrets.token_hex(8)}" for place in ("subject", "later", "folder")}


@pytest.fixture(scope="module")
def export(clinic, words):
    """A mailbox with a life: letters, a folder, a colleague who comes, reads and goes, a new key. Gives the exported trace."""
    omar, own = clinic.colleague("omar"), clinic.mailbox("sven")
    clinic.colleague("iris")
    clinic.deliver(own.address, words["subject"])
    make_folder(own.jmap, OpenedAccount(own.handle, own.colleague.card, own.id, b""), words["folder"])
    begins = utc_now() - timedelta(minutes=1)
    own.grant(granted(own.card_of(rppsNumber=clinic.number("omar")), "sender", begins), profile="replacement")
    assert subjects(omar.open(own.address)) == [words["subject"]]
    own.end(own.member(clinic.number("omar"))["bodyHash"])
    own.rotate(add=(granted(own.card_of(rppsNumber=clinic.number("iris")), "reader", begins, history="now"),))
    clinic.deliver(own.address, words["later"])
    invitation = {
        "rppsNumber": clinic.number("zoe"),
        "name": "Zoe Essai",
        "role": "reader",
        "notBefore": "2026-12-01T00:00:00Z",
    }
    own.jmap.call("Invitation/set", create={"one": invitation})
    assert subjects(clinic.here["iris"].open(own.address)) == [words["later"]]
    own.colleague.prove_presence()
    return b64decode(own.jmap.call("AccessEvent/export", signed=False)["file"])


@pytest.mark.negative(74)
def test_no_word_is_in_database_blobs_logs_journal_or_export(clinic, words, export):
    written = [words[place] for place in ("subject", "later", "folder")]
    logs = [clinic.places.logs, clinic.places.bridge]
    folders = [argument for folder in logs for argument in ("--folder", str(folder))]
    found = clinic.manage("find_clear", *written, *folders)
    assert found.returncode == 0, found.stdout + found.stderr
    raw = b"".join(file.read_bytes() for file in clinic.places.server.rglob("*") if file.is_file())
    assert [word for word in written if word.encode() in raw + export] == []


def test_the_places_looked_at_hold_something(clinic, export):
    """Or their silence would mean nothing: every table has rows, the export has lines, and a word in clear is found."""
    script = "\n".join([
        "from django.apps import apps",
        f"print([name for name in {TABLES!r} if not apps.get_model('webmail', name).objects.exists()])",
    ])  # fmt: skip
    assert clinic.manage("shell", "-c", script).stdout.strip().endswith("[]")
    assert clinic.number("omar").encode() in export
    assert clinic.manage("find_clear", clinic.address("sven")).returncode == 1
