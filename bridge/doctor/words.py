"""What a finding says, and the next step, in French and English."""

from collections.abc import Mapping

from bridge.doctor.findings import Finding

# code: (what is, what to do next)
_FRENCH: Mapping[str, tuple[str, str]] = {
    "policy": ("Réglages : {policy}", ""),
    "policy-none": ("Aucun fichier de réglages : ceux d’origine valent.", ""),
    "policy-refused": (
        "Les réglages sont refusés : {refusal}",
        "Corrigez ce fichier ou ses droits, ou demandez à qui administre ce poste.",
    ),
    "bridge": ("Le pont est en marche (version {version}, port {port}).", ""),
    "bridge-absent": (
        "Le pont n’est pas en marche.",
        "Installez-le : pli-bridge install. Ou lancez-le ici : pli-bridge serve",
    ),
    "ports-taken": (
        "D’autres programmes occupent tous les ports du pont ({ports}).",
        "Fermez-en un, ou demandez un autre choix de ports dans les réglages (ports).",
    ),
    "sites": ("Sites associés : {sites}", ""),
    "sites-none": (
        "Aucun site n’est associé à ce pont.",
        "Ouvrez la page du site et suivez « Associer », ou tapez : pli-bridge pair https://NOM",
    ),
    "module-starting": ("Le logiciel de carte {module} démarre.", ""),
    "module-missing": (
        "Le logiciel de carte {module} ne se charge pas.",
        "Installez-le de nouveau, ou retirez-le des réglages (modules).",
    ),
    "module-crashed": (
        "Le logiciel de carte {module} s’est arrêté ; il repart à la prochaine demande.",
        "Si cela se répète, installez sa dernière version. Pour demander de l’aide : pli-bridge report",
    ),
    "reader": ("Lecteur : {readers}", ""),
    "reader-service-stopped": (
        "Le service des lecteurs de cartes est arrêté.",
        "Sous Linux : sudo systemctl enable --now pcscd.socket (paquet pcscd).",
    ),
    "NO_READER": ("Aucun lecteur de cartes n’est branché.", "Branchez le lecteur, au besoin sur une autre prise."),
    "NO_CARD": ("Aucune carte n’est dans le lecteur.", "Insérez la carte, puce en avant, jusqu’au bout."),
    "MODULE_MISSING": ("Aucun logiciel de carte n’est installé.", "{help}"),
    "CARD_UNSUPPORTED": (
        "La carte {card} n’a aucune clé que Pli sache utiliser.",
        "Est-ce la bonne carte ? Les cartes CPS récentes demandent la Cryptolib CPS. {help}",
    ),
    "CARD_IN_USE": (
        "Un autre programme retient la carte : {holder}",
        "Fermez-le, ou retirez puis insérez la carte.",
    ),
    "PIN_LOCKED": ("Le code de la carte {card} est bloqué.", "pli-bridge pin dit comment le débloquer."),
    "PIN_LAST_TRY": (
        "Il reste un seul essai pour le code de la carte {card}.",
        "Aucune page ne peut plus le demander. Pour l’utiliser vous-même : pli-bridge pin --last-try",
    ),
    "card": ("Carte : {card}", ""),
}
_ENGLISH: Mapping[str, tuple[str, str]] = {
    "policy": ("Policy: {policy}", ""),
    "policy-none": ("No policy file: the built-in one holds.", ""),
    "policy-refused": (
        "The policy is refused: {refusal}",
        "Correct that file or its permissions, or ask whoever administers this computer.",
    ),
    "bridge": ("The bridge is running (version {version}, port {port}).", ""),
    "bridge-absent": (
        "The bridge is not running.",
        "Install it: pli-bridge install. Or start it here: pli-bridge serve",
    ),
    "ports-taken": (
        "Other programs hold all ports of the bridge ({ports}).",
        "Close one of them, or have other ports set in the policy (ports).",
    ),
    "sites": ("Paired sites: {sites}", ""),
    "sites-none": (
        "No site is paired with this bridge.",
        "Open the page of the site and follow “Pair”, or type: pli-bridge pair https://NAME",
    ),
    "module-starting": ("The card software {module} is starting.", ""),
    "module-missing": (
        "The card software {module} cannot be loaded.",
        "Install it again, or take it out of the policy (modules).",
    ),
    "module-crashed": (
        "The card software {module} ended; it starts again when it is next asked.",
        "If this happens again, install its newest version. To ask for help: pli-bridge report",
    ),
    "reader": ("Reader: {readers}", ""),
    "reader-service-stopped": (
        "The service for card readers is stopped.",
        "On Linux: sudo systemctl enable --now pcscd.socket (package pcscd).",
    ),
    "NO_READER": ("No card reader is plugged in.", "Plug the reader in, into another socket if need be."),
    "NO_CARD": ("No card is in the reader.", "Insert the card, chip first, as far as it goes."),
    "MODULE_MISSING": ("No card software is installed.", "{help}"),
    "CARD_UNSUPPORTED": (
        "The card {card} has no key that Pli can use.",
        "Is it the right card? Newer CPS cards need the Cryptolib CPS. {help}",
    ),
    "CARD_IN_USE": ("Another program holds the card: {holder}", "Close it, or pull the card and insert it again."),
    "PIN_LOCKED": ("The PIN of the card {card} is locked.", "pli-bridge pin says how to unblock it."),
    "PIN_LAST_TRY": (
        "One try is left for the PIN of the card {card}.",
        "No page can ask for it any more. To use it yourself: pli-bridge pin --last-try",
    ),
    "card": ("Card: {card}", ""),
}
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {"fr": _FRENCH, "en": _ENGLISH}


def lines(finding: Finding, language: str) -> list[str]:
    """A line, and one more for the next step where there is one."""
    what, following = WORDS[language][finding.code]
    values = {"card": "", "help": "", **finding.values}
    said = [f"{'ok' if finding.good else '!!'}  {_tidy(what.format(**values))}"]
    return [*said, f"    → {_tidy(following.format(**values))}"] if following else said


def _tidy(text: str) -> str:
    return " ".join(text.split())
