/**
 * From the sealed blob of a message to what a reader may see, inside the crypto worker: the seal of this mailbox, then
 * whatever cryptographic layers its sender put inside (mail/open.js). What was learnt goes into the sealed list, so
 * that the message opens again without the bridge.
 */
import { fromBase64, toBase64, toHex } from '../cms/octets.js';
import { parseCertificate } from '../cms/certificate.js';
import { parseEnveloped } from '../cms/enveloped.js';
import { openMessage } from './open.js';
import { outerHeaders } from './protected.js';
import { unsigned } from './state.js';

/** @typedef {import('./opened-mailbox.js').OpenedMailbox} OpenedMailbox */
/** @typedef {import('./packs.js').PackRow} PackRow */
/** @typedef {import('./open.js').OpenedMessage} OpenedMessage */
/** @typedef {import('../cms/recipients.js').Recipient} Recipient */

/** @typedef {{id: string, bytes: Uint8Array<ArrayBuffer>, receivedAt: string}} StoredMessage */
/** @typedef {Omit<OpenedMessage, 'keys'> & {id: string}} ShownMessage */

/**
 * @typedef {object} Surroundings
 * @property {(address: string) => Promise<import('./state.js').DirectoryPerson | null>} directory
 * @property {AbortSignal} [signal]
 */

const SNIPPET = 140;

/**
 * @param {OpenedMailbox} mailbox
 * @param {StoredMessage} stored
 * @param {Surroundings} surroundings
 * @returns {Promise<{message: ShownMessage, learnt: boolean}>} quarantined where it cannot be shown, learnt: its row is
 *   different now; rejects only for failures of bridge or network
 */
export async function openStored(mailbox, { id, bytes, receivedAt }, { directory, signal }) {
  const row = mailbox.packs.row(id);
  const lookUp = askedOnce(directory);
  // Server and key agent are asked at the same time; most protected messages are signed.
  if (row && (row.signed || row.encrypted) && row.from[0]) void lookUp(row.from[0].address);
  const seal = await openSeal(mailbox, row, bytes);
  signal?.throwIfAborted();
  if (!seal) return { message: quarantined(id, row), learnt: false };
  /** @type {Map<string, Uint8Array>} CEKs of inner layers by the name of their key */
  const found = new Map();
  const message = await openMessage(seal.content, {
    unwrap: (recipients, algorithm) => unwrapOwn(mailbox, row, recipients, algorithm.oid, found),
    validate: (items) => mailbox.agent.validate(items, mailbox.secrets.crls),
    directory: lookUp,
    ownAddress: mailbox.address,
    at: new Date(receivedAt),
    seenKeys: (encryptedKey) => acceptedBefore(mailbox, encryptedKey),
  });
  signal?.throwIfAborted();
  const notices = row && !row.state && summaryDiffers(row, seal.content) ? ['summary-forged'] : [];
  const learnt = message.quarantined
    ? mailbox.packs.update(id, { quarantined: message.quarantined }) : await learn(mailbox, id, seal.cek, message, found);
  const { keys: _keys, copyOf, ...shown } = message;
  const copy = copyOf && copyOf !== id ? { copyOf } : {};
  return { message: { id, ...shown, ...copy, notices: [...message.notices, ...notices] }, learnt };
}

/**
 * @param {Surroundings['directory']} directory
 * @returns {Surroundings['directory']} the same answer for the same address; null where the directory cannot be asked
 */
function askedOnce(directory) {
  /** @type {Map<string, ReturnType<Surroundings['directory']>>} */
  const asked = new Map();
  return (address) => {
    const answer = asked.get(address) ?? directory(address).catch(() => null);
    asked.set(address, answer);
    return answer;
  };
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {PackRow | undefined} row
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<{cek: Uint8Array, content: Uint8Array} | null>} null where it does not open
 */
