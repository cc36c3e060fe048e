"""notmuch, which indexes and shows mail; its S/MIME is gpgsm's, through GMime. It writes nothing."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gpgsm_peer import Gpgsm
from peer import Commission, Completed, Correspondent, Peer, PeerRefused, Reading, one_line, require, run


class Notmuch(Peer):
    name, program = "notmuch", "notmuch"

    def __init__(self, work: Path, people: Sequence[Correspondent]) -> None:
        super().__init__(work, people)
        self._gpgsm = Gpgsm(work, people)
        self._mail = work / "mail"
        self._mail.mkdir()
        config = work / "notmuch-config"
        config.write_text(f"[database]\npath={self._mail}\n[user]\nprimary_email={self.people[0].address}\n")
        self._environment = {**self._gpgsm.environment, "NOTMUCH_CONFIG": str(config), "HOME": str(work)}

    def close(self) -> None:
        self._gpgsm.close()

    def version(self) -> str:
        return require(run(["notmuch", "--version"]), "notmuch").decode().split()[1]

    def read(self, message: bytes) -> Reading:
        self._files += 1
        identity = f"{self._files}@interop.example"
        (self._mail / f"{self._files}.eml").write_bytes(f"Message-ID: <{identity}>\r\n".encode() + message)
        require(self._notmuch("new", "--quiet"), "notmuch new")
        show = ["show", "--format=json", "--entire-thread=false", "--decrypt=true", "--verify", f"id:{identity}"]
        shown = self._notmuch(*show)
        parts = list(_parts(json.loads(require(shown, "notmuch show"))))
        encrypted = [status["status"] for part in parts for status in part.get("encstatus", [])]
        signed = [status["status"] for part in parts for status in part.get("sigstatus", [])]
        if set(encrypted + signed) - {"good"}:
            raise PeerRefused(f"notmuch show: {encrypted} {signed} {one_line(shown.stderr)}")
        content = "".join(part["content"] for part in parts if isinstance(part.get("content"), str))
        return Reading(content.encode(), bool(encrypted), bool(signed), _attachments(parts))

    def write(self, letter: Commission) -> bytes:
        """It has no command for it, and says so."""
        done = self._notmuch("compose", letter.recipient)
        require(done, "notmuch compose")
        return done.stdout

    def _notmuch(self, *arguments: str) -> Completed:
        return run(["notmuch", *arguments], environment=self._environment)


def _parts(shown: Any) -> Iterator[dict[str, Any]]:
    """Every MIME part in the tree of threads, messages and bodies."""
    if isinstance(shown, list):
        for item in shown:
            yield from _parts(item)
    elif isinstance(shown, dict):
        if "content-type" in shown:
            yield shown
        for name in ("body", "content"):
            yield from _parts(shown.get(name))


def _attachments(parts: list[dict[str, Any]]) -> tuple[str, ...]:
    names = (part.get("filename") for part in parts if not part["content-type"].startswith("application/pkcs7-"))
    return tuple(name for name in names if name)
