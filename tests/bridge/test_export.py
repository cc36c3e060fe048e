"""`pli-bridge export`: a person takes a mailbox along; a page alone cannot, and half a folder never looks whole."""

import base64
import contextlib
import mailbox
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.cms.enveloped import build_enveloped, parse_enveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.seal import open_seal, seal
from bridge.cms.unwrapping import unwrap
from bridge.export_folder import ExportFolder, ExportFolderTaken, Letter, file_name
from bridge.pki.certificates import load_certificate, spki_sha256
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import Account
from tests.bridge.running import PINS, ROOT, BridgeError, Page, RunningBridge

PASSPHRASE = "correct horse battery staple"
LETTERS = [
    b"Subject: one\r\n\r\nBonjour\r\n",
    b"Subject: two\r\n\r\nFrom here on\r\n>From there\r\n",
    b"Subject: three\r\n\r\nno end",
]


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


def export(bridge: RunningBridge, folder: Path) -> "subprocess.Popen[str]":
    """The command as the person types it; it waits for the page."""
    policy = str(bridge.folder / "policy.json")
    line = [sys.executable, "-m", "bridge", "export", ALICE, "--into", str(folder), "--policy", policy]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def certificates(account: Account) -> list[dict[str, Any]]:
    sealed = account.sealed
    one = {"epoch": 1, "encryption": sealed["encryptionCertificate"], "signature": sealed["signatureCertificate"]}
    return [{**one, "chain": sealed["chain"]}]


def stored(account: Account, content: bytes, folder: str = "Inbox") -> dict[str, Any]:
    sealed = seal(content, load_certificate(account.sealed["encryptionCertificate"]), "pli-message")
    return {
        "id": secrets.token_hex(16),
        "folder": folder,
        "receivedAt": "2026-11-22T08:00:00Z",
        "epoch": 1,
        "sealed": sealed,
    }


def subjects(file: Path) -> list[str]:
    """As Python's own reader of mbox files finds them."""
    with contextlib.closing(mailbox.mbox(file)) as opened:
        return [str(message["Subject"]) for message in opened]


def refused(page: Page, method: str, **params: Any) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        page.call(method, **params)
    return error.value


def test_a_mailbox_goes_to_a_folder_that_needs_no_pli(
    bridge: RunningBridge, page: Page, account: Account, tmp_path: Path
) -> None:
    bridge.set_pins({**PINS, "new ": PASSPHRASE})
    command = export(bridge, tmp_path / "mine")
    assert page.wait_for("export.wanted", 30) == {"mailbox": account.mailbox_id}
    handle = account.handle
    page.call("export.begin", handle=handle, total=5, certificates=certificates(account))
    messages = [stored(account, letter) for letter in LETTERS]
    page.call("export.put", handle=handle, messages=[*messages, stored(account, LETTERS[0], "../../etc/Old: mail")])
    broken = {**stored(account, b"x"), "sealed": b"no seal"}
    assert page.call("export.put", handle=handle, messages=[broken]) == {"written": 4, "unopened": 1}
    page.call("export.end", handle=handle, trace=b"signed trace")
    said, wrong = command.communicate(timeout=30)
    assert (command.returncode, wrong) == (0, "")
    assert "4 messages" in said
    _check_mail(tmp_path / "mine", messages)
    _check_keys(tmp_path / "mine", messages[0]["sealed"])
    subprocess.run(["sha256sum", "--check", "--quiet", "MANIFEST.txt"], cwd=tmp_path / "mine", check=True)
    shown = bridge.prompts("confirm")[-1]["description"]
    assert (ALICE in shown, str(tmp_path / "mine") in shown, "in the clear" in shown) == (True, True, True)
    journal = (bridge.folder / "state" / "journal.log").read_text("utf-8")
    assert '"method": "export"' in journal or '"method":"export"' in journal


def _check_mail(folder: Path, messages: list[dict[str, Any]]) -> None:
    """Three messages byte for byte; the one with a line like a separator stands whole beside the mbox."""
    assert subjects(folder / "mail" / "Inbox.mbox") == ["one", "two", "three"]
    octets = (folder / "mail" / "Inbox.mbox").read_bytes()
    assert LETTERS[0] in octets
    assert b"\r\n>From here on\r\n>>From there\r\n" in octets
    assert (folder / "mail" / "exact" / f"{messages[1]['id']}.eml").read_bytes() == LETTERS[1]
    assert len(list((folder / "mail" / "exact").iterdir())) == 1
    assert len(list((folder / "mail" / "unopened").iterdir())) == 1
    assert [file.name for file in sorted((folder / "mail").glob("*.mbox"))] == ["Inbox.mbox", "_.._etc_Old_ mail.mbox"]


