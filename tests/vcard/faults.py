"""A PKCS#11 module that fails on command, over SoftHSM or any other (`fault_module.c`, which says what the rules are).

faults = Faults.over(tmp_path, LIBRARY)
faults.set("hang C_Sign")            # at once, also for a process that has the module loaded
Module("faulty", "pkcs11", str(faults.library), 2)    # in an environment with faults.environment
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_name("fault_module.c")


@dataclass(frozen=True)
class Faults:
    """The module's library, and the file that rules it."""

    library: Path
    rules: Path
    environment: Mapping[str, str]

    @classmethod
    def over(cls, folder: Path, module: Path) -> "Faults":
        """Build the module (a tenth of a second) over another PKCS#11 library."""
        library, rules = folder / "libfault.so", folder / "faults.txt"
        subprocess.run(["tcc", "-shared", "-o", str(library), str(_SOURCE)], check=True)
        rules.write_text("")
        environment = {"PLI_FAULT_MODULE": str(module), "PLI_FAULT_RULES": str(rules)}
        return cls(library, rules, environment)

    def set(self, *rules: str) -> None:
        """These rules from now on, and no others."""
        draft = self.rules.with_suffix(".new")
        draft.write_text("".join(f"{rule}\n" for rule in rules))
        draft.replace(self.rules)

    def calls(self) -> list[str]:
        """The calls made so far: names, with what came for a PIN behind `C_Login` (its user type first) and `C_SetPIN`."""
        log = Path(f"{self.rules}.log")
        return log.read_text().splitlines() if log.exists() else []

    def logins(self) -> list[str]:
        """User type (1 user, 2 context-specific) and PIN of each C_Login: "1 4321", "2 NULL"."""
        return [call.removeprefix("C_Login ") for call in self.calls() if call.startswith("C_Login ")]