async function openSeal(mailbox, row, bytes) {
  const envelope = tryParse(bytes);
  if (!envelope) return null;
  if (row?.cek) {
    const cek = fromBase64(row.cek);
    const content = await envelope.decrypt(cek).catch(() => null);
    if (content) return { cek, content };
  }
  const item = { recipientInfo: envelope.recipients[0].der, contentAlgorithm: envelope.contentAlgorithm.oid };
  const [cek] = await mailbox.agent.unwrap(mailbox.handle, 'message', [item]);
  const content = await envelope.decrypt(cek).catch(() => null);
  return content && { cek, content };
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function tryParse(bytes) {
  try {
    return parseEnveloped(bytes);
  } catch {
    return null;
  }
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {PackRow | undefined} row
 * @param {Recipient[]} recipients
 * @param {string} contentAlgorithm
 * @param {Map<string, Uint8Array>} found
 */
async function unwrapOwn(mailbox, row, recipients, contentAlgorithm, found) {
  const recipient = ownRecipient(recipients, mailbox.secrets.encryptionCertificate);
  if (!recipient) return null;
  const name = await mailbox.usedKeyName(recipient.encryptedKey);
  const kept = row?.keys?.find((used) => used.mac === name && used.algorithm === contentAlgorithm)?.cek;
  const items = [{ recipientInfo: recipient.der, contentAlgorithm }];
  const cek = kept ? fromBase64(kept) : (await mailbox.agent.unwrap(mailbox.handle, 'message', items))[0];
  found.set(name, cek);
  return { cek, recipient };
}

/**
 * The RecipientInfo that names our certificate. The agent answers every one alike, so the choice is made here.
 * @param {Recipient[]} recipients
 * @param {Uint8Array} encryptionCertificate
 * @returns {Recipient | undefined}
 */
export function ownRecipient(recipients, encryptionCertificate) {
  const { issuer, serialNumber, subjectKeyIdentifier } = parseCertificate(encryptionCertificate);
  return recipients.find(({ rid }) => {
    if (!rid) return false;
    if ('subjectKeyIdentifier' in rid) return !!subjectKeyIdentifier && toHex(rid.subjectKeyIdentifier) === toHex(subjectKeyIdentifier);
    return 'issuer' in rid && rid.serialNumber === serialNumber && toHex(rid.issuer) === toHex(issuer.der);
  });
}

/**
 * The CEK-once table, built from the packs: which content an encrypted key was accepted for.
 * @param {OpenedMailbox} mailbox
 * @param {Uint8Array} encryptedKey
 * @returns {Promise<import('./envelope.js').SeenKey | null>}
 */
async function acceptedBefore(mailbox, encryptedKey) {
  const name = await mailbox.usedKeyName(encryptedKey);
  return mailbox.packs.usedKey(name);
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {string} id
 * @param {Uint8Array} cek of the seal
 * @param {OpenedMessage} message
 * @param {Map<string, Uint8Array>} found
 * @returns {Promise<boolean>} whether it was news
 */
async function learn(mailbox, id, cek, message, found) {
  const keys = await Promise.all(
    message.keys.map(async ({ encryptedKey, hash, algorithm }) => {
      const mac = await mailbox.usedKeyName(encryptedKey);
      const inner = found.get(mac);
      return { mac, hash, algorithm, ...(inner && { cek: toBase64(inner) }) };
    }),
  );
  return mailbox.packs.update(id, {
    cek: toBase64(cek),
    keys,
    state: message.signature.state,
    subject: message.subject.slice(0, 1_000),
    from: message.from,
    to: message.to.slice(0, 100),
    cc: message.cc.slice(0, 100),
    date: message.date,
    snippet: message.text.replace(/\s+/g, ' ').trim().slice(0, SNIPPET),
    attachments: message.attachments.map(({ filename }) => filename),
    encrypted: message.encrypted,
    signed: message.signature.intact,
    quarantined: undefined,
  });
}

/**
 * The server wrote the summary from the outer fields: where they say something else, it lied about one of the two.
 * @param {PackRow} row
 * @param {Uint8Array} content
 */
function summaryDiffers(row, content) {
  if (row.quarantined && row.from.length === 0) return false;
  const { subject, from } = outerHeaders(content);
  const sameSubject = plain(subject).startsWith(plain(row.subject).slice(0, 60));
  const sameFrom = (row.from[0]?.address ?? '').toLowerCase() === (from[0]?.address ?? '').toLowerCase();
  return !(sameSubject && sameFrom);
}

/** @param {string} text */
function plain(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * @param {string} id
 * @param {PackRow | undefined} row
 * @returns {ShownMessage}
 */
function quarantined(id, row) {
  return {
    id,
    subject: row?.subject ?? '',
    from: row?.from ?? [],
    to: row?.to ?? [],
    cc: row?.cc ?? [],
    replyTo: [],
    date: row?.date ?? null,
    messageId: '',
    inReplyTo: '',
    references: '',
    encrypted: true,
    signature: unsigned(),
    encryption: null,
    harvest: null,
    text: '',
    html: null,
    attachments: [],
    notices: [],
    quarantined: 'decrypt-failed',
  };
}
