"""How names are compared in a search: without case, accents or ligatures, the same on every database.

SQLite folds the case of ASCII letters only, PostgreSQL what its locale knows, and neither an accent; so it is done here.
"""

import unicodedata
from typing import TYPE_CHECKING

from django.db import models

FOLDED_LENGTH = 400
# Of the letters of French names what Unicode does not decompose, and the apostrophe of the typesetter.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "’": "'"})

if TYPE_CHECKING:
    _Text = models.CharField[str, str]
else:
    _Text = models.CharField


def fold(text: str) -> str:
    """`text` with one form for É, é, e and their like (Unicode NFKD, marks left out, case folded), words apart by one space."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(letters.translate(_LETTERS).split())


class FoldedNameField(_Text):
    """The `name` of its row, folded at each save."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: ARG002 (Django names it)
        name: str = vars(model_instance)["name"]
        folded = fold(name)[:FOLDED_LENGTH]
        setattr(model_instance, self.attname, folded)
        return folded
