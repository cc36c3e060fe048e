"""Windows: the person's Run key and the classes of the scheme `pli-bridge:`. Not run here: tested on a registry in memory."""

import subprocess
from collections.abc import Sequence
from typing import Any, Protocol

from bridge.install.autostart import SCHEME

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
CLASS = rf"Software\Classes\{SCHEME}"
_NAME = "PliBridge"
_DETACHED = 0x00000008 | 0x08000000  # DETACHED_PROCESS | CREATE_NO_WINDOW (Process Creation Flags)


class Registry(Protocol):
    """The values below HKEY_CURRENT_USER."""

    def read(self, key: str, name: str) -> str | None: ...

    def write(self, key: str, name: str, value: str) -> None: ...

    def delete_value(self, key: str, name: str) -> None: ...

    def delete_tree(self, key: str) -> None: ...


class RunKey:
    """The entries of one person."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def install(self, serve: Sequence[str], open_link: Sequence[str]) -> list[str]:
        self._registry.write(RUN, _NAME, subprocess.list2cmdline(serve))
        self._registry.write(CLASS, "", "URL:Pli")
        self._registry.write(CLASS, "URL Protocol", "")
        self._registry.write(rf"{CLASS}\shell\open\command", "", subprocess.list2cmdline(open_link) + ' "%1"')
        return [rf"HKCU\{RUN}\{_NAME}", rf"HKCU\{CLASS}"]

    def start(self, serve: Sequence[str]) -> None:
        subprocess.Popen(serve, creationflags=_DETACHED, close_fds=True)

    def uninstall(self) -> list[str]:
        removed = []
        if self._registry.read(RUN, _NAME) is not None:
            self._registry.delete_value(RUN, _NAME)
            removed.append(rf"HKCU\{RUN}\{_NAME}")
        if self._registry.read(CLASS, "") is not None:
            self._registry.delete_tree(CLASS)
            removed.append(rf"HKCU\{CLASS}")
        return removed


class WindowsRegistry:
    """The registry of this computer, by `winreg`."""

    def __init__(self) -> None:
        import winreg

        self._api: Any = winreg
        self._root: Any = self._api.HKEY_CURRENT_USER

    def read(self, key: str, name: str) -> str | None:
        try:
            with self._api.OpenKey(self._root, key) as opened:
                return str(self._api.QueryValueEx(opened, name)[0])
        except FileNotFoundError:
            return None

    def write(self, key: str, name: str, value: str) -> None:
        with self._api.CreateKey(self._root, key) as opened:
            self._api.SetValueEx(opened, name, 0, self._api.REG_SZ, value)

    def delete_value(self, key: str, name: str) -> None:
        with self._api.OpenKey(self._root, key, 0, self._api.KEY_SET_VALUE) as opened:
            self._api.DeleteValue(opened, name)

    def delete_tree(self, key: str) -> None:
        with self._api.OpenKey(self._root, key, 0, self._api.KEY_ALL_ACCESS) as opened:
            while self._api.QueryInfoKey(opened)[0]:
                self.delete_tree(rf"{key}\{self._api.EnumKey(opened, 0)}")
        self._api.DeleteKey(self._root, key)
