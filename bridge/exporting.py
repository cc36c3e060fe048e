"""`pli-bridge export`: a person takes a mailbox along, with its keys (DESIGN §4.11, docs/adr/00XX).

The command comes from the person's terminal alone, asks in the bridge's own window, and then waits: the page that has the mailbox
open hands its sealed messages over, and the bridge opens and writes them. No page can begin this, and none sees a key.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cryptography import x509

from bridge.bench import Bench
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError
from bridge.control import CommandRefused, Verb
from bridge.desk import Caller
from bridge.export_folder import ExportFolder, ExportFolderTaken, Letter, file_name
from bridge.export_readable import readable
from bridge.export_readme import README
from bridge.mailboxes import OpenMailbox
from bridge.pki.certificates import load_certificate, pem
from bridge.prompts.requests import PinRequest, Purpose
from bridge.protocol import RpcError, from_rfc3339

if TYPE_CHECKING:
    from bridge.methods import Bridge
    from bridge.prompts.pin import Pin

_PERSON = Caller("")
_LEAST_CHARACTERS = 12
_BEGIN_SECONDS = 60.0  # for the page to hear of it
_SILENT_SECONDS = 600.0  # for a page that stopped in the middle

State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class ExportWanted:
    """A person asked to take this mailbox along; only its own origin is told."""

    mailbox: OpenMailbox
    subscribers_only = False


@dataclass
class Export:
    """One mailbox on its way out. `total` is what the page announced; the passphrase goes once the keys are written."""

    mailbox: OpenMailbox
    folder: ExportFolder
    passphrase: "Pin" = field(repr=False)
    state: State = "waiting"
    total: int = 0
    written: int = 0
    unopened: int = 0
    handle: str = ""  # of the page that hands it over
    certificates: dict[int, x509.Certificate] = field(default_factory=dict, repr=False)  # encryption, by epoch
    touched: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def end(self, state: State) -> None:
        """Nothing more is taken in."""
        self.passphrase.wipe()
        self.state = state

    def look(self) -> dict[str, Any]:
        """For the command that waits."""
        patience = _BEGIN_SECONDS if self.state == "waiting" else _SILENT_SECONDS
        if self.state in ("waiting", "running") and time.monotonic() - self.touched > patience:
            self.end("failed")
        return {
            "state": self.state,
            "total": self.total,
            "written": self.written,
            "unopened": self.unopened,
            "folder": str(self.folder.path),
        }


# ---- what the person's command asks


def export_verbs(bridge: "Bridge") -> Mapping[str, Verb]:
    """`export` begins one and gives its name, `export-state` says how far it is."""
    return {
        "export": lambda params: _begin_for_person(bridge, str(params["mailbox"]), Path(str(params["folder"]))),
        "export-state": lambda params: _known(bridge.bench, str(params["export"])).look(),
    }


def _begin_for_person(bridge: "Bridge", address: str, path: Path) -> dict[str, str]:
    mailbox = bridge.bench.mailboxes.of_address(address)
    if mailbox is None:
        raise CommandRefused(f"open the mailbox {address} in your browser first: its owner can take it along")
    try:
        passphrase = _consent(bridge, mailbox, path)
        export = Export(mailbox, ExportFolder(path), passphrase)
    except (RpcError, ExportFolderTaken) as error:
        code = error.name if isinstance(error, RpcError) else error.code
        bridge.journal.write("export", mailbox.origin, code)
        raise CommandRefused(
            str(error) if isinstance(error, ExportFolderTaken) else f"nothing was exported ({error})"
        ) from None
    bridge.bench.exports[mailbox.mailbox_id] = export
    bridge.journal.write("export", mailbox.origin, "ok")
    bridge.announce(ExportWanted(mailbox))
    return {"export": mailbox.mailbox_id}


def _consent(bridge: "Bridge", mailbox: OpenMailbox, path: Path) -> "Pin":
    """The person's agreement, then a passphrase that is long enough, typed twice."""
    values = (("address", mailbox.address), ("folder", str(path)))
    bridge.desk.confirm(_PERSON, None, Purpose("export-consent", values))
    request, error = Purpose("export-passphrase", values), ""
    while True:
        with bridge.desk.asking.turn(_PERSON) as cancelled:
            asked = PinRequest("", "", "", "", request, None, error, prompt="passphrase")
            typed = bridge.desk.asking.prompter.ask_new_pin(asked, cancelled)
        if len(typed) >= _LEAST_CHARACTERS and typed.is_printable():
            return typed
        typed.wipe()
        error = "passphrase-short"


# ---- what the page hands over


