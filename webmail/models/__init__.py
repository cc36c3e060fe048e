"""Tables and constraints, one file per noun.

Every row that belongs to one mailbox starts its primary key with `account_id` (the mailbox id, 32 hex digits) and no
foreign key joins such rows: the table can then be partitioned by account (DESIGN §7). `manage.py check_references`
guards what foreign keys would have guarded.
"""

from webmail.models.access_event import AccessEvent
from webmail.models.address import Address
from webmail.models.blob import Blob
from webmail.models.challenge import Challenge
from webmail.models.credential import Credential
from webmail.models.directory_entry import DirectoryEntry
from webmail.models.folder import Folder
from webmail.models.grant import Grant
from webmail.models.log_entry import LogEntry
from webmail.models.mailbox import Mailbox
from webmail.models.mailbox_key import MailboxKey
from webmail.models.membership import Membership
from webmail.models.message import Message
from webmail.models.message_folder import MessageFolder
from webmail.models.outbox_item import OutboxItem
from webmail.models.person import Person
from webmail.models.sealed_object import SealedObject
from webmail.models.seen_token import SeenToken
from webmail.models.submission import Submission
from webmail.models.tombstone import Tombstone

__all__ = [
    "AccessEvent",
    "Address",
    "Blob",
    "Challenge",
    "Credential",
    "DirectoryEntry",
    "Folder",
    "Grant",
    "LogEntry",
    "Mailbox",
    "MailboxKey",
    "Membership",
    "Message",
    "MessageFolder",
    "OutboxItem",
    "Person",
    "SealedObject",
    "SeenToken",
    "Submission",
    "Tombstone",
]
