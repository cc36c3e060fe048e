/**
 * What holds the opened keys, seen from the page: the bridge (keys/bridge-agent.js) or, where there is no bridge, a
 * passkey vault in a worker of its own (keys/passkey-agent.js). Both answer the same questions; no caller can tell
 * which one it has. Shapes follow docs/PROTOCOL.md with binary values as Uint8Array.
 */

/**
 * @typedef {object} Identity
 * @property {'card'|'software'|'passkey'} level how the holder proved who he is
 * @property {string} idType "RPPS", or "" where there is none
 * @property {string} idValue
 * @property {string} name
 * @property {string} profession
 */

/** @typedef {{card: string} | {passkey: PasskeyUnlock} | {recovery: {secret: Uint8Array}} | {officer: OfficerUnlock}} Unlock what opens a grant */
/** @typedef {{requestId: string, policy: Uint8Array, releases: Uint8Array[]}} OfficerUnlock shares given for one request; policy: DER RecoveryPolicy */
/** @typedef {{credentialId: Uint8Array, prf: Uint8Array}} PasskeyUnlock */
/** @typedef {{card: string} | {passkey: PasskeyUnlock & {name: string, idType: string, idValue: string}}} NewHolder */

/**
 * @typedef {object} CertificateRequests
 * @property {string} handle names the keys just made, until createMailbox
 * @property {Uint8Array} encryptionRequest PKCS#10 DER
 * @property {Uint8Array} signatureRequest PKCS#10 DER
 */

/**
 * @typedef {object} Certification what the operator answered to the requests (`POST /open/certify`)
 * @property {string} handle
 * @property {string} mailboxId lower-case hex
 * @property {string} address
 * @property {Uint8Array} encryptionCertificate
 * @property {Uint8Array} signatureCertificate
 * @property {Uint8Array[]} chain
 * @property {Uint8Array[]} crls
 * @property {NewHolder} holder
 */

/** @typedef {{grant: Uint8Array, binding: Uint8Array, logEntry: Uint8Array, epoch: number}} CreatedMailbox */

/**
 * @typedef {object} SealedMailbox everything the server keeps to open one mailbox
 * @property {Uint8Array} grant
 * @property {Uint8Array[]} logEntries the membership log, oldest first
 * @property {Uint8Array[]} bindings
 * @property {Uint8Array} encryptionCertificate
 * @property {Uint8Array} signatureCertificate
 * @property {Uint8Array[]} chain
 * @property {Uint8Array[]} crls
 * @property {Unlock} unlock
 * @property {Uint8Array[]} [bodies] every grant body the log lists; without them the own grant's counts alone
 * @property {Uint8Array} [history] the sealed older epochs of this grant's epoch
 * @property {Uint8Array} [older] an owner's older grant, for the confidential keys that somebody else's rotation could not pass on
 * @property {Uint8Array} [restore] what the operator states after it put back a backup: a bridge that has seen more asks the person
 * @property {string} [restoreAgreed] SHA-256 of that statement, base64: without a bridge the page asked the person
 */

/**
 * @typedef {object} Evidence what a membership is proved by, as the server tells it
 * @property {Uint8Array[]} logEntries oldest first
 * @property {Uint8Array[]} bodies
 * @property {Uint8Array[]} bindings
 * @property {Uint8Array[]} chain
 * @property {Uint8Array[]} crls
 * @property {Uint8Array[]} [ocsps]
 */

/** @typedef {'reader'|'sender'|'manager'|'owner'} Role */
/**
 * @typedef {object} Member one grant in the log; times RFC 3339, hashes base64
 * @property {string} bodyHash names it
 * @property {'card'|'passkey'|'recovery'|'officer'|'service'} kind
 * @property {string} reference
 * @property {string} idType
 * @property {string} idValue
 * @property {string} name
 * @property {Role} role
 * @property {string} notBefore
 * @property {string | null} notAfter
 * @property {number} historyFromEpoch
 * @property {'active'|'pending'|'ended'} state pending: waits for a second manager
 * @property {string} since RFC 3339
 * @property {{idType: string, idValue: string, name: string}} by who signed it
 */
/** @typedef {{logSeq: number, logHead: string, epoch: number, members: Member[], policies: any[], keyChangeDue: boolean}} Membership */

/** @typedef {{certificate: Uint8Array, chain: Uint8Array[], proof?: Uint8Array}} CardHolder a card that is not here; proof: its CardProof */
/**
 * @typedef {object} NewGrant
 * @property {{card: CardHolder} | {passkey: PasskeyUnlock & {name: string}} | {selfCard: {card: string}}} holder
 * @property {Role} role
 * @property {string} notBefore RFC 3339
 * @property {string} [notAfter]
 * @property {'all'|'now'} history
 * @property {boolean} [confidential] also the second key
 */
