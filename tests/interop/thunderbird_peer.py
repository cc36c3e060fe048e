"""Thunderbird itself, without a display, driven through Marionette: it shows a message and says how it is protected, and
it writes messages that leave by SMTP."""

import json
import os
import queue
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from marionette import Marionette, MarionetteError
from nss_peer import fill_database
from peer import Commission, Correspondent, Peer, PeerRefused, Reading, require, run
from smtp_sink import SmtpSink

SCRIPTS = Path(__file__).with_name("thunderbird")
_STARTING = 60
_UNTOUCHED = -1
_GOOD = 0
_NOWHERE = {"network.proxy.type": 1} | {
    f"network.proxy.{scheme}{what}": value
    for scheme in ("http", "ssl")
    for what, value in (("", "127.0.0.1"), ("_port", 9))
}


class Thunderbird(Peer):
    """`people[0]` has the account; the keys of all are in the profile."""

    name, program = "Thunderbird", "thunderbird"

    def __init__(self, work: Path, people: Sequence[Correspondent]) -> None:
        super().__init__(work, people)
        self._profile = work / "profile"
        fill_database(self._profile, self.people)

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._sink = self._open.enter_context(SmtpSink())
        write_preferences(self._profile / "user.js", self.people[0], self._sink.port)
        command = ["thunderbird", "--headless", "--marionette", "-remote-allow-system-access", "--no-remote"]
        environment = {**os.environ, "HOME": str(self.work), "LC_ALL": "C.UTF-8", "MOZ_HEADLESS": "1"}
        with (self.work / "thunderbird.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--profile", str(self._profile)],
                env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._marionette = self._open.enter_context(Marionette(self._port()))
            self._run("ready", [person.address for person in self.people])
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End the program with all its children: they are one process group."""
        self._open.close()
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def _port(self) -> int:
        file, end = self._profile / "MarionetteActivePort", time.monotonic() + _STARTING
        while time.monotonic() < end and self._process.poll() is None:
            if file.exists() and (said := file.read_text()):
                return int(said)
            time.sleep(0.1)
        raise PeerRefused("thunderbird does not start")

    def version(self) -> str:
        return require(run(["thunderbird", "--version"]), "thunderbird").decode().split()[-1]

    def read(self, message: bytes) -> Reading:
        """Open the file and look: the status Thunderbird gives encryption and signature, the text, the attachments."""
        seen = self._run("open", str(self.file(message, ".eml")))
        for what in ("encryption", "signature"):
            if seen[what] not in {_UNTOUCHED, _GOOD}:
                raise PeerRefused(f"Thunderbird shows {what} status {seen[what]}")
        return Reading(
            seen["body"].encode(),
            seen["encryption"] == _GOOD,
            seen["signature"] == _GOOD,
            tuple(seen["attachments"]),
        )

    def write(self, letter: Commission) -> bytes:
        """A message composed by Thunderbird's own sender to a certificate imported before."""
        form = letter.form
        certificate = letter.certificate.read_text() if form.encrypted else ""
        given = [letter.sender.address, letter.recipient, letter.subject, letter.text]
        said = self._run("write", *given, certificate, form.signed, form.encrypted)
        try:
            return self._sink.next(10)
        except queue.Empty:
            raise PeerRefused(f"Thunderbird sends nothing: {said}") from None

    def _run(self, script: str, *arguments: object) -> Any:
        try:
            return self._marionette.run((SCRIPTS / f"{script}.js").read_text(), *arguments)
        except MarionetteError as error:
            raise PeerRefused(f"Thunderbird: {' '.join(str(error).split())}") from error


def write_preferences(file: Path, person: Correspondent, smtp_port: int) -> None:
    """One POP account that is never asked, an SMTP server on loopback, and no word to the outside."""
    server, folders = "mail.server.server1.", "mail.server.server2."
    identity, smtp = "mail.identity.id1.", "mail.smtpserver.smtp1."
    preferences: dict[str, object] = {
        **_NOWHERE,
        "marionette.port": 0,
        "app.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "intl.locale.requested": "en-US",
        "mail.accounthub.enabled": False,
        "mail.inappnotifications.enabled": False,
        "mail.provider.suppress_dialog_on_startup": True,
        "mail.rights.version": 1,
        "mail.shell.checkDefaultClient": False,
        "mailnews.start_page.enabled": False,
        "security.OCSP.enabled": 0,
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.identities": "id1",
        "mail.account.account1.server": "server1",
        "mail.account.account2.server": "server2",
        server + "type": "pop3",
        server + "hostname": "127.0.0.1",
        server + "userName": person.folder.name,
        server + "check_new_mail": False,
        server + "login_at_startup": False,
        server + "directory-rel": "[ProfD]Mail/account",
        folders + "type": "none",
        folders + "hostname": "Local Folders",
        folders + "userName": "nobody",
        folders + "directory-rel": "[ProfD]Mail/Local Folders",
        identity + "fullName": person.folder.name.capitalize(),
        identity + "useremail": person.address,
        identity + "smtpServer": "smtp1",
        identity + "valid": True,
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        smtp + "hostname": "127.0.0.1",
        smtp + "port": smtp_port,
        smtp + "authMethod": 1,
        smtp + "try_ssl": 0,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    file.write_text("".join(lines))
