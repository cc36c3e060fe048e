"""What the commands say, in French: by the English sentence, as gettext does. The languages are those of the prompts."""

from collections.abc import Mapping

from bridge.prompts.wording import Wording

FRENCH: Mapping[str, str] = {
    "no bridge of this user runs": "aucun pont n’est en marche sous votre compte ; pli-bridge doctor dit que faire",
    "the bridge does not answer": "le pont ne répond pas",
    "the bridge was told to stop and has not ended yet": "le pont a reçu l’ordre de s’arrêter et n’a pas encore fini",
    "Now link this computer on the page of {origin}: two minutes, then compare the digits.": (
        "Associez maintenant cet ordinateur sur la page de {origin} : vous avez deux minutes ; comparez ensuite les chiffres."
    ),
    "Forgotten: {origin}": "Oublié : {origin}",
    "No page of this site was paired.": "Aucune page de ce site n’était associée.",
    "No site is paired.": "Aucun site n’est associé.",
    "since {day}": "depuis le {day}",
    "last used {day}": "dernier usage le {day}",
    "The page in your browser now hands the mailbox over. Leave it open.": (
        "La page de votre navigateur remet maintenant la boîte. Laissez-la ouverte."
    ),
    "The export stopped after {written} messages; {folder} is not complete.": (
        "L’export s’est arrêté après {written} messages ; {folder} n’est pas complet."
    ),
    "{written} of {total}": "{written} sur {total}",
    "{written} messages: {folder}": "{written} messages : {folder}",
    "{unopened} did not open; they are kept as they were stored, in mail/unopened.": (
        "{unopened} ne se sont pas ouverts ; ils sont gardés tels quels, dans mail/unopened."
    ),
    "{count} lines: {file}": "{count} lignes : {file}",
    "nothing was installed": "rien n’était installé",
}


def told(sentence: str, language: str = "", **values: object) -> str:
    """The sentence in a language of the prompts (that of the session, for none named), filled in."""
    french = Wording(language).language == "fr"
    words = FRENCH.get(sentence, sentence) if french else sentence
    return words.format(**values) if values else words
