"""Linux: a systemd user unit where systemd runs the session, an XDG autostart entry elsewhere, and a desktop entry for links.

systemd.unit(5), systemd.service(5); Desktop Entry Specification 1.5; Desktop Application Autostart Specification 0.5.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.install.autostart import SCHEME, InstallFailed

UNIT = "pli-bridge.service"
_ENTRY = "pli-bridge.desktop"
_LINK_ENTRY = "pli-bridge-link.desktop"


@dataclass(frozen=True)
class Session:
    """The folders of one person's session, and whether systemd looks after it."""

    config: Path
    data: Path
    systemd: bool

    @classmethod
    def of(cls, home: Path, environment: Mapping[str, str] = os.environ) -> "Session":
        config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
        runtime = environment.get("XDG_RUNTIME_DIR")
        return cls(config, data, bool(runtime) and (Path(str(runtime)) / "systemd" / "private").exists())

    @property
    def unit(self) -> Path:
        return self.config / "systemd" / "user" / UNIT

    @property
    def entry(self) -> Path:
        return self.config / "autostart" / _ENTRY

    @property
    def link_entry(self) -> Path:
        return self.data / "applications" / _LINK_ENTRY

    def install(self, serve: Sequence[str], open_link: Sequence[str]) -> list[str]:
        written = [self._write(self.link_entry, link_entry(open_link))]
        _quietly("update-desktop-database", str(self.link_entry.parent))
        if not self.systemd:
            return [self._write(self.entry, autostart_entry(serve)), *written]
        written = [self._write(self.unit, unit(serve)), *written]
        _systemctl("daemon-reload")
        _systemctl("enable", UNIT)
        return written

    def start(self, serve: Sequence[str]) -> None:
        if self.systemd:
            _systemctl("restart", UNIT)
        else:
            nothing = subprocess.DEVNULL
            subprocess.Popen(serve, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)

    def uninstall(self) -> list[str]:
        if self.systemd and self.unit.exists():
            _systemctl("disable", "--now", UNIT)
        present = [file for file in (self.unit, self.entry, self.link_entry) if file.exists()]
        for file in present:
            file.unlink()
        if self.systemd:
            _systemctl("daemon-reload")
        _quietly("update-desktop-database", str(self.link_entry.parent))
        return [str(file) for file in present]

    def _write(self, file: Path, text: str) -> str:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return str(file)


def unit(serve: Sequence[str]) -> str:
    """Started once the desktop can show a prompt. Exit code 3 means that another bridge of this person runs: that one serves."""
    return f"""[Unit]
Description=Pli card bridge
After=graphical-session.target
PartOf=graphical-session.target

[Service]
ExecStart={" ".join(map(_unit_word, serve))}
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2 3
NoNewPrivileges=yes
LimitCORE=0
UMask=0077

[Install]
WantedBy=graphical-session.target
"""


def autostart_entry(serve: Sequence[str]) -> str:
    return _desktop_entry(
        "Pli", "Prête la carte au navigateur", serve, "X-GNOME-Autostart-enabled=true\nNoDisplay=true\n"
    )


def link_entry(open_link: Sequence[str]) -> str:
    mime = f"MimeType=x-scheme-handler/{SCHEME};\nNoDisplay=true\n"
    return _desktop_entry("Pli", "Associe un site à la carte", open_link, mime, field=" %u")


def _desktop_entry(name: str, comment: str, command: Sequence[str], more: str, *, field: str = "") -> str:
    line = " ".join(map(_desktop_word, command)) + field
    return f"[Desktop Entry]\nType=Application\nName={name}\nComment={comment}\nExec={line}\nTerminal=false\n{more}"


def _unit_word(word: str) -> str:
    """systemd.service(5), *Command lines*: quoted, with its own two signs doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _desktop_word(word: str) -> str:
    """Desktop Entry Specification, *The Exec key*: quoted; the backslash is escaped twice, as a string and as an argument."""
    quoted = "".join("\\" + letter if letter in '"`$\\' else letter for letter in word)
    return '"' + quoted.replace("\\", "\\\\").replace("%", "%%") + '"'


def _systemctl(*arguments: str) -> None:
    answer = subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise InstallFailed(f"systemctl --user {' '.join(arguments)}: {answer.stderr.strip()}")


def _quietly(*command: str) -> None:
    """Desktops without the program read the folder itself."""
    try:
        subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return