def _check_keys(folder: Path, sealed: bytes) -> None:
    found = (folder / "keys" / "epoch-1-encryption.p12").read_bytes()
    key, certificate, issuers = pkcs12.load_key_and_certificates(found, PASSPHRASE.encode())
    assert certificate is not None
    assert spki_sha256(certificate) == spki_sha256(key.public_key())  # type: ignore[union-attr]
    assert issuers
    assert open_seal(sealed, key, "pli-message") == LETTERS[0]  # type: ignore[arg-type]
    assert PASSPHRASE.encode() not in b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert oct((folder / "keys" / "epoch-1-signature.p12").stat().st_mode & 0o777) == "0o600"


@pytest.mark.negative(46)
def test_no_page_begins_an_export(page: Page, account: Account) -> None:
    error = refused(page, "export.begin", handle=account.handle, total=0, certificates=certificates(account))
    assert (error.name, error.data["reason"]) == ("KEY_USE_DENIED", "not-asked")
    error = refused(page, "export.put", handle=account.handle, messages=[stored(account, LETTERS[0])])
    assert error.data["reason"] == "not-asked"


def test_what_the_person_refuses_writes_nothing(
    bridge: RunningBridge, page: Page, account: Account, tmp_path: Path
) -> None:
    bridge.set_pins({**PINS, "cancel": "confirm"})
    said, wrong = export(bridge, tmp_path / "mine").communicate(timeout=30)
    assert (said, "nothing was exported" in wrong, (tmp_path / "mine").exists()) == ("", True, False)
    refused(page, "export.begin", handle=account.handle, total=0, certificates=certificates(account))


def test_a_mailbox_that_is_not_open_is_not_exported(bridge: RunningBridge, page: Page, tmp_path: Path) -> None:
    _, wrong = export(bridge, tmp_path / "mine").communicate(timeout=30)
    assert f"open the mailbox {ALICE}" in wrong


def test_an_export_that_is_cut_off_says_so(bridge: RunningBridge, page: Page, account: Account, tmp_path: Path) -> None:
    bridge.set_pins({**PINS, "new ": PASSPHRASE})
    command = export(bridge, tmp_path / "mine")
    page.wait_for("export.wanted", 30)
    page.call("export.begin", handle=account.handle, total=2, certificates=certificates(account))
    page.call("session.lock")
    said, _ = command.communicate(timeout=30)
    assert command.returncode == 1
    assert "not complete" in said
    assert not (tmp_path / "mine" / "MANIFEST.txt").exists()


def test_another_keys_certificate_is_refused_and_ends_the_export(
    bridge: RunningBridge, page: Page, account: Account, tmp_path: Path
) -> None:
    bridge.set_pins({**PINS, "new ": PASSPHRASE})
    command = export(bridge, tmp_path / "mine")
    page.wait_for("export.wanted", 30)
    (one,) = certificates(account)
    swapped = {**one, "encryption": one["signature"], "signature": one["encryption"]}
    refused(page, "export.begin", handle=account.handle, total=2, certificates=[swapped])
    command.communicate(timeout=30)
    assert command.returncode == 1
    assert not list((tmp_path / "mine").glob("keys/*"))


def test_a_folder_with_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(ExportFolderTaken):
        ExportFolder(tmp_path)


def test_more_messages_than_announced_end_the_export(
    bridge: RunningBridge, page: Page, account: Account, tmp_path: Path
) -> None:
    bridge.set_pins({**PINS, "new ": PASSPHRASE})
    command = export(bridge, tmp_path / "mine")
    page.wait_for("export.wanted", 30)
    page.call("export.begin", handle=account.handle, total=1, certificates=certificates(account))
    messages = [stored(account, letter) for letter in LETTERS[:2]]
    error = refused(page, "export.put", handle=account.handle, messages=messages)
    assert (error.name, error.data["member"]) == ("INVALID_PARAMS", "messages")
    command.communicate(timeout=30)
    assert command.returncode == 1
    assert not (tmp_path / "mine" / "mail").exists()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_write_in_is_not_written_into(tmp_path: Path, mode: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    with pytest.raises(ExportFolderTaken):
        ExportFolder(shared)


def test_a_folder_of_somebody_else_is_not_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ExportFolderTaken):
        ExportFolder(tmp_path)


