"""What the demo says on the terminal when everything runs."""

import getpass
import os
import socket
from urllib.parse import urlsplit

from webmail.management.demo.museum.hang import FOLDER
from webmail.management.demo.places import Places
from webmail.management.demo.practice import COLLEAGUES, PEOPLE
from webmail.management.demo.sharing import WARD


def describe(places: Places, table_url: str) -> str:
    """The addresses, the PINs, and, for a terminal without display, how to reach them."""
    lines = ["", "The sample practice is open. Keep this terminal; Ctrl-C stops it, its mail stays.", ""]
    lines += [f"  Card table (insert and pull cards, type PINs)   {table_url}", ""]
    for person in (*PEOPLE, *COLLEAGUES):
        how = f"card, PIN {person.pin}" if person.pin else "opens an account with a passkey, no card needed"
        lines.append(f"  {person.shown:<18} {places.origin(person.name)}/   {how}")
    lines.append(f"  {'Denis Garnier':<18} an outside correspondent with OpenSSL; his files: {places.pki}/people/denis")
    lines += ["", f"  Alice's folder “{FOLDER}”: one message per dialect and per forgery, its state in its subject."]
    lines += [
        f"  The ward {WARD} belongs to Dr Martin, Dr Lefèvre, Dr Caron and Sami Haddad. Dr Caron replaces Dr Lefèvre,",
        "  until five minutes after the first start; Léa Simon is Dr Martin's secretary, and has prepared letters for her to sign. Their cards lie beside the table.",
        "  A lost card: “Ma carte est perdue” at the entrance; for a colleague's, the ward's owner, “Personnes”, “Carte perdue”.",
    ]
    if _is_remote():
        lines += ["", "  From your own computer, first run:", f"  {forwarding(places, table_url)}"]
    return "\n".join([*lines, ""])


def forwarding(places: Places, table_url: str) -> str:
    """The ssh command that makes both ports reachable where the browser is."""
    bridge_port = urlsplit(table_url).port
    ports = " ".join(f"-L {port}:127.0.0.1:{port}" for port in (places.web_port, bridge_port))
    return f"ssh {ports} {getpass.getuser()}@{socket.gethostname()}"


def _is_remote() -> bool:
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(os.environ.get("SSH_CONNECTION")) or not display
