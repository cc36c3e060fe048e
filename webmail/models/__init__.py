"""Tables and constraints, one file per noun.

Every row that belongs to one mailbox starts its primary key with `account_id` (the mailbox id, 32 hex digits) and no
foreign key joins such rows: the table can then be partitioned by account (DESIGN §7). `manage.py check_references`
guards what foreign keys would have guarded.
"""

from webmail.models.access_event import AccessEvent
from webmail.models.address import Address
from webmail.models.blob import Blob
from webmail.models.challenge import Challenge
from webmail.models.checkpoint import Checkpoint
from webmail.models.credential import Credential
from webmail.models.directory_entry import DirectoryEntry
from webmail.models.duty_slot import DutySlot
from webmail.models.folder import Folder
from webmail.models.grant import Grant
from webmail.models.grant_body import GrantBody
from webmail.models.invitation import Invitation
from webmail.models.listed import ListedInbox, ListedPerson
from webmail.models.log_entry import LogEntry
from webmail.models.mailbox import Mailbox
from webmail.models.mailbox_key import MailboxKey
from webmail.models.membership import Membership
from webmail.models.message import Message
from webmail.models.message_folder import MessageFolder
from webmail.models.message_set import MessageSet
from webmail.models.outbox_item import OutboxItem
from webmail.models.person import Person
from webmail.models.prepared_letter import PreparedLetter
from webmail.models.recovery import RecoveryPolicy, RecoveryRequest, Share
from webmail.models.revoked_certificate import RevokedCertificate
from webmail.models.sealed_object import SealedObject
from webmail.models.seen_token import SeenToken
from webmail.models.submission import Submission
from webmail.models.tenant import Tenant
from webmail.models.tombstone import Tombstone
from webmail.models.work import Unread, Work

__all__ = [
    "AccessEvent",
    "Address",
    "Blob",
    "Challenge",
    "Checkpoint",
    "Credential",
    "DirectoryEntry",
    "DutySlot",
    "Folder",
    "Grant",
    "GrantBody",
    "Invitation",
    "ListedInbox",
    "ListedPerson",
    "LogEntry",
    "Mailbox",
    "MailboxKey",
    "Membership",
    "Message",
    "MessageFolder",
    "MessageSet",
    "OutboxItem",
    "Person",
    "PreparedLetter",
    "RecoveryPolicy",
    "RecoveryRequest",
    "RevokedCertificate",
    "SealedObject",
    "SeenToken",
    "Share",
    "Submission",
    "Tenant",
    "Tombstone",
    "Unread",
    "Work",
]