def test_no_link_leads_a_file_elsewhere(tmp_path: Path) -> None:
    folder, elsewhere = ExportFolder(tmp_path / "out"), tmp_path / "elsewhere"
    (tmp_path / "out" / "mail").mkdir()
    for name in ("README.txt", "mail/Inbox.mbox"):
        (tmp_path / "out" / name).symlink_to(elsewhere)
    with pytest.raises(OSError):  # noqa: PT011 -- ELOOP, EEXIST: by system
        folder.write("README.txt", b"x")
    with pytest.raises(OSError):  # noqa: PT011
        folder.add(Letter("0" * 32, "Inbox", datetime.now(UTC), b"Subject: a\r\n\r\n"))
    assert not elsewhere.exists()


def test_a_whole_file_is_written_once(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path / "out")
    folder.write("README.txt", b"first")
    with pytest.raises(FileExistsError):
        folder.write("README.txt", b"second")
    assert (tmp_path / "out" / "README.txt").read_bytes() == b"first"


@pytest.mark.parametrize(
    ("given", "name"), [("../x", "_x"), ("", "folder"), ("..", "folder"), ("Été 2026", "Été 2026"), ("a\0b/c", "a_b_c")]
)
def test_a_folder_name_of_the_page_is_one_file_name(given: str, name: str) -> None:
    assert file_name(given) == name


def test_what_pli_encrypted_for_pli_opens_in_other_programs_with_its_inside_unchanged(
    bridge: RunningBridge, page: Page, account: Account, tmp_path: Path
) -> None:
    inside = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nsigned\r\n--b--\r\n"
    certificate = load_certificate(account.sealed["encryptionCertificate"])
    original = enveloped(inside, certificate, "aes-256-gcm")
    old_form = enveloped(inside, certificate, "aes-256-cbc")
    bridge.set_pins({**PINS, "new ": PASSPHRASE})
    command = export(bridge, tmp_path / "mine")
    page.wait_for("export.wanted", 30)
    page.call("export.begin", handle=account.handle, total=2, certificates=certificates(account))
    messages = [stored(account, original), stored(account, old_form)]
    page.call("export.put", handle=account.handle, messages=messages)
    page.call("export.end", handle=account.handle, trace=b"trace")
    command.communicate(timeout=30)
    assert (tmp_path / "mine" / "mail" / "exact" / f"{messages[0]['id']}.eml").read_bytes() == original
    assert not (tmp_path / "mine" / "mail" / "exact" / f"{messages[1]['id']}.eml").exists()
    first, second = (tmp_path / "mine" / "mail" / "Inbox.mbox").read_bytes().split(b"From - ")[1:]
    assert second.endswith(old_form + b"\r\n")
    assert b"Subject: [...]\r\n" in first
    made = parse_enveloped(base64.b64decode(first.partition(b"\r\n\r\n")[2]))
    assert (made.kind, made.content_algorithm.name) == ("envelopedData", "aes-256-cbc")
    key, _, _ = pkcs12.load_key_and_certificates(
        (tmp_path / "mine" / "keys" / "epoch-1-encryption.p12").read_bytes(), PASSPHRASE.encode()
    )
    opened = unwrap(made.recipients[0].der, key, content_algorithm=made.content_algorithm.oid)  # type: ignore[arg-type]
    assert made.decrypt(opened) == inside


def enveloped(inside: bytes, certificate: x509.Certificate, content_algorithm: str) -> bytes:
    """A message as Pli sends it to other Pli users, or to others."""
    kind = "authEnveloped-data" if "gcm" in content_algorithm else "enveloped-data"
    head = (
        f"Subject: [...]\r\nContent-Type: application/pkcs7-mime;\r\n smime-type={kind}; name=smime.p7m\r\n"
        "Content-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n\r\n"
    )
    made = build_enveloped(inside, [CertificateRecipient(certificate)], content_algorithm=content_algorithm)
    return head.encode() + base64.encodebytes(made).replace(b"\n", b"\r\n")


def test_a_message_without_an_end_of_line_keeps_its_octets(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path / "out")
    for content in (b"Subject: a\r\n\r\nno end", b"Subject: b\r\n\r\n"):
        folder.add(Letter("0" * 32, "Inbox", datetime.now(UTC), content))
    assert subjects(tmp_path / "out" / "mail" / "Inbox.mbox") == ["a", "b"]
