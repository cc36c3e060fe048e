"""Letters that a secretary has put into the signature book of her doctor."""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

from bridge.cms.objects import seal_object
from webmail.management.demo.colleague import HeldMailbox
from webmail.management.demo.pictures import write_pdf
from webmail.management.demo.practice import SamplePerson


def letters_to_sign(radiologist: SamplePerson, nurse: SamplePerson) -> Iterator[dict[str, Any]]:
    """The contents of drafts (docs/FORMATS.md, *draft*)."""
    report = write_pdf(["Courrier de sortie (document fictif)", "", "Traitement inchange.", "A revoir dans un mois."])
    yield _draft(
        radiologist,
        "Demande d’échographie : Mme Essai",
        "Cher confrère,\n\nMerci de recevoir Mme Essai pour une échographie abdominale de contrôle.\n\n"
        "Bien confraternellement,\nDr Alice Martin\n",
    )
    yield _draft(
        radiologist,
        "Courrier de sortie : M. Modèle",
        "Cher confrère,\n\nVeuillez trouver ci-joint le courrier de sortie de M. Modèle.\n\n"
        "Bien confraternellement,\nDr Alice Martin\n",
        ("courrier-de-sortie.pdf", "application/pdf", report),
    )
    yield _draft(
        nurse,
        "Surveillance à domicile : Mme Exemple",
        "Bonjour,\n\nMerci de passer chez Mme Exemple deux fois par semaine pour la surveillance du pansement.\n\n"
        "Bien cordialement,\nDr Alice Martin\n",
    )


def prepare(mailbox: HeldMailbox, content: dict[str, Any]) -> str:
    """Seal a draft in that mailbox and put it into the book; the letter's id. Raises JmapError."""
    object_id = secrets.token_hex(16)
    name = {"class": "draft", "id": object_id}
    (key,) = mailbox.colleague.page.bridge("storage.keys", handle=mailbox.handle, items=[name])["keys"]
    sealed = seal_object(
        json.dumps(content, ensure_ascii=False).encode(),
        b64decode(key),
        object_class="draft",
        mailbox_id=bytes.fromhex(mailbox.id),
        object_id=object_id,
        epoch=mailbox.epoch,
        version=1,
    )
    version = {**name, "version": 1, "epoch": mailbox.epoch, "blobId": mailbox.jmap.upload(sealed)}
    mailbox.jmap.call("SealedObject/set", create={"draft": version})
    letter = {"objectId": object_id, "version": 1}
    return str(mailbox.jmap.call("SignatureBook/set", create={"letter": letter})["created"]["letter"]["id"])


def _draft(to: SamplePerson, subject: str, text: str, *files: tuple[str, str, bytes]) -> dict[str, Any]:
    attachments = [{"name": name, "type": kind, "data": b64encode(data).decode()} for name, kind, data in files]
    empty = {"cc": [], "bcc": [], "inReplyTo": "", "references": ""}
    return {
        "v": 1,
        "to": [{"name": to.shown, "address": to.address}],
        "subject": subject,
        "text": text,
        "attachments": attachments,
        **empty,
    }
