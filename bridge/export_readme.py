"""What stands beside an exported mailbox, in French and English."""

README = """\
{address}
=========

Français
--------
Ce dossier contient votre messagerie telle que vos correspondants l'ont envoyée, et les clés qui l'ouvrent. Il n'a plus besoin de Pli.

mail/            un fichier mbox par dossier. Thunderbird : module « ImportExportTools NG », ou copiez les fichiers dans « Local Folders »
                 du profil (sans l'extension .mbox), Thunderbird fermé.
mail/exact/      à l'octet près, les messages dont le chiffrement est refait dans le mbox pour que tous les programmes les ouvrent (ce qu'il
                 contient, signature comprise, n'a pas changé), ou dont une ligne commence par « From ».
mail/unopened/   ce qui ne s'est pas ouvert, tel qu'il était conservé.
keys/            les clés de chaque époque (PKCS#12), sous la phrase secrète que vous avez choisie. Thunderbird : Paramètres >
                 Vie privée et sécurité > Gérer les certificats > Vos certificats > Importer. Importez-les tous : les anciens
                 messages s'ouvrent avec les anciennes clés.
certificates/    les certificats, et l'autorité de l'opérateur (à importer dans « Autorités » pour que les signatures soient valides).
trace/           qui a lu quoi, signé par le serveur. Le lire :
                   openssl cms -verify -inform DER -in trace/trace.csv.p7m -noverify -out trace.csv
MANIFEST.txt     l'empreinte de chaque fichier (sha256sum -c MANIFEST.txt). S'il manque, l'export n'est pas complet.

Qui a ce dossier et la phrase secrète lit tout votre courrier. Rangez-les séparément. Les messages qui vous sont arrivés en clair le
sont ici aussi.

English
-------
This folder holds your mailbox as your correspondents sent it, and the keys that open it. It no longer needs Pli.

mail/            one mbox file per folder. Thunderbird: the add-on "ImportExportTools NG", or copy the files into "Local Folders" of the
                 profile (without .mbox) while Thunderbird is closed.
mail/exact/      byte for byte, the messages whose encryption was made anew in the mbox so that every program opens them (what is inside,
                 signature included, is unchanged), or of which a line begins with "From".
mail/unopened/   what did not open, as it was stored.
keys/            the keys of every epoch (PKCS#12), under the passphrase you chose. Thunderbird: Settings > Privacy & Security >
                 Manage Certificates > Your Certificates > Import. Import them all: old messages open with old keys.
certificates/    the certificates, and the operator's authority (import it under "Authorities" so that signatures are valid).
trace/           who read what, signed by the server. To read it:
                   openssl cms -verify -inform DER -in trace/trace.csv.p7m -noverify -out trace.csv
MANIFEST.txt     the digest of each file (sha256sum -c MANIFEST.txt). Where it is missing, the export is not complete.

Whoever has this folder and the passphrase reads all your mail. Keep them apart. Messages that came to you in the clear are in the
clear here as well.
"""
