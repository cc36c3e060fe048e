"""Putting the museum into a mailbox as a person would: letters arrive, a folder is made, and they are moved there."""

import base64
import contextlib
import json
import secrets
from collections.abc import Iterator

from bridge.cms.objects import seal_object
from bridge.pki.certificates import load_certificate
from bridge.pki.issue import utc_now
from webmail.management.demo import letters
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.jmap import Jmap
from webmail.management.demo.museum.exhibits import EXHIBITS
from webmail.management.demo.museum.materials import OUTSIDER, Materials
from webmail.management.demo.museum.openssl import OpenSslRefused
from webmail.management.demo.places import Places
from webmail.management.demo.practice import OpenedAccount

FOLDER = "Musée"
_FIRST_EPOCH = 1
_FIRST_VERSION = 1


def hang(places: Places, page: HeadlessPage, account: OpenedAccount, address: str) -> None:
    """Deliver every exhibit to an empty mailbox, and move all of them into the museum's folder."""
    certificate = load_certificate(account.encryption_certificate)
    materials = Materials(places.pki, places.data / "museum", address, certificate, utc_now())
    letters.deliver(places.lmtp_port, OUTSIDER, address, list(_made(materials)))
    hall = Jmap(page, account.mailbox_id)
    _move_all(hall, make_folder(hall, account, FOLDER))


def _made(materials: Materials) -> Iterator[bytes]:
    """Every exhibit that can be made here, the first one last: the newest stands on top of a list."""
    for exhibit in reversed(EXHIBITS):
        with contextlib.suppress(OpenSslRefused):
            yield exhibit.make(materials)


def make_folder(hall: Jmap, account: OpenedAccount, name: str) -> str:
    """A folder whose name the server cannot read: a sealed object of class `folder` (docs/FORMATS.md). Returns its id."""
    object_id = secrets.token_hex(16)
    items = [{"class": "folder", "id": object_id}]
    [key] = hall.page.bridge("storage.keys", handle=account.handle, items=items)["keys"]
    sealed = seal_object(
        json.dumps({"v": 1, "name": name}).encode(),
        base64.b64decode(key),
        object_class="folder",
        mailbox_id=bytes.fromhex(account.mailbox_id),
        object_id=object_id,
        epoch=_FIRST_EPOCH,
        version=_FIRST_VERSION,
    )
    named = {"class": "folder", "id": object_id, "version": _FIRST_VERSION, "epoch": _FIRST_EPOCH}
    hall.call("SealedObject/set", create={"name": named | {"blobId": hall.upload(sealed)}})
    made = hall.call("Mailbox/set", create={"folder": {"pli:nameObjectId": object_id}})
    return str(made["created"]["folder"]["id"])


def _move_all(hall: Jmap, folder: str) -> None:
    """From the inbox, which holds nothing else yet."""
    [inbox] = hall.call("Mailbox/query", filter={"role": "inbox"})["ids"]
    ids = hall.call("Email/query", filter={"inMailbox": inbox}, limit=len(EXHIBITS))["ids"]
    moved = {message: {"mailboxIds": {folder: True}, "keywords": {"$seen": True}} for message in ids}
    hall.call("Email/set", update=moved)
