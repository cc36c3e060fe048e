"""A person of the cast at a browser: logs in by a real card token and speaks to the real routes."""

import base64
import json
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from bridge.cms.enveloped import build_enveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.seal import seal

ORIGIN = "http://localhost:8000"
HOST = "localhost:8000"
CAPABILITIES = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "https://pli.example/jmap/keys",
]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@cache
def _server() -> ClientHandler:
    """Its middleware is the same for all browsers."""
    handler = ClientHandler()
    handler.load_middleware()
    return handler


def browser(*, enforce_csrf_checks: bool = False) -> Client:
    client = Client(HTTP_HOST=HOST)
    client.handler = copy(_server())
    client.handler.enforce_csrf_checks = enforce_csrf_checks
    return client


@dataclass
class Practitioner:
    """`holder` is the card (tests/webmail/conftest.py SampleHolder), `mailbox` the opened account or None."""

    holder: Any
    mailbox: Any = None
    client: Client = field(default_factory=browser)

    @property
    def account_id(self) -> str:
        return str(self.mailbox.account_id)

    def post(self, route: str, body: Any = None, **headers: str) -> HttpResponse:
        data = json.dumps({} if body is None else body)
        return self.client.post(route, data, content_type="application/json", headers=headers)

    def challenge(self) -> str:
        return str(self.post("/auth/challenge").json()["challenge"])

    def log_in(self) -> dict[str, Any]:
        answer = self.post("/auth/card", {"token": self.holder.token(self.challenge(), ORIGIN)})
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def jmap(self, *calls: list[Any], using: list[str] | None = None) -> list[Any]:
        """The method responses to some calls, e.g. `["Email/get", {…}, "0"]`."""
        answer = self.post("/jmap/api", {"using": CAPABILITIES if using is None else using, "methodCalls": list(calls)})
        assert answer.status_code == 200, answer.content
        return list(answer.json()["methodResponses"])

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The arguments of one call's own response; of an error, with `error` for its type."""
        ((name, answer, _),) = self.jmap([method, {"accountId": self.account_id, **arguments}, "0"])
        return {"error": answer["type"], **answer} if name == "error" else dict(answer)

    def upload(self, data: bytes) -> str:
        answer = self.client.post(f"/jmap/upload/{self.account_id}", data, content_type="application/octet-stream")
        assert answer.status_code == 201, answer.content
        return str(answer.json()["blobId"])

    def download(self, blob_id: str, **headers: str) -> HttpResponse:
        return self.client.get(f"/jmap/download/{self.account_id}/{blob_id}", headers=headers)

    def folder(self, role: str) -> str:
        return str(next(row["id"] for row in self.call("Mailbox/get")["list"] if row["role"] == role))

    def sealed(self, content: bytes, label: str = "pli-message") -> bytes:
        return seal(content, self.mailbox.encryption_certificate, label)

    def copy(self, content: bytes = b"Subject: kept\r\n\r\nkept", folder: str = "sent") -> dict[str, Any]:
        """The arguments of an import, as the composer leaves one in "sent"."""
        return {
            "blobId": self.upload(self.sealed(content)),
            "mailboxIds": {self.folder(folder): True},
            "keywords": {"$seen": True},
            "sealedSummary": text(self.sealed(b'{"v":1}', "pli-summary")),
        }

    def import_copy(self, content: bytes = b"Subject: kept\r\n\r\nkept", folder: str = "sent") -> str:
        answer = self.call("Email/import", emails={"copy": self.copy(content, folder)})
        assert answer["created"], answer
        return str(answer["created"]["copy"]["id"])

    def wire(self, recipient: "Practitioner", message_id: str = "<1@pli.example>") -> bytes:
        """A whole message encrypted to a recipient's mailbox key."""
        inner = b"Content-Type: text/plain\r\n\r\nSecret of Emma Petit"
        to = [CertificateRecipient(recipient.mailbox.encryption_certificate)]
        head = (
            f"From: {self.mailbox.address}\r\nTo: {recipient.mailbox.address}\r\nSubject: [...]\r\n"
            f"Message-ID: {message_id}\r\nMIME-Version: 1.0\r\n"
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        body = base64.encodebytes(build_enveloped(inner, to, content_algorithm="aes-256-cbc"))
        return head.encode() + body.replace(b"\n", b"\r\n")

    def submission(self, email_id: str, wires: list[tuple[str, list[str]]]) -> dict[str, Any]:
        """The arguments of a submission to the recipients its wires name."""
        return {
            "identityId": self.account_id,
            "emailId": email_id,
            "envelope": {
                "mailFrom": {"email": self.mailbox.address},
                "rcptTo": [{"email": address} for _, addresses in wires for address in addresses],
            },
            "pli:wire": [{"blobId": blob_id, "rcptTo": addresses} for blob_id, addresses in wires],
        }
