"""Which sentence tells the person how a native act with a card ended."""

DONE = frozenset({"pin-changed", "tries-back"})
_SENTENCES = {
    "PIN_INCORRECT": "pin-was-wrong",
    "PIN_REFUSED": "pin-was-refused",
    "PIN_LOCKED": "unblocking",
    "PIN_LAST_TRY": "card-last-try-next",
    "MODULE_CRASHED": "card-does-not-answer",
}


def outcome_text(result: str) -> str:
    """The text for a result: done, or the name of an error."""
    return result if result in DONE else _SENTENCES.get(result, "nothing-done")
