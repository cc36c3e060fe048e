// The face of mail/store.js as the pages use it: types only, nothing runs here.

/**
 * @typedef {{name: string, address: string}} Address
 *
 * @typedef {'S1'|'S1b'|'S2'|'S3'|'S4'|'S5'|'N'} SignatureState
 *
 * @typedef {object} Person who is logged in
 * @property {string} name
 * @property {string} rppsNumber '' where there is none
 * @property {string} profession
 * @property {'card'|'software'|'passkey'} level
 *
 * @typedef {object} Session
 * @property {Person} person
 * @property {{id: string, address: string, name: string}} mailbox
 * @property {boolean} bridge true while keys are held by a bridge, false in a worker of this page
 * @property {'reader'|'sender'|'manager'|'owner'} role of this person in this mailbox
 * @property {'full'|'recovery'} level recovery: opened by a code or by officers, read only, until `until`
 * @property {string | null} until RFC 3339
 * @property {boolean} keyChangeDue somebody's right ended; a manager's visit makes the new key by itself
 * @property {boolean} administers an establishment
 * @property {readonly import('../mail/accounts.js').AwaitedInbox[]} awaitedInboxes of its list, for this person to open
 * @property {readonly string[]} serviceDomains where this person may open any other shared inbox
 *
 * @typedef {object} Account a mailbox this person may open
 * @property {string} id
 * @property {string} address
 * @property {boolean} isPersonal
 * @property {boolean} isReadOnly
 * @property {boolean} current
 * @property {boolean} news something changed there since it was last shown
 * @property {'PER'|'ORG'|'APP'|'CAB'} kind
 * @property {'reader'|'sender'|'manager'|'owner'} role of this person there, as the server says
 * @property {import('../mail/membership-acts.js').Profile} profile
 * @property {string | null} until RFC 3339, when some of it next ends by itself
 * @property {string} name of its owner; '' for a service
 * @property {number} members people with access
 * @property {string[] | null} folders null: all
 * @property {number} unread in its inbox
 * @property {boolean} perPersonUnread each member has read marks of an own
 * @property {string[]} rules of its establishment: card-required, bridge-required, recovery-required
 * @property {number} delegationDays how long a delegation may last there; 0: no limit
 * @property {string | null} timeZone of its establishment, an IANA name
 *
 * @typedef {object} Folder a JMAP Mailbox
 * @property {string} id
 * @property {string} name
 * @property {'inbox'|'sent'|'drafts'|'trash'|'junk'|'archive'|''} role
 * @property {number} total
 * @property {number} unread
 * @property {boolean} [closed] to this person, who has some folders only
 *
 * @typedef {object} Row one line of a list: a decrypted summary with what the server knows of the message
 * @property {string} id
 * @property {Address[]} from
 * @property {Address[]} to
 * @property {string} subject
 * @property {string|null} date RFC 3339
 * @property {string} receivedAt RFC 3339
 * @property {string} snippet
 * @property {string[]} attachments file names
 * @property {boolean} encrypted by its sender, before Pli sealed it
 * @property {boolean} signed
 * @property {number} size bytes
 * @property {SignatureState} [state] only once a client has opened the message
 * @property {{[keyword: string]: boolean}} keywords $seen, $flagged, $answered, $draft
 * @property {string} [quarantined] a code: why this row cannot be read (`unreadable`, `too-large`, …)
 * @property {boolean} [confidential] for the owners alone, under their key
 *
 * @typedef {import('../mail/state.js').Signer} Signer
 * @typedef {import('../mail/state.js').SignatureDetails} SignatureDetails
 * @typedef {{state: SignatureState, signer?: Signer|null, reason?: string, details?: SignatureDetails|null, card?: SignatureDetails|null}} MessageSignature
 *   reason: a stable code
 *
 * @typedef {object} Attachment
 * @property {string} filename
 * @property {string} type
 * @property {number} size
 * @property {Uint8Array} bytes
 * @property {string} [contentId] without angle brackets
 * @property {'cms'|'message'|null} [opens] in a view of its own: an encrypted or signed object that is not the envelope of this
 *   message, or a message
 * @property {true} [unproved] decrypted, and nobody vouches for what came out
 *
 * @typedef {object} OpenedMessage
 * @property {string} id '' for what was opened separately, inside another message
 * @property {string} subject
 * @property {Address[]} from
 * @property {Address[]} to
 * @property {Address[]} cc
 * @property {Address[]} [replyTo]
 * @property {string|null} date
 * @property {string} [messageId]
 * @property {string} [references]
 * @property {boolean} encrypted
 * @property {MessageSignature} signature
 * @property {string} text
 * @property {string|null} [html] unsanitised: only viewers/sanitise.js may look at it
 * @property {Attachment[]} attachments
 * @property {string} [quarantined]
 * @property {string[]} [notices] codes such as `plain-text-only`, `from-differs`
 * @property {import('../mail/open.js').Encryption | null} [encryption]
 * @property {import('../mail/open.js').Harvest | null} [harvest] what the sender announced for answers to him
 * @property {string} [copyOf] the message that brought the same encrypted content before
 * @property {{subject: string} | null} [original] of a copy, if that is still here
 * @property {SenderDecisions | null} [sender]
 *
 * @typedef {import('../mail/reading.js').OpeningOptions} OpeningOptions
 * @typedef {import('../mail/reading.js').SenderDecisions} SenderDecisions what a person decided about a sender
 *
 * @typedef {object} DirectoryEntry
 * @property {string} address
 * @property {string} name
 * @property {string} [rppsNumber]
 * @property {string} [profession]
 * @property {string} [kind]
 * @property {string} [level]
 * @property {boolean} internal
 * @property {'ready'|'no-certificate'|'expired'|'revoked'} state
 *
 * @typedef {import('../mail/recipients.js').Recipient} Recipient what is known of one address of a draft
 *
 * @typedef {object} DraftAttachment
 * @property {string} name
 * @property {string} type
 * @property {Uint8Array} bytes
 *
 * @typedef {object} Draft
 * @property {string} [id] object id, once saved
 * @property {Address[]} to
 * @property {Address[]} cc
 * @property {Address[]} bcc
 * @property {string} subject
 * @property {string} text
 * @property {string} inReplyTo
 * @property {string} references
 * @property {DraftAttachment[]} attachments
 * @property {string} [updatedAt]
 *
 * @typedef {{step: 'signing'|'encrypting'|'uploading'|'submitting', done: number, total: number}} Progress
 *
 * @typedef {object} HeldRecord what the server holds for one message (Held/get)
 * @property {{table: string, row: {[column: string]: unknown}}[]} rows
 * @property {{name: string, size: number, bytes: string}[]} blobs first 4 KiB each, base64
 *
 * @typedef {import('../mail/membership-acts.js').MemberRow} MemberRow
 * @typedef {import('../mail/membership-acts.js').MembershipActs} MembershipActs
 * @typedef {import('../mail/membership-acts.js').DelegationOrder} DelegationOrder
 * @typedef {import('../mail/membership-acts.js').Invitation} Invitation
 * @typedef {import('../mail/rotation.js').RotationStep} RotationStep
 *
 * @typedef {object} StoreFace
 * @property {Session|null} session
 * @property {'starting'|'signed-out'|'locked'|'opening'|'open'} phase
 * @property {boolean} online
 * @property {Folder[]} folders
 * @property {() => Promise<void>} openMailbox one card operation or one passkey gesture; throws {code}
 * @property {(folderId: string, range: {position: number, limit: number, share?: import('../mail/work.js').Share | ''}) => Promise<{total: number, rows: Row[]}>} list
 * @property {(messageId: string) => Promise<Row | null>} row null: it is not here any more
 * @property {(messageId: string, options?: OpeningOptions) => Promise<OpenedMessage>} open
 * @property {(attachment: Attachment, within: string, options?: OpeningOptions) => Promise<OpenedMessage>} openSeparately
 * @property {(message: OpenedMessage) => Promise<Uint8Array<ArrayBuffer>>} original the message as it can be passed on whole, RFC 5322
 * @property {(harvest: import('../mail/open.js').Harvest) => Promise<void>} adopt a person adopts what a sender announced
 * @property {(address: string) => Promise<void>} allowImages pictures carried in this sender's messages show from now on
 * @property {(messageId: string, keywords: {[keyword: string]: boolean}) => Promise<void>} setKeywords
 * @property {(messageIds: string[], folderId: string) => Promise<void>} move
 * @property {(messageIds: string[]) => Promise<void>} destroy
 * @property {import('../mail/work.js').Work|null} work who of a shared inbox does what; the event `work` tells of changes, `work-taken` {by} that a colleague took an answer over
 * @property {(perPersonUnread: boolean) => Promise<void>} keepReadMarks whether each member has read marks of an own
 * @property {(messageId: string, confidential: boolean) => Promise<void>} setConfidential for the owners alone, or for everybody who reads here
 * @property {() => Promise<import('../mail/resealing.js').Work>} resealing old mail under the newest key
 * @property {(messageId: string) => Promise<HeldRecord>} held
 * @property {(messageId: string, act: 'shown'|'printed'|'saved', part?: number) => void} report what this device did, for the owner's trace
 * @property {() => Promise<import('../mail/trace.js').Trace>} trace who has read the open mailbox
 * @property {() => Promise<import('../mail/network.js').Network>} network the establishment that this person administers
 * @property {(inbox: import('../mail/accounts.js').AwaitedInbox) => Promise<void>} openInbox that the list keeps for this person; it is then the one shown
 * @property {() => Promise<import('../mail/leaving.js').Leaving>} leaving handing it over to its owner's bridge
 * @property {{mailboxId: string} | null} exportWanted what `pli-bridge export` named the last time
 * @property {(draft: Draft, onProgress?: (progress: Progress) => void) => Promise<void>} send
 * @property {(addresses: string[]) => Promise<Recipient[]>} check everything to say about addresses before sending
 * @property {(recipients: Recipient[]) => Promise<void>} accept a person accepted a changed identity, or a certificate that was announced
 * @property {import('../mail/signature-book.js').SignatureBook | null} book letters prepared in the open mailbox for its owner to sign; null while locked
 * @property {(draft: Draft) => Promise<void>} prepareLetter into the signature book
 * @property {(letters: readonly import('../mail/signature-book.js').Letter[], options?: Parameters<typeof import('../mail/letter-signing.js').signLetters>[3]) => Promise<import('../mail/letter-signing.js').Outcome[]>} signLetters in one consent; each then leaves
 * @property {(draft: Draft) => string} noteDraft edited: sealed after a pause; answers its id
 * @property {(draft: Draft) => Promise<string>} saveDraft seals it; answers its id
 * @property {(id: string) => Promise<void>} discardDraft
 * @property {() => Promise<Draft[]>} drafts newest first
 * @property {number} unopenedDrafts how many wait on this device and do not open now
 * @property {() => Promise<void>} forgetUnopenedDrafts they are given up
 * @property {(text: string) => Promise<DirectoryEntry[]>} suggest
 * @property {(addresses: string[]) => Promise<(DirectoryEntry|null)[]>} lookup
 * @property {(reason?: string) => Promise<void>} lock wipes keys and decrypted rows
 * @property {() => Promise<void>} logout
 * @property {(address: string, code: string) => Promise<void>} logInWithRecovery a printed code, to be followed by openMailbox: read only, for an hour
 * @property {(card: string) => Promise<void>} giveWay the next person's card is in the reader
 * @property {{usesLeft: number, until: string}|null} grant what the card still does without another PIN
 * @property {Account[]} accounts own mailbox first
 * @property {(accountId: string) => Promise<void>} switchTo the same card opens it without a PIN; throws {code} and stays where it was
 * @property {() => Promise<import('../mail/unlockers.js').Unlockers>} unlockers what this person logs in and opens with
 * @property {() => Promise<import('../mail/emergency.js').Emergency>} emergency opening a mailbox by the holders of its shares
 * @property {(request: import('../mail/emergency.js').RecoveryRequest) => Promise<void>} openWithShares in the place of the mailbox shown: to read, for a while
 * @property {(request: import('../mail/emergency.js').RecoveryRequest) => Promise<void>} endEmergency one's own, or as a manager another's
 * @property {(by: 'passkey' | {code: string} | {card: string}, signal?: AbortSignal) => Promise<void>} renewCard the card that logged in takes the old one's place
 * @property {() => Promise<{cards: import('../bridge/messages.js').Card[]}>} cards in the readers
 * @property {() => Promise<void>} announceCard the card that logged in will be let in by the old one; logs out
 * @property {MemberRow[]} members of the open mailbox, as its signed log says; the event `members` tells of changes
 * @property {readonly {address: string, names: string[]}[]} lapsed who waited for a confirmation when a key was changed here; the event `lapsed` tells of changes
 * @property {() => void} forgetLapsed they are noted
 * @property {() => Promise<MemberRow[]>} readMembers reads the log again
 * @property {() => Promise<import('../mail/member-claims.js').Claim[]>} claims members that the server asserts and the log does not prove
 * @property {() => Promise<import('../mail/rosters.js').Rosters>} rosters of on-call duty of the open mailbox
 * @property {MembershipActs | null} acts what may be done with the open mailbox's members and keys; null while locked
 * @property {(type: string, listener: (event: CustomEvent) => void) => void} addEventListener
 *   `accounts`, `account-ended` {account} the right to the one shown is over, `members`, `rotation` {step, done, total} | {failed} while a new key is made by itself,
 *   `export-wanted`, `card-seen` {own, other} while locked, `grant`, `grant-ended` {reason}, `phase`, `folders`, `letters` the signature book was read, `list` {folderId}, `online`, `drafts`, `draft-error` {error}, `unopened-drafts`, `locked` {reason: card-removed|locked|expired|bridge-stopped|idle}
 */

export {};
