"""macOS: a launch agent (launchd.plist(5)). Not run here: the property list is tested, `launchctl` is not.

Links of the scheme `pli-bridge:` belong to an application bundle there; the package's Info.plist declares them (packaging/README.md).
"""

import os
import plistlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.install.autostart import LABEL, InstallFailed


@dataclass(frozen=True)
class LaunchAgent:
    """The agent of the person whose home this is."""

    home: Path

    @property
    def file(self) -> Path:
        return self.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def install(self, serve: Sequence[str], open_link: Sequence[str]) -> list[str]:  # noqa: ARG002 (see above)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(property_list(serve))
        return [str(self.file)]

    def start(self, serve: Sequence[str]) -> None:  # noqa: ARG002 (launchd knows it from the file)
        subprocess.run(["launchctl", "bootout", self._target], capture_output=True, check=False)
        answer = subprocess.run(
            ["launchctl", "bootstrap", self._domain, str(self.file)], capture_output=True, text=True, check=False
        )
        if answer.returncode:
            raise InstallFailed(f"launchctl bootstrap: {answer.stderr.strip()}")

    def uninstall(self) -> list[str]:
        subprocess.run(["launchctl", "bootout", self._target], capture_output=True, check=False)
        if not self.file.exists():
            return []
        self.file.unlink()
        return [str(self.file)]

    @property
    def _domain(self) -> str:
        return f"gui/{os.getuid()}"

    @property
    def _target(self) -> str:
        return f"{self._domain}/{LABEL}"


def property_list(serve: Sequence[str]) -> bytes:
    """Started at log-in into a graphical session, and again where it fails; ending well means it was told to."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(serve),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "LimitLoadToSessionType": "Aqua",
            "HardResourceLimits": {"Core": 0},
            "Umask": 0o077,
        }
    )
