"""What prompts say, in French and English. Both languages have the same words; a test compares them."""

TEXTS: dict[str, dict[str, str]] = {
    "fr": {
        "login": "Se connecter",
        "open": "Ouvrir la messagerie {address}",
        "create": "Ouvrir un compte et signer ses clés pour {address}",
        "create-consent": "Ouvrir le compte {address} et signer ses clés avec votre carte ?",
        "sign": "Signer {messages}\n{list}",
        "sign-consent": ("Signer {messages} ?\n{list}\nCet accord vaut pour {signatures} pendant {minutes} min."),
        "sign-list": "Signer {messages}, et rien d’autre ? ({part}/{parts})\n{list}",
        "pair": (
            "Relier ce navigateur et {host} à ce programme de carte ?\n\nChiffres : {digits}\n\nN’acceptez que si la page "
            "de {host} montre les mêmes chiffres en ce moment."
        ),
        "pair-open": (
            "Permettre au site {host} de se relier à ce programme de carte ? Il aura deux minutes, puis vous comparerez des "
            "chiffres."
        ),
        "certificate-consent": "Transmettre à ce site votre certificat (nom et numéro RPPS) ?",
        "act": "Signer un changement d’accès à la messagerie {address}",
        "rotate": "Changer les clés de la messagerie {address}",
        "prove": "Prouver ce que votre carte sait faire",
        "share": "Ouvrir votre part de la messagerie {address}",
        "grant-consent": "Donner accès à la messagerie {address} ? ({part}/{parts})\n{list}\n{terms}",
        "change-consent": "Remplacer la carte ou le moyen d’accès de cette personne à la messagerie {address} ?\n{list}\n{terms}",
        "end-consent": (
            "Retirer l’accès à la messagerie {address} ? ({part}/{parts})\n{list}\nLe serveur ne donne plus rien dès maintenant ; "
            "ce qui a été lu reste connu."
        ),
        "way-card": "carte de {person}",
        "way-passkey": "clé d’accès que ce site nomme «\u00a0{called}\u00a0», de {person}",
        "way-recovery": "code de secours imprimé de {person}",
        "way-officer": "parts de secours de plusieurs personnes",
        "way-service": "{person}",
        "leave-consent": "Quitter la messagerie {address} ?\n{list}",
        "confirm-consent": "Confirmer cette personne, proposée par un autre responsable de la messagerie {address} ?\n{list}\n{terms}",
        "confirm-own-consent": (
            "Confirmer cette personne, que vous avez proposée, pour la messagerie {address} ? Personne d’autre ne peut plus le faire."
            "\n{list}\n{terms}"
        ),
        "recovery-consent": (
            "Rendre valable le code de secours de la messagerie {address} ? Qui tient cette feuille se connecte à votre place et peut "
            "lire tout le courrier de cette boîte, une heure à la fois, sans écrire."
        ),
        "officers-consent": (
            "Permettre à {threshold} de ces {count} personnes, ensemble, de lire la messagerie {address} en cas d’urgence "
            "({limits}) ? ({part}/{parts})\n{list}"
        ),
        "export-consent": (
            "Emporter la messagerie {address} : tout son courrier en clair et ses clés, dans le dossier\n{folder}\nQui aura ce dossier "
            "et sa phrase secrète lira tout."
        ),
        "export-passphrase": "Choisir la phrase secrète des clés de {address} : douze signes au moins. Personne ne peut la retrouver.",
        "passphrase": "Phrase secrète",
        "passphrase-short": "Trop courte : douze signes au moins.",
        "limits": "pendant {minutes} min",
        "limits-messages": "pendant {minutes} min, {messages} messages au plus",
        "request-consent": (
            "Demander l’ouverture de la messagerie {address} ?\nMotif : {reason}\nVotre nom et ce motif sont notés ; le titulaire est "
            "prévenu."
        ),
        "release-consent": (
            "Donner votre part de la messagerie {address} pour que cette personne puisse la lire ?\n{list}\nMotif : {reason}\n"
            "Demandé le {day} à {time}, à l’heure de cet ordinateur. Assurez-vous que c’est bien elle qui demande."
        ),
        "restore-consent": (
            "L’opérateur dit avoir rétabli une sauvegarde le {day} : le registre des accès à la messagerie {address} s’arrête à "
            "l’acte n° {seq}, du {last}.\nCe qui a été changé ensuite (accès retirés, clés changées) n’y est plus. L’accepter ?"
        ),
        "terms": "{role}, {dates}. {history}",
        "role-reader": "Peut lire",
        "role-sender": "Peut lire et écrire pour cette messagerie",
        "role-manager": "Peut lire, écrire et gérer les accès",
        "role-owner": "A tous les droits",
        "dates": "à partir du {since}",
        "dates-until": "du {since} au {until} (à l’heure de cet ordinateur)",
        "history-all": "Pourrait lire tout le courrier antérieur.",
        "history-now": "Seulement le courrier reçu à partir de maintenant.",
        "history-since": "Seulement le courrier reçu depuis le {date}.",
        "months": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "colon": "\u00a0: ",  # French typography: a space that does not break
        "origin": "Demandé par",
        "reader": "Lecteur",
        "card": "Carte",
        "tries": "Essais restants",
        "unknown": "inconnu",
        "here": "vous, sur cet ordinateur",
        "link": "un lien dans votre navigateur, que n’importe quelle page peut montrer",
        "prompt": "Code PIN",
        "new-prompt": "Nouveau code",
        "repeat": "Encore une fois",
        "not-the-same": "Les deux codes diffèrent.",
        "not-plausible": "La carte ne peut pas avoir ce code : trop court, trop long, ou avec un signe qu’elle n’accepte pas.",
        "same-as-before": "Le nouveau code est l’ancien.",
        "pinpad": "Tapez votre code sur le clavier du lecteur.",
        "close": "Fermer",
        "change-pin": "Changer le code de la carte",
        "last-try-warning": (
            "Il reste un seul essai à cette carte. Si le code est faux, elle se bloque et ne sert plus à rien avant son "
            "déblocage.\n\n{unblocking}\n\nVoulez-vous quand même essayer ?"
        ),
        "last-try-again": "Dernier essai : êtes-vous sûr de connaître le code de cette carte ?",
        "last-try": "Dernier essai du code de la carte",
        "unblocking": (
            "Une carte bloquée se débloque avec son code de déblocage (PUK), qui figure dans le courrier reçu avec la carte, "
            "et avec le logiciel de gestion fourni par son émetteur. Pour une carte CPS : le logiciel installé avec la "
            "Cryptolib CPS, ou le service clients de l’Agence du Numérique en Santé (esante.gouv.fr), qui peut aussi "
            "remplacer la carte. Pour une carte d’établissement : le service qui l’a remise. Pli ne demande jamais ce code "
            "de déblocage : ne le donnez à aucune page."
        ),
        "report-consent": (
            "Transmettre à ce site le rapport de diagnostic ? Il dit les versions, les lecteurs, les modules, les modèles de "
            "carte et les dernières erreurs ; ni nom, ni numéro, ni adresse, ni code. Pour le lire : pli-bridge report"
        ),
        "card-ready": "Le code de la carte est utilisable.",
        "card-ready-next": "Pour changer le code : pli-bridge pin --change",
        "card-last-try": "Il reste un seul essai. Aucune page ne peut plus demander le code de cette carte.",
        "card-last-try-next": "Pour l’utiliser vous-même, après deux confirmations : pli-bridge pin --last-try",
        "card-pin-locked": "La carte est bloquée.",
        "card-unsupported": "Pli ne trouve sur cette carte aucune clé qu’il sache utiliser.",
        "card-pinpad": "Le code se tape sur le clavier du lecteur.",
        "no-card": "Aucune carte n’est dans un lecteur.",
        "which-card": "Plusieurs cartes : ajoutez le numéro de celle que vous voulez, par exemple --change 2",
        "pin-changed": "Le code de la carte est changé.",
        "tries-back": "Le code est bon : la carte a de nouveau tous ses essais.",
        "pin-was-wrong": "Ce n’est pas le code de la carte.",
        "pin-was-refused": "La carte n’accepte pas ce nouveau code. L’ancien reste valable.",
        "card-does-not-answer": "La carte ne répond pas.",
        "nothing-done": "Rien n’a été fait.",
        "ok": "Valider",
        "agree": "Oui, accepter",  # pinentry-tty goes by first letters: not that of "Annuler"
        "cancel": "Annuler",
        "to": "À",
        "subject": "Objet",
        "attachments": "Pièces jointes",
        "title": "Pli",
    },
    "en": {
        "login": "Log in",
        "open": "Open the mailbox {address}",
        "create": "Open an account and sign its keys for {address}",
        "create-consent": "Open the account {address} and sign its keys with your card?",
        "sign": "Sign {messages}\n{list}",
        "sign-consent": ("Sign {messages}?\n{list}\nThis consent covers {signatures} for {minutes} min."),
        "sign-list": "Sign {messages}, and nothing else? ({part}/{parts})\n{list}",
        "pair": (
            "Link this browser and {host} to this card program?\n\nDigits: {digits}\n\nAgree only if the page of {host} "
            "shows the same digits right now."
        ),
        "pair-open": (
            "Let the site {host} link to this card program? It gets two minutes, and then you compare digits."
        ),
        "certificate-consent": "Give this site your certificate (name and RPPS number)?",
        "act": "Sign a change of access to the mailbox {address}",
        "rotate": "Change the keys of the mailbox {address}",
        "prove": "Prove what your card can do",
        "share": "Open your share of the mailbox {address}",
        "grant-consent": "Give access to the mailbox {address}? ({part}/{parts})\n{list}\n{terms}",
        "change-consent": "Replace this person’s card or way in to the mailbox {address}?\n{list}\n{terms}",
        "end-consent": (
            "End the access to the mailbox {address}? ({part}/{parts})\n{list}\nThe server gives nothing from now on; what was read "
            "stays known."
        ),
        "way-card": "card of {person}",
        "way-passkey": "passkey that this site calls “{called}”, of {person}",
        "way-recovery": "printed recovery code of {person}",
        "way-officer": "recovery shares of several people",
        "way-service": "{person}",
        "leave-consent": "Leave the mailbox {address}?\n{list}",
        "confirm-consent": "Confirm this person, proposed by another manager of the mailbox {address}?\n{list}\n{terms}",
        "confirm-own-consent": (
            "Confirm this person, whom you proposed, for the mailbox {address}? Nobody else is left who could.\n{list}\n{terms}"
        ),
        "recovery-consent": (
            "Make the recovery code of the mailbox {address} valid? Whoever holds the sheet logs in as you and can read all mail of "
            "this mailbox, an hour at a time, and not write."
        ),
        "officers-consent": (
            "Let {threshold} of these {count} people together read the mailbox {address} in an emergency ({limits})? "
            "({part}/{parts})\n{list}"
        ),
        "export-consent": (
            "Take the mailbox {address} along: all its mail in the clear and its keys, in the folder\n{folder}\nWhoever has this folder "
            "and its passphrase reads all of it."
        ),
        "export-passphrase": "Choose the passphrase of the keys of {address}: twelve characters at least. Nobody can find it again.",
        "passphrase": "Passphrase",
        "passphrase-short": "Too short: twelve characters at least.",
        "limits": "for {minutes} min",
        "limits-messages": "for {minutes} min, {messages} messages at most",
        "request-consent": (
            "Ask to open the mailbox {address}?\nReason: {reason}\nYour name and this reason are recorded; its owner is told."
        ),
        "release-consent": (
            "Give your share of the mailbox {address}, so that this person can read it?\n{list}\nReason: {reason}\n"
            "Asked on {day}, {time} by the clock of this computer. Make sure that it is really this person who asks."
        ),
        "restore-consent": (
            "The operator says that it restored a backup on {day}: the record of access to the mailbox {address} ends with act "
            "no. {seq}, of {last}.\nWhat was changed after it (access ended, keys changed) is no longer in it. Accept that?"
        ),
        "terms": "{role}, {dates}. {history}",
        "role-reader": "May read",
        "role-sender": "May read, and write for this mailbox",
        "role-manager": "May read, write and manage access",
        "role-owner": "Has every right",
        "dates": "from {since} on",
        "dates-until": "from {since} to {until} (by the clock of this computer)",
        "history-all": "Could read all earlier mail.",
        "history-now": "Only mail from now on.",
        "history-since": "Only mail received since {date}.",
        "months": "January February March April May June July August September October November December",
        "colon": ": ",
        "origin": "Asked by",
        "reader": "Reader",
        "card": "Card",
        "tries": "Tries left",
        "unknown": "unknown",
        "here": "you, at this computer",
        "link": "a link in your browser, which any page can show",
        "prompt": "PIN",
        "new-prompt": "New PIN",
        "repeat": "Once more",
        "not-the-same": "The two PINs differ.",
        "not-plausible": "The card cannot have this PIN: too short, too long, or with a sign it does not take.",
        "same-as-before": "The new PIN is the old one.",
        "pinpad": "Type your PIN on the reader’s keys.",
        "close": "Close",
        "change-pin": "Change the PIN of the card",
        "last-try-warning": (
            "This card has one try left. If the PIN is wrong, the card locks and is of no use until it is "
            "unblocked.\n\n{unblocking}\n\nTry all the same?"
        ),
        "last-try-again": "Last try: are you sure that you know the PIN of this card?",
        "last-try": "Last try of the card’s PIN",
        "unblocking": (
            "A locked card is unblocked with its unblocking code (PUK), which is in the letter that came with the card, and "
            "with the card program of its issuer. For a CPS card: the program installed with the Cryptolib CPS, or the "
            "customer service of the Agence du Numérique en Santé (esante.gouv.fr), which can also replace the card. For a "
            "card of a hospital: the office that handed it out. Pli never asks for the unblocking code: give it to no page."
        ),
        "report-consent": (
            "Give this site the diagnosis report? It tells versions, readers, modules, models of cards and the last errors; no "
            "name, number, address or PIN. To read it: pli-bridge report"
        ),
        "card-ready": "The PIN of the card can be used.",
        "card-ready-next": "To change the PIN: pli-bridge pin --change",
        "card-last-try": "One try is left. No page can ask for the PIN of this card any more.",
        "card-last-try-next": "To use it yourself, after two confirmations: pli-bridge pin --last-try",
        "card-pin-locked": "The card is locked.",
        "card-unsupported": "Pli finds no key on this card that it can use.",
        "card-pinpad": "The PIN is typed on the reader’s keys.",
        "no-card": "No card is in a reader.",
        "which-card": "Several cards: add the number of the one you mean, as in --change 2",
        "pin-changed": "The PIN of the card is changed.",
        "tries-back": "The PIN is right: the card has all its tries again.",
        "pin-was-wrong": "This is not the PIN of the card.",
        "pin-was-refused": "The card does not take this new PIN. The old one stays.",
        "card-does-not-answer": "The card does not answer.",
        "nothing-done": "Nothing was done.",
        "ok": "OK",
        "agree": "Agree",
        "cancel": "Cancel",
        "to": "To",
        "subject": "Subject",
        "attachments": "Attachments",
        "title": "Pli",
    },
}
