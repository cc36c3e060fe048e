"""A private D-Bus daemon, and what systemd-logind does on it: sessions with an owner, signals, delay locks."""

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.started import end, first_line

NAME = "org.freedesktop.login1"
MANAGER = DBusAddress("/org/freedesktop/login1", interface=f"{NAME}.Manager")
SESSIONS = "/org/freedesktop/login1/session/"

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


@contextlib.contextmanager
def private_bus(folder: Path) -> Iterator[str]:
    """The address of a bus of our own."""
    socket, configuration = folder / "bus", folder / "bus.conf"
    configuration.write_text(_CONFIGURATION.format(socket=socket))
    command = ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nosyslog", "--print-address=1"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield first_line(daemon).strip()
    finally:
        end(daemon)


class LogindStandIn:
    """`owners`: session id to uid. Delay locks are pipes: one that is let go of shows its end here."""

    def __init__(self, address: str, owners: dict[str, int]) -> None:
        self._owners = owners
        self._connection = open_dbus_connection(address, enable_fds=True)
        self._ask_bus(message_bus.RequestName(NAME))
        self._delays: list[int] = []
        self._inhibited = threading.Condition()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join(5)
        self._connection.close()
        for delay in self._delays:
            os.close(delay)

    def lock(self, session: str) -> None:
        """`loginctl lock-session`."""
        self._signal(DBusAddress(SESSIONS + session, interface=f"{NAME}.Session"), "Lock")

    def lock_by_desktop(self, session: str, *, locked: bool = True) -> None:
        """What a desktop does when its own screen lock comes up or goes."""
        properties = DBusAddress(SESSIONS + session, interface="org.freedesktop.DBus.Properties")
        changed = {"LockedHint": ("b", locked)}
        self._signal(properties, "PropertiesChanged", "sa{sv}as", (f"{NAME}.Session", changed, []))

    def sleep(self, *, begins: bool) -> None:
        self._signal(MANAGER, "PrepareForSleep", "b", (begins,))

    def wait_until_inhibited(self, times: int = 1) -> None:
        with self._inhibited:
            assert self._inhibited.wait_for(lambda: len(self._delays) >= times, 10)

    def let_go(self, number: int, seconds: float = 10) -> bool:
        """Whether the delay lock of that number (from 0) was let go of."""
        return (
            bool(select.select([self._delays[number]], [], [], seconds)[0]) and os.read(self._delays[number], 1) == b""
        )

    def _signal(self, address: DBusAddress, member: str, signature: str = "", body: tuple[Any, ...] = ()) -> None:
        self._connection.send(new_signal(address, member, signature or None, body))

    def _ask_bus(self, message: Message) -> None:
        self._connection.send_and_get_reply(message, timeout=5)

    def _serve(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                message = self._connection.receive(timeout=0.1)
                if message.header.message_type is MessageType.method_call:
                    self._answer(message)

    def _answer(self, call: Message) -> None:
        fields = call.header.fields
        session = str(fields[HeaderFields.path]).removeprefix(SESSIONS)
        if fields[HeaderFields.member] == "Inhibit":
            self._inhibit(call)
        elif session in self._owners:
            user = (self._owners[session], f"/org/freedesktop/login1/user/_{self._owners[session]}")
            self._connection.send(new_method_return(call, "v", (("(uo)", user),)))
        else:
            self._connection.send(new_error(call, "org.freedesktop.DBus.Error.UnknownObject"))

    def _inhibit(self, call: Message) -> None:
        kept, given = os.pipe()
        self._connection.send(new_method_return(call, "h", (given,)))
        os.close(given)
        with self._inhibited:
            self._delays.append(kept)
            self._inhibited.notify_all()


def stranger(address: str) -> DBusConnection:
    """Another program on the same bus."""
    return open_dbus_connection(address)