/** @typedef {{evidence: Evidence, grants: NewGrant[], ends?: string[], kind: 'grant'|'certChange', card?: string}} GrantWish ends: bodyHash of those that end with it */
/** @typedef {{grants: Uint8Array[], logEntry: Uint8Array, bodies?: Uint8Array[]}} GrantAct */
/**
 * @typedef {object} RotationWish
 * @property {string} newHandle of requestCertificates; it is then the open mailbox of the new epoch
 * @property {Uint8Array} encryptionCertificate
 * @property {Uint8Array} signatureCertificate
 * @property {Evidence} evidence
 * @property {CardHolder[]} holders the cards of the members
 * @property {NewGrant[]} [add]
 * @property {string[]} [ends]
 * @property {string} [card] that signs
 */
/** @typedef {GrantAct & {binding: Uint8Array, history: Uint8Array | null, epoch: number}} RotationAct history: null where nothing older is open to all */
/** @typedef {GrantAct & {policy: Uint8Array, shares: Uint8Array[]}} OfficersAct */
/** @typedef {{evidence: Evidence, kind: 'officers'|'breakGlass', threshold: number, minutes: number, messages: number, holders: CardHolder[], card?: string}} OfficersWish */
/** @typedef {{grant: Uint8Array, logEntry: Uint8Array, loginKey: Uint8Array, bodies?: Uint8Array[], code?: string}} RecoveryAct code: of a page without bridge, which shows and checks it; loginKey: raw P-256 point */

/**
 * @typedef {object} OpenedMailbox
 * @property {string} handle
 * @property {string} mailboxId
 * @property {string} address
 * @property {number} epoch
 * @property {'reader'|'sender'|'manager'|'owner'} role
 * @property {Identity} identity
 * @property {number} logSeq
 * @property {string} logHead base64
 * @property {string|null} until RFC 3339, when the session ends by itself
 * @property {number[]} [epochs] that it opens; without it the current one alone
 * @property {'full'|'recovery'} [level] recovery: read only, for an hour
 * @property {boolean} [keyChangeDue] somebody's right ended: a manager makes the next epoch
 * @property {Member[]} [members]
 */

/** @typedef {'draft'|'pack'|'pins'|'correspondents'|'contacts'|'settings'|'folder'|'cek'|'note'|'confidential'} ObjectClass confidential: its key is the owners' alone */
/** @typedef {{class: ObjectClass, id: string, epoch?: number}} ObjectName epoch: whose storage key; the current one by default */

/**
 * @typedef {object} WrappedKey
 * @property {Uint8Array} recipientInfo DER of one RecipientInfo (RFC 5652 §6.2)
 * @property {string} contentAlgorithm dotted OID of the content encryption, which fixes the CEK's length
 * @property {number} [epoch] whose key; the current one by default
 */

/**
 * @typedef {object} UnverifiedCertificate
 * @property {Uint8Array} certificate
 * @property {Uint8Array[]} chain
 * @property {'encrypt'|'message-signature'|'card-signature'|'card-authentication'} purpose
 * @property {string} [address]
 * @property {Uint8Array} [binding]
 * @property {Uint8Array} [logEntry]
 * @property {string} [at] RFC 3339
 * @property {Uint8Array[]} [ocsps] OCSP responses that came with it (DER), about it and about who vouches for it
 */

/** @typedef {{crls: Uint8Array[], ocsps: Uint8Array[]}} Revocation what the server relays for every certificate, DER; ocsps: about authorities */

/**
 * @typedef {object} Verdict
 * @property {boolean} ok
 * @property {string} [error] code where not ok
 * @property {string} [reason]
 * @property {string} [subject]
 * @property {string} [issuer]
 * @property {string} [notBefore]
 * @property {string} [notAfter]
 * @property {string} [spki256] base64
 * @property {string} [authority] name of the anchor that vouches
 * @property {'good'|'unchecked'} [revocation]
 * @property {string} [revocationChecked]
 * @property {Identity} [identity]
 * @property {string[]} [emails]
 */

/** @typedef {'card-inserted'|'card-removed'|'card-changed'|'grant-ended'|'reader-added'|'reader-removed'|'session-ended'|'export-wanted'|'connection'|'pairing'} AgentEvent */

/**
 * @typedef {object} AgentStatus
 * @property {'bridge'|'passkey'} kind
 * @property {string} version
 * @property {{handle: string, address: string, until: string|null}[]} mailboxes
 */

/**
 * @typedef {{epoch: number, encryption: Uint8Array, signature: Uint8Array, chain: Uint8Array[]}} EpochCertificates
 * @typedef {{id: string, folder: string, receivedAt: string, epoch: number, sealed: Uint8Array}} ExportedMessage as the server keeps it
 * @typedef {{written: number, unopened: number}} ExportCount
 */

