"""One cell: a letter written by one side and read by the other. Raises what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from forms import Form
from peer import Correspondent, Peer, PeerRefused
from pli import NotWhatWasWritten, Pli, alter
from shape import shape_of


class FoundGood(Exception):
    """A peer took an altered text for what was signed."""


class StrayAttachment(Exception):
    """A peer shows as attachment what is part of the protection."""


@dataclass(frozen=True)
class Trials:
    """Pli, and the people outside by kind of key."""

    pli: Pli
    people: Mapping[str, Correspondent]

    def run(self, peer: Peer, direction: str, form: Form) -> str:
        """What was seen, in words."""
        if direction == "writes":
            return self._peer_writes(peer, form)
        return self._peer_refuses(peer, form) if form.altered else self._peer_reads(peer, form)

    def between(self, there: Pli, direction: str, form: Form) -> str:
        """From one operator's Pli to another's; `there` reads, or writes."""
        writer, reader = (self.pli, there) if direction == "reads" else (there, self.pli)
        sent = writer.write(form, reader.recipient(form.recipient))
        seen = reader.view(sent.message, form.recipient)
        signature, state = seen["signature"], "S1" if form.card else "S1b"
        found = (seen["text"].strip(), seen["encrypted"], signature["state"], (signature["signer"] or {}).get("email"))
        if found != (sent.text, True, state, writer.mailboxes["rsa"].address):
            raise NotWhatWasWritten(f"{found}, {signature['reason']}, {seen.get('quarantined')}")
        return f"{state}, {signature['signer']['name'] or found[3]}"

    def _peer_reads(self, peer: Peer, form: Form) -> str:
        sent = self.pli.write(form, self.people[form.recipient])
        reading = peer.read(sent.message)
        if sent.text.encode() not in reading.content:
            raise PeerRefused("it shows nothing of the text")
        if (reading.encrypted, reading.signed) != (form.encrypted, form.signed):
            raise PeerRefused(f"it shows encrypted {reading.encrypted}, signed {reading.signed}")
        if reading.attachments:
            raise StrayAttachment(", ".join(reading.attachments))
        return "opened" + (", good signature" if form.signed else "")

    def _peer_refuses(self, peer: Peer, form: Form) -> str:
        sent = self.pli.write(form, self.people[form.recipient])
        try:
            reading = peer.read(alter(sent.message))
        except PeerRefused as refusal:
            return f"bad signature: {refusal}"
        if reading.signed:
            raise FoundGood(form)
        return "not shown as signed"

    def _peer_writes(self, peer: Peer, form: Form) -> str:
        letter = self.pli.commission(form, self.people[form.signer])
        message = peer.write(letter)
        shape = shape_of(message, self.pli.openers[form.recipient])
        if not shape.is_of(form):
            raise PeerRefused(f"it wrote {shape}")
        signature = self.pli.read(alter(message) if form.altered else message, letter)["signature"]
        return f"{signature['state']}, {shape}"
