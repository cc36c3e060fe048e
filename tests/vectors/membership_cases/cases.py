"""The cases of membership/, by name: a function that writes a log, and a word: `ok`, or the reason for which the replay refuses its last act."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.cms.grants import GrantBody, Role
from tests.vectors.registers import Colleague, Register, alice, bob

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from tests.vectors.registers import Colleague

    Case = Callable[[], Register]

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
_WRITTEN: dict[str, tuple[Case, str]] = {}
SECRET = hashlib.sha256(b"a passkey").digest()
OTHER_SECRET = hashlib.sha256(b"another passkey").digest()


def case(name: str, expect: str = "ok") -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        _WRITTEN[name] = (function, expect)
        return function

    return add


def cases_of(family: ModuleType) -> dict[str, tuple[Case, str]]:
    """Those of one module, in their order."""
    return {name: one for name, one in _WRITTEN.items() if one[0].__module__ == family.__name__}


def joined(role: Role, person: Colleague | None = None, **changes: Any) -> tuple[Register, GrantBody]:
    """Alice's mailbox, where Bob (or `person`) has this role."""
    register = Register.opened()
    body = register.body(person or bob(), role, **changes)
    register.grant(alice(), body)
    return register, body


def two_managers() -> tuple[Register, GrantBody]:
    return joined(Role.MANAGER)


def owner_body(register: Register) -> GrantBody:
    return GrantBody.from_der(register.bodies[0])
