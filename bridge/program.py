"""How to start parts of this very program again: packaged by PyInstaller, or this Python with this package.

A packaged program has no Python to give `-m` to; it is one itself, and runs a module of ours under the hidden verb `--module`.
"""

import sys
from collections.abc import Mapping, Sequence
from runpy import run_module

MODULE_VERB = "--module"
_OURS = "bridge."


def bridge_command(*arguments: str) -> list[str]:
    """The argument vector of `pli-bridge ARGUMENTS`."""
    return [sys.executable, *arguments] if _is_packaged() else [*_python(), "-m", "bridge", *arguments]


def module_command(module: str, *arguments: str) -> list[str]:
    """The argument vector that runs a module of this package as a process of its own."""
    start = [sys.executable, MODULE_VERB] if _is_packaged() else [*_python(), "-m"]
    return [*start, module, *arguments]


def environment_of(program: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What a program is started with: a packaged bridge's library path is for the bridge alone (PyInstaller, "LD_LIBRARY_PATH")."""
    if not _is_packaged() or program == sys.executable:
        return dict(environment)
    found = {name: value for name, value in environment.items() if name != "LD_LIBRARY_PATH"}
    before = environment.get("LD_LIBRARY_PATH_ORIG")
    return found if before is None else {**found, "LD_LIBRARY_PATH": before}


def run_as_module(argv: Sequence[str]) -> None:
    """Behave as `python -m MODULE ARGUMENTS`. Only this package's modules: the program is no Python for others."""
    module, *arguments = argv
    if not module.startswith(_OURS):
        raise SystemExit(2)
    sys.argv = [module, *arguments]
    run_module(module, run_name="__main__")


def _python() -> list[str]:
    """Our Python, blind to the folder somebody stands in (`-P`): what lies there under our names may be another's."""
    return [sys.executable, "-P"]


def _is_packaged() -> bool:
    return bool(getattr(sys, "frozen", False))