/**
 * @typedef {object} KeyAgent
 * @property {() => Promise<AgentStatus>} status
 * @property {(wish: {address: string, encryptionAlgorithm?: 'rsa-3072'|'p-384', signatureAlgorithm?: 'p-256'|'rsa-3072'}) => Promise<CertificateRequests>} requestCertificates
 * @property {(certification: Certification) => Promise<CreatedMailbox>} createMailbox the handle is then an open mailbox
 * @property {(sealed: SealedMailbox) => Promise<OpenedMailbox>} openMailbox
 * @property {(handle: string, items: ObjectName[]) => Promise<CryptoKey[]>} objectKeys non-extractable; see importObjectKey in keys/objects.js
 * @property {(handle: string, keyClass: 'message'|'summary', items: WrappedKey[]) => Promise<Uint8Array[]>} unwrap one CEK-shaped answer per item (*No oracle*)
 * @property {(handle: string, messages: Uint8Array[], options?: {card?: string, listed?: boolean}) => Promise<Uint8Array[]>} signMessages detached SignedData, DER; listed: the person is asked, and shown each of them, whatever was agreed to before
 * @property {(items: UnverifiedCertificate[], revocation: Revocation) => Promise<Verdict[]>} validate
 * @property {(handle: string, evidence: Evidence) => Promise<Membership>} members
 * @property {(handle: string, wish: GrantWish) => Promise<GrantAct>} makeGrants
 * @property {(handle: string, wish: RotationWish) => Promise<RotationAct>} rotate
 * @property {(handle: string, wish: {evidence: Evidence, kind: 'revoke'|'confirm', hashes: string[], card?: string}) => Promise<{logEntry: Uint8Array}>} appendLog
 * @property {(card: string) => Promise<CardHolder>} proveCard
 * @property {(handle: string) => Promise<{sheet: string, url: string} | null>} recoverySheet where the bridge shows a new code; null: the page shows it
 * @property {(handle: string, sheet: string) => Promise<void>} dropSheet given up: a makeRecovery that waits for it ends in USER_CANCELLED
 * @property {(handle: string, wish: {evidence: Evidence, sheet?: string, card?: string}) => Promise<RecoveryAct>} makeRecovery
 * @property {(handle: string, wish: OfficersWish) => Promise<OfficersAct>} makeOfficers
 * @property {(wish: {address: string, mailboxId: string, reason: string, card: string}) => Promise<{request: Uint8Array, handle: string}>} requestRecovery
 * @property {(wish: {card: string, share: Uint8Array, request: Uint8Array, policy: Uint8Array, evidence: Evidence}) => Promise<{logEntry: Uint8Array, release: Uint8Array}>} releaseShare
 * @property {(handle: string, wish: {total: number, certificates: EpochCertificates[]}) => Promise<void>} beginExport once the person's own command asked for it
 * @property {(handle: string, messages: ExportedMessage[]) => Promise<ExportCount>} putExport
 * @property {(handle: string, trace: Uint8Array) => Promise<ExportCount>} endExport
 * @property {(handle?: string) => Promise<void>} lock
 * @property {(event: AgentEvent, listener: (detail: any) => void) => () => void} on returns what stops the listening
 */

/** The methods an agent offers through a port; `on` goes by events instead. */
export const AGENT_METHODS = Object.freeze([
  'status',
  'requestCertificates',
  'createMailbox',
  'openMailbox',
  'objectKeys',
  'unwrap',
  'signMessages',
  'validate',
  'members',
  'makeGrants',
  'rotate',
  'appendLog',
  'proveCard',
  'recoverySheet',
  'dropSheet',
  'makeRecovery',
  'makeOfficers',
  'requestRecovery',
  'releaseShare',
  'beginExport',
  'putExport',
  'endExport',
  'lock',
]);

/** @type {readonly AgentEvent[]} */
export const AGENT_EVENTS = Object.freeze([
  'card-inserted',
  'card-removed',
  'card-changed',
  'grant-ended',
  'reader-added',
  'reader-removed',
  'session-ended',
  'export-wanted',
  'connection',
  'pairing',
]);

/**
 * Offer an agent at an endpoint of workers/rpc.js: calls go in, events go out.
 * @param {KeyAgent} agent
 * @param {import('../workers/rpc.js').Endpoint} endpoint
 */
export function serveAgent(agent, endpoint) {
  for (const method of AGENT_METHODS) {
    const call = /** @type {any} */ (agent)[method];
    endpoint.handle(method, (...values) => call.apply(agent, values));
  }
  for (const event of AGENT_EVENTS) agent.on(event, (detail) => endpoint.emit(event, detail));
}

/**
 * The agent that somebody serves at the other end of an endpoint.
 * @param {import('../workers/rpc.js').Endpoint} endpoint
 * @returns {KeyAgent}
 */
export function remoteAgent(endpoint) {
  const methods = AGENT_METHODS.map((method) => [method, (/** @type {any[]} */ ...values) => endpoint.call(method, values)]);
  return /** @type {any} */ ({
    ...Object.fromEntries(methods),
    on: (/** @type {AgentEvent} */ event, /** @type {(detail: any) => void} */ listener) => endpoint.on(event, listener),
  });
}
