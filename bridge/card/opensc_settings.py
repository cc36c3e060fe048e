"""OpenSC, told not to keep PINs: by default it sends a PIN it has seen again, by itself, whenever the card asks for it.

That may be the last try, or a PIN that another program has changed since (PIN rule 5). The setting exists in opensc.conf(5)
alone, so OpenSC is loaded with a copy of the machine's file in which it stands; other modules do not read it.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLE = "OPENSC_CONF"
_FILES = ("/etc/opensc/opensc.conf", "/etc/opensc.conf", "/Library/OpenSC/etc/opensc.conf")
_NO_PIN_CACHE = "framework pkcs15 { use_pin_caching = false; }"
_MODULE_BLOCK = re.compile(r"^([ \t]*app[ \t]+opensc-pkcs11\s*\{)", re.MULTILINE)


@contextmanager
def without_pin_cache() -> Iterator[None]:
    """OpenSC's PKCS#11 module reads these settings when it is initialised within this block."""
    given = os.environ.get(_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="pli-opensc-") as folder:
        file = Path(folder) / "opensc.conf"
        file.write_text(settings(_machine_settings(given)), "utf-8")
        os.environ[_VARIABLE] = str(file)
        try:
            yield
        finally:
            os.environ.pop(_VARIABLE)
            if given is not None:
                os.environ[_VARIABLE] = given


def settings(machine: str) -> str:
    """The machine's settings with the PIN cache off: the first block of a name is the one that counts."""
    changed, found = _MODULE_BLOCK.subn(rf"\1\n{_NO_PIN_CACHE}\n", machine, count=1)
    return changed if found else f"app opensc-pkcs11 {{\n{_NO_PIN_CACHE}\n}}\n{machine}"


def _machine_settings(given: str | None) -> str:
    for name in filter(None, (given, *_FILES)):
        try:
            return Path(name).read_text("utf-8", "replace")
        except OSError:
            continue
    return ""
