"""The PKCS#11 modules a bridge looks for where its policy names none: by known names in known folders, never on a search path.

The order decides who serves a card that two modules know: the Cryptolib CPS of the Agence du Numérique en Santé first (it
alone knows the newest CPS cards), then OpenSC. Others are named by the policy.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from bridge.errors import PolicyRefused
from bridge.journal import log
from bridge.ownership import refuse_untrusted

_CRYPTOLIB = "cryptolib-cps"
_CPS4 = "5.2"  # the first version that knows CPS4


@dataclass(frozen=True)
class KnownModule:
    """A module, the name of its library, and the folders it is installed in, on one system."""

    id: str
    libraries: Sequence[str]
    folders: Sequence[str]

    def paths(self, system: str) -> Iterator[PurePath]:
        kind = PureWindowsPath if system == "win32" else PurePosixPath
        for folder in self.folders:
            for library in self.libraries:
                yield kind(folder, library)


_LINUX_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64/pkcs11",
    "/usr/lib64",
    "/usr/lib/pkcs11",
    "/usr/lib",
    "/usr/local/lib",
)

KNOWN: Mapping[str, Sequence[KnownModule]] = {
    "linux": (
        KnownModule(_CRYPTOLIB, ("libcps3_pkcs11_lux.so",), ("/opt/santesocial/CPS/lib", "/usr/lib64", "/usr/lib")),
        KnownModule("opensc", ("opensc-pkcs11.so",), _LINUX_FOLDERS),
    ),
    "win32": (
        KnownModule(
            _CRYPTOLIB,
            ("cps3_pkcs11_w64.dll", "cps3_pkcs11_w32.dll"),
            (r"C:\Windows\System32", r"C:\Program Files\santesocial\CPS", r"C:\Program Files (x86)\santesocial\CPS"),
        ),
        KnownModule(
            "opensc",
            ("opensc-pkcs11.dll",),
            (r"C:\Program Files\OpenSC Project\OpenSC\pkcs11", r"C:\Windows\System32"),
        ),
    ),
    "darwin": (
        KnownModule(
            _CRYPTOLIB,
            ("libcps3_pkcs11_osx.dylib",),
            ("/Library/Application Support/santesocial/CPS/lib", "/usr/local/lib"),
        ),
        KnownModule("opensc", ("opensc-pkcs11.so",), ("/Library/OpenSC/lib", "/usr/local/lib", "/opt/homebrew/lib")),
    ),
}

_INSTALL = {
    "linux": "the package opensc (or opensc-pkcs11), and pcscd",
    "win32": "OpenSC (opensc.org)",
    "darwin": "OpenSC (opensc.org)",
}


def discover(
    system: str = sys.platform,
    exists: Callable[[PurePath], bool] = lambda path: Path(path).exists(),
    refuse: Callable[[Path], None] = refuse_untrusted,
) -> tuple[tuple[str, str], ...]:
    """(id, path) of each known module that is installed here. One that others could have written is left out, and said."""
    found = ((known.id, next(filter(exists, known.paths(system)), None)) for known in KNOWN.get(system, ()))
    return tuple((id_, str(path)) for id_, path in found if path is not None and _is_trusted(path, refuse))


def what_to_install(system: str = sys.platform) -> str:
    """A sentence for a person without any card module."""
    opensc = _INSTALL.get(system, "OpenSC")
    return f"Install the Cryptolib CPS of the ANS for CPS cards, or {opensc}; then plug in the reader."


def what_this_card_needs(versions: Mapping[str, str], system: str = sys.platform) -> str:
    """A sentence for a person whose card none of the running modules knows. `versions` by module id."""
    version = versions.get(_CRYPTOLIB)
    if version is None:
        return f"{what_to_install(system)} The newest CPS cards need the Cryptolib CPS {_CPS4}."
    if _numbers(version) < _numbers(_CPS4):
        return f"The newest CPS cards need the Cryptolib CPS {_CPS4} or later; version {version} is installed."
    return "This card is not known to the card software of this computer."


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def cannot_load(path: str) -> str:
    """A sentence for a person whose policy names a module that is not there, or not for this system."""
    return f"The card software {path} cannot be loaded. Install it, or ask whoever administers this computer."


def _is_trusted(path: PurePath, refuse: Callable[[Path], None]) -> bool:
    try:
        refuse(Path(path))
    except PolicyRefused as error:
        log.warning("a card module is left out: %s", error)
        return False
    return True