def begin_export(
    bench: Bench, caller: Caller, handle: str, total: int, certificates: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The page has heard: the keys of each epoch are written under the passphrase. Raises RpcError KEY_USE_DENIED."""
    export = _of(bench, caller, handle, "waiting")
    with export.lock, _failing(export):
        export.state, export.handle, export.total, export.touched = "running", handle, total, time.monotonic()
        _write_readme(export)
        for one in certificates:
            _write_keys(bench, export, one["epoch"], one["encryption"], one["signature"], one["chain"])
        export.passphrase.wipe()
    return {}


def put_export(bench: Bench, caller: Caller, handle: str, messages: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Open a batch of stored messages and write them; what does not open is kept as it is.

    Raises RpcError KEY_USE_DENIED; INVALID_PARAMS for more messages than were announced.
    """
    export = _of(bench, caller, handle, "running")
    with export.lock, _failing(export):
        if export.written + export.unopened + len(messages) > export.total:
            raise RpcError("INVALID_PARAMS", member="messages")  # the person's command shows what was announced
        export.touched = time.monotonic()
        for message, key in zip(messages, _content_keys(bench, handle, messages), strict=True):
            _write_message(bench, export, message, key)
    return {"written": export.written, "unopened": export.unopened}


def end_export(bench: Bench, caller: Caller, handle: str, trace: bytes) -> dict[str, int]:
    """All messages were handed over; the trace, signed by the server, completes the folder."""
    export = _of(bench, caller, handle, "running")
    with export.lock, _failing(export):
        export.folder.write("trace/trace.csv.p7m", trace)
        export.folder.finish()
        export.end("done")
    return {"written": export.written, "unopened": export.unopened}


def _of(bench: Bench, caller: Caller, handle: str, state: State) -> Export:
    """A mailbox may be open in two tabs: whichever begins goes on."""
    mailbox = bench.mailboxes.get(caller, handle)
    export = bench.exports.get(mailbox.mailbox_id)
    if export is None or not mailbox.may_leave or mailbox.origin != export.mailbox.origin:
        raise RpcError("KEY_USE_DENIED", reason="not-asked")
    if export.look()["state"] != state or export.handle not in ("", handle):
        raise RpcError("KEY_USE_DENIED", reason="not-asked")
    return export


def _known(bench: Bench, name: str) -> Export:
    if name not in bench.exports:
        raise CommandRefused("this export is over")
    return bench.exports[name]


class _failing:  # noqa: N801 -- reads as a statement
    """An export that met an error is over: half a folder must not look like a whole one."""

    def __init__(self, export: Export) -> None:
        self._export = export

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_failure: object) -> None:
        if kind is not None:
            self._export.end("failed")


def _write_readme(export: Export) -> None:
    export.folder.write("README.txt", README.format(address=export.mailbox.address).encode())


def _write_keys(
    bench: Bench, export: Export, epoch: int, encryption: bytes, signature: bytes, chain: Sequence[bytes]
) -> None:
    made: dict[str, bytes] = bench.vault.call(
        "export_keys",
        handle=export.handle,
        epoch=epoch,
        encryption=encryption,
        signature=signature,
        chain=list(chain),
        name=export.mailbox.address,
        passphrase=bytes(export.passphrase.octets),
    )
    export.certificates[epoch] = load_certificate(encryption)
    for use in ("encryption", "signature"):
        export.folder.write(f"keys/epoch-{epoch}-{use}.p12", made[use])
    certificates = b"".join(pem(load_certificate(der)) for der in (encryption, signature, *chain))
    export.folder.write(f"certificates/epoch-{epoch}.pem", certificates)


def _content_keys(bench: Bench, handle: str, messages: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """One CEK-shaped answer for each; of what is no seal the vault is not asked."""
    parts = [_wrapped(message) for message in messages]
    asked = [part for part in parts if part is not None]
    keys = iter(bench.vault.call("unwrap", handle=handle, item_class="message", items=asked) if asked else ())
    return [b"" if part is None else next(keys) for part in parts]


def _readable(bench: Bench, export: Export, epoch: int, content: bytes) -> bytes | None:
    certificate = export.certificates.get(epoch)
    if certificate is None:
        return None

    def unwrap(items: Sequence[Mapping[str, Any]]) -> Sequence[bytes]:
        keys: Sequence[bytes] = bench.vault.call(
            "unwrap", handle=export.handle, item_class="message", items=list(items)
        )
        return keys

    return readable(content, certificate, epoch, unwrap)


def _wrapped(message: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        sealed = parse_enveloped(message["sealed"])
    except CmsError:
        return None
    if len(sealed.recipients) != 1:
        return None
    recipient, algorithm = sealed.recipients[0].der, sealed.content_algorithm.oid
    return {"recipientInfo": recipient, "contentAlgorithm": algorithm, "epoch": message["epoch"]}


def _write_message(bench: Bench, export: Export, message: Mapping[str, Any], content_key: bytes) -> None:
    try:
        content = parse_enveloped(message["sealed"]).decrypt(content_key)
    except (CmsError, ValueError):
        export.folder.write(f"mail/unopened/{file_name(message['id'])}.p7m", message["sealed"])
        export.unopened += 1
        return
    letter = Letter(message["id"], message["folder"], from_rfc3339(message["receivedAt"]), content)
    export.folder.add(letter, _readable(bench, export, message["epoch"], content))
    export.written += 1
