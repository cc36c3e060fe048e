"""Errors of the card layer. `code` is the name the page sees (docs/PROTOCOL.md, *Errors*); nothing secret is carried."""

from typing import Any, ClassVar


class CardError(Exception):
    """Base of the card layer. `data` holds the error's public members, such as the tries left."""

    code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str = "", **data: Any) -> None:
        super().__init__(message or self.code)
        self.data = data


class NoCard(CardError):
    """No present card answers to that name."""

    code = "NO_CARD"


class CardRemoved(CardError):
    """The card left the reader during the operation."""

    code = "CARD_REMOVED"


class CardInUse(CardError):
    """Another program holds the card."""

    code = "CARD_IN_USE"


class PinIncorrect(CardError):
    """The card refused the PIN; `data["tries"]` is what is left, or None when the card does not say."""

    code = "PIN_INCORRECT"


class PinRefused(CardError):
    """The card does not take this new PIN; the old one stays, and no try was spent."""

    code = "PIN_REFUSED"


class PinCancelled(CardError):
    """The person cancelled at the reader's own pad."""

    code = "USER_CANCELLED"


class PinLocked(CardError):
    """No try is left."""

    code = "PIN_LOCKED"


class LoginRequired(CardError):
    """The card wants its PIN before this operation: the card session ended on the card's side."""

    code = "KEY_USE_DENIED"


class MechanismUnsupported(CardError):
    """The key cannot do that operation."""

    code = "ALG_UNSUPPORTED"


class DecryptionFailed(CardError):
    """The card did not decrypt. Never shown as such: callers answer as if it had (no oracle)."""

    code = "GRANT_REFUSED"


class CardFailed(CardError):
    """The card or its module answered with an error that has no name of its own; the CKR name is in the local log."""

    code = "INTERNAL_ERROR"


class ModuleCrashed(CardError):
    """The process behind the module died or did not answer in time; the next call starts a new one."""

    code = "MODULE_CRASHED"


class ModuleMissing(CardError):
    """The module's library cannot be loaded; `data["help"]` names what is missing."""

    code = "MODULE_MISSING"


def _tree(root: type[CardError]) -> dict[str, type[CardError]]:
    return {kind.__name__: kind for kind in root.__subclasses__()}


def card_error(name: str, message: str, data: dict[str, Any]) -> CardError:
    """The error a worker process reported by class name; an unknown name is `CardFailed`."""
    return _tree(CardError).get(name, CardFailed)(message, **data)
