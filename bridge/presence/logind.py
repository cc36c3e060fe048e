"""Linux: screen lock and sleep as systemd-logind tells them on the system bus (org.freedesktop.login1(5)).

A screen is locked by the signal `Lock` (`loginctl lock-session`) or by the desktop itself, which then sets the session's
`LockedHint`. Sleep is announced before it comes; a delay lock ("Inhibitor Locks") holds it until the sessions are ended.
"""

import contextlib
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import Properties

from bridge.presence.watch import Gone, log

if TYPE_CHECKING:
    from jeepney.fds import FileDescriptor

_NAME = "org.freedesktop.login1"
_MANAGER = DBusAddress("/org/freedesktop/login1", bus_name=_NAME, interface=f"{_NAME}.Manager")
_SESSION = f"{_NAME}.Session"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SESSIONS = "/org/freedesktop/login1/session"
_POLL_SECONDS = 0.5
_ANSWER_SECONDS = 2.0
_RECONNECT_SECONDS = 5.0

_RULES = (
    MatchRule(type="signal", interface=_MANAGER.interface, member="PrepareForSleep"),
    MatchRule(type="signal", interface=_SESSION, member="Lock", path_namespace=_SESSIONS),
    MatchRule(type="signal", interface=_PROPERTIES, member="PropertiesChanged", path_namespace=_SESSIONS),
)


class Logind:
    """Tells of this user's own sessions only. `bus`: an address, or jeepney's name for the system bus."""

    name = "logind"

    def __init__(self, bus: str = "SYSTEM", uid: int | None = None) -> None:
        self._bus = bus
        self._uid = os.getuid() if uid is None else uid

    def run(self, gone: Gone, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with open_dbus_connection(self._bus, enable_fds=True) as connection:
                    _Listener(connection, self._uid, gone).listen(stop)
            except (OSError, EOFError, KeyError):
                log.debug("logind: no system bus")
            stop.wait(_RECONNECT_SECONDS)


class _Listener:
    def __init__(self, connection: DBusConnection, uid: int, gone: Gone) -> None:
        self._connection = connection
        self._uid = uid
        self._gone = gone
        self._heard: deque[Message] = deque()
        self._delay: FileDescriptor | None = None

    def listen(self, stop: threading.Event) -> None:
        with contextlib.ExitStack() as filters:
            filters.callback(self._let_sleep)
            for rule in _RULES:
                filters.enter_context(self._connection.filter(rule, queue=self._heard))
                self._ask(message_bus.AddMatch(rule))
            self._delay_sleep()
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    self._hear(self._connection.recv_until_filtered(self._heard, timeout=_POLL_SECONDS))

    def _hear(self, message: Message) -> None:
        fields = message.header.fields
        path, member = fields[HeaderFields.path], fields[HeaderFields.member]
        if self._ask(message_bus.GetNameOwner(_NAME)) != (fields[HeaderFields.sender],):
            return  # anybody on the bus may send a signal of that name
        if member == "PrepareForSleep":
            self._sleep(begins=bool(message.body[0]))
        elif self._tells_of_a_lock(member, message.body) and self._is_ours(path):
            self._gone("screen-locked")

    def _sleep(self, *, begins: bool) -> None:
        if begins:
            self._gone("suspended")
            self._let_sleep()
        else:
            self._delay_sleep()

    def _tells_of_a_lock(self, member: str, body: tuple[Any, ...]) -> bool:
        if member == "Lock":
            return True
        interface, changed = body[0], body[1]
        return interface == _SESSION and "LockedHint" in changed and changed["LockedHint"][1] is True

    def _is_ours(self, session: str) -> bool:
        """Whether a session is this user's; one that logind cannot describe is taken for ours."""
        address = DBusAddress(session, bus_name=_NAME, interface=_SESSION)
        answer = self._ask(Properties(address).get("User"))
        return answer is None or answer[0][1][0] == self._uid

    def _delay_sleep(self) -> None:
        self._let_sleep()
        wish = ("sleep", "Pli", "Open mailboxes are closed first", "delay")
        answer = self._ask(new_method_call(_MANAGER, "Inhibit", "ssss", wish))
        self._delay = answer[0] if answer else None

    def _let_sleep(self) -> None:
        if self._delay is not None:
            self._delay.close()
        self._delay = None

    def _ask(self, message: Message) -> tuple[Any, ...] | None:
        """The answer's body; None for an error or no answer."""
        try:
            answer = self._connection.send_and_get_reply(message, timeout=_ANSWER_SECONDS)
        except TimeoutError:
            return None
        return answer.body if answer.header.message_type is MessageType.method_return else None
