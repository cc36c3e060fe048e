"""What the three systems have in common: an entry read at log-in, and who opens `pli-bridge:` links."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bridge.errors import PliError

SCHEME = "pli-bridge"
LABEL = "fr.pli.bridge"


class InstallFailed(PliError):
    """The system did not take the entry. The text says what it answered and what to do."""

    code = "install-failed"


class Autostart(Protocol):
    """The entries of one system for one person. Both methods may be called twice: the second changes nothing."""

    def install(self, serve: Sequence[str], open_link: Sequence[str]) -> list[str]:
        """Write the entries: `serve` starts the bridge, `open_link` is given a link after its arguments.

        Returns what was written, for the person. Raises InstallFailed.
        """

    def start(self, serve: Sequence[str]) -> None:
        """Start the bridge now, as the next log-in would."""

    def uninstall(self) -> list[str]:
        """Remove the entries; returns what was removed."""


def autostart_of(home: Path, platform: str = sys.platform) -> Autostart:
    """Of the person whose home this is."""
    if platform == "darwin":
        from bridge.install.macos import LaunchAgent

        return LaunchAgent(home)
    if platform == "win32":
        from bridge.install.windows import RunKey, WindowsRegistry

        return RunKey(WindowsRegistry())
    from bridge.install.linux import Session

    return Session.of(home)
