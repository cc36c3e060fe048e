"""Words written in a shared mailbox are nowhere in what the server keeps, says or hands out, through delegation, rotation and export."""

import secrets
from base64 import b64decode
from datetime import timedelta

import pytest

from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from tests.scenarios.sealing import keep, mark_confidential
from webmail.management.demo.colleague import granted
from webmail.management.demo.museum.hang import make_folder
from webmail.management.demo.practice import OpenedAccount
from webmail.management.demo.prepared import prepare

pytestmark = pytest.mark.slow
TABLES = (
    "membership",
    "grantbody",
    "invitation",
    "accessevent",
    "mailboxkey",
    "logentry",
    "sealedobject",
    "preparedletter",
    "work",
)
PLACES = ("subject", "later", "folder", "confidential", "prepared", "returned", "note")


@pytest.fixture(scope="module")
def words():
    return {place: f"canari{place}{secrets.token_hex(8)}" for place in PLACES}


@pytest.fixture(scope="module")
def export(clinic, words):
    """A mailbox with a life: letters, one of them confidential, a folder, a colleague who comes, reads, prepares and goes, a new
    key. Gives the exported trace.
    """
    omar, own = clinic.colleague("omar"), clinic.mailbox("sven")
    clinic.colleague("iris")
    clinic.deliver(own.address, words["subject"])
    make_folder(own.jmap, OpenedAccount(own.handle, own.colleague.card, own.id, b""), words["folder"])
    begins = utc_now() - timedelta(minutes=1)
    own.grant(granted(own.card_of(rppsNumber=clinic.number("omar")), "sender", begins), profile="replacement")
    theirs = omar.open(own.address)
    assert subjects(theirs) == [words["subject"]]
    work_together(own, theirs, words)
    clinic.deliver(own.address, words["confidential"])
    mark_confidential(own, own.messages()[0])
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


def work_together(own, theirs, words):
    """A colleague answers a letter, and prepares two to be signed, of which one comes back with a note."""
    [email] = theirs.messages()
    for step in ({"answering": True}, {"done": True}):
        assert email["id"] in theirs.jmap.call("Work/set", update={email["id"]: step})["updated"]
    _, returned = (prepare(theirs, draft(words[place])) for place in ("prepared", "returned"))
    note = keep(own, "note", {"v": 1, "remark": words["note"]})
    step = {"state": "returned", "noteObjectId": note}
    assert returned in own.jmap.call("SignatureBook/set", update={returned: step})["updated"]


def draft(word):
    empty = {"cc": [], "bcc": [], "inReplyTo": "", "references": "", "attachments": []}
    return {"v": 1, "to": [{"name": word, "address": "x@partner.example"}], "subject": word, "text": word, **empty}


@pytest.mark.negative(74)
def test_no_word_is_in_database_blobs_logs_journal_or_export(clinic, words, export):
    written = list(words.values())
    logs = [clinic.places.logs, clinic.places.bridge]
    folders = [argument for folder in logs for argument in ("--folder", str(folder))]
    found = clinic.manage("find_clear", *written, *folders)
    assert found.returncode == 0, found.stdout + found.stderr
    raw = b"".join(file.read_bytes() for file in clinic.places.server.rglob("*") if file.is_file())
    assert [word for word in written if word.encode() in raw + export] == []


def test_the_places_looked_at_hold_something(clinic, export):
    """Or their silence would mean nothing: every table has rows, a message is confidential, a letter waits and another came back,
    the export has lines, and a word in clear is found.
    """
    account = clinic.mailbox("sven").id
    script = "\n".join([
        "from django.apps import apps",
        "rows = lambda name: apps.get_model('webmail', name).objects",
        f"print([name for name in {TABLES!r} if not rows(name).exists()])",
        f"print(rows('message').filter(account_id='{account}', confidential=True).count())",
        f"print(sorted(rows('preparedletter').filter(account_id='{account}').values_list('state', flat=True)))",
    ])  # fmt: skip
    told = clinic.manage("shell", "-c", script).stdout.strip()
    assert told.splitlines()[-3:] == ["[]", "1", "['prepared', 'returned']"]
    assert clinic.number("omar").encode() in export
    assert clinic.manage("find_clear", clinic.address("sven")).returncode == 1
