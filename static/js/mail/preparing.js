/**
 * A message made ready to leave, inside the crypto worker: composed, signed by the agent, encrypted to certificates the
 * agent has validated, and sealed to the sender. What comes out is ciphertext only.
 */
import { parseCertificate } from '../cms/certificate.js';
import { release } from '../cms/release.js';
import { seal } from '../cms/seal.js';
import { utf8 } from '../cms/octets.js';
import { composePayload, wrapWire } from './compose.js';
import { refuseLarge, wireSize } from './size.js';
import { rowOf } from './summaries.js';

/** @typedef {import('./opened-mailbox.js').OpenedMailbox} OpenedMailbox */

/**
 * @typedef {object} Order what the page asks to be sent
 * @property {import('../pages/store-types.js').Draft} draft
 * @property {string} fromName
 * @property {Record<string, import('./protection.js').RecipientKey>} recipients by address as written in the draft
 */

/** @typedef {{rcptTo: string[], bytes: Uint8Array<ArrayBuffer>}} PreparedWire */
/** @typedef {{wires: PreparedWire[], copy: Uint8Array, summary: Uint8Array, messageId: string, date: string, epoch: number}} Prepared epoch: whose key the copy is sealed to */

/** Characters of the text shown under the subject in a list. */
const SNIPPET = 140;

/**
 * @param {OpenedMailbox} mailbox
 * @param {Order} order
 * @param {{progress: (value: any) => void, signal?: AbortSignal}} context
 * @returns {Promise<Prepared>}
 * @throws {import('./size.js').MessageTooLarge} before anything is signed
 */
export async function prepareMessage(mailbox, order, { progress, signal }) {
  const composed = composeOrder(mailbox, order);
  progress({ step: 'signing', done: 0, total: 1 });
  const [signature] = await signOrders(mailbox, [composed]);
  return finishOrder(mailbox, composed, signature, { progress, signal });
}

/** @typedef {{composition: import('./compose.js').Composition, draft: import('../pages/store-types.js').Draft, fromName: string, known: KnownRecipients}} Composed what will be signed, and to whom it goes */

/**
 * @param {OpenedMailbox} mailbox
 * @param {Order} order whose files are dropped: the payload holds them
 * @returns {Composed}
 * @throws {import('./size.js').MessageTooLarge}
 */
export function composeOrder(mailbox, { draft, fromName, recipients }) {
  const known = byAddress(recipients);
  const composition = composePayload(letterOf(draft, { name: fromName, address: mailbox.address }, known));
  dropFiles(draft);
  refuseLarge(wireSize(composition.payload.length, Object.keys(recipients).length));
  return { composition, draft, fromName, known };
}

/** @param {OpenedMailbox} mailbox @param {Composed[]} composed @param {{listed?: true}} [how] listed: in a consent of their own @returns {Promise<Uint8Array[]>} */
export function signOrders(mailbox, composed, how = {}) {
  const { card } = mailbox.secrets;
  return mailbox.agent.signMessages(mailbox.handle, composed.map(({ composition }) => composition.payload), { ...(card && { card }), ...how });
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {Composed} composed
 * @param {Uint8Array} signature
 * @param {{progress: (value: any) => void, signal?: AbortSignal}} context
 * @returns {Promise<Prepared>}
 */
export async function finishOrder(mailbox, { composition, draft, fromName, known }, signature, { progress, signal }) {
  const own = parseCertificate(mailbox.secrets.encryptionCertificate);
  const { epoch } = mailbox;
  const { messageId } = composition;
  const date = composition.date.toISOString();
  const wires = await encryptAll(composition.wires(signature), known, { progress, signal });
  const { size, copy } = await sealedCopy(composition, signature, own);
  const summary = { ...summaryOf(draft, { name: fromName, address: mailbox.address }, date), size };
  return { wires, copy, summary: await seal(utf8(JSON.stringify(summary)), own, 'pli-summary'), messageId, date, epoch };
}

/**
 * The payload holds them now. What came over from the page is this worker's own, and there may be 27 MB of it.
 * @param {import('../pages/store-types.js').Draft} draft
 */
function dropFiles(draft) {
  for (const { bytes } of draft.attachments) release(bytes);
  draft.attachments = draft.attachments.map((file) => ({ ...file, bytes: new Uint8Array() }));
}

/**
 * The copy for “sent”. Made last: the content is then the only one of its size in memory beside what leaves.
 * @param {import('./compose.js').Composition} composition
 * @param {Uint8Array} signature
 * @param {import('../cms/certificate.js').Certificate} own
 */
async function sealedCopy({ payload, sentCopy }, signature, own) {
  const content = sentCopy(signature);
  release(payload);
  const { length: size } = content;
  const copy = await seal(content, own, 'pli-message');
  release(content);
  return { size, copy };
}

/** @typedef {Map<string, import('./protection.js').RecipientKey>} KnownRecipients by address in lower case */

/** @param {Order['recipients']} recipients @returns {KnownRecipients} */
const byAddress = (recipients) => new Map(Object.entries(recipients).map(([address, recipient]) => [address.toLowerCase(), recipient]));

/**
 * @param {import('./compose.js').Wire[]} wires
 * @param {KnownRecipients} recipients
 * @param {{progress: (value: any) => void, signal?: AbortSignal}} context
 * @returns {Promise<PreparedWire[]>}
 */
async function encryptAll(wires, recipients, { progress, signal }) {
  const prepared = [];
  for (const [index, wire] of wires.entries()) {
    signal?.throwIfAborted();
    progress({ step: 'encrypting', done: index, total: wires.length });
    const holders = wire.rcptTo.map((address) => certified(recipients.get(address.toLowerCase())));
    const { entity } = wire;
    const bytes = await wrapWire(entity, wire.outer, holders);
    release(entity);
    prepared.push({ rcptTo: wire.rcptTo, bytes: /** @type {Uint8Array<ArrayBuffer>} */ (bytes) });
  }
  return prepared;
}

/** @param {import('./protection.js').RecipientKey | undefined} recipient */
function certified(recipient) {
  if (!recipient) throw new RecipientMissing('A recipient has no validated certificate');
  return recipient;
}

/** A wire names an address nobody validated: nothing may leave. */
class RecipientMissing extends Error {
  code = 'recipient-without-certificate';
}

/**
 * Everybody gets the same payload: what only a hidden recipient needs in it would tell the others of him.
 * @param {import('../pages/store-types.js').Draft} draft
 * @param {import('../mime/address.js').Mailbox} from
 * @param {KnownRecipients} recipients
 * @returns {import('./compose.js').Letter}
 */
function letterOf({ to, cc, bcc, subject, text, attachments, inReplyTo, references }, from, recipients) {
  const files = attachments.map(({ name, type, bytes }) => ({ filename: name, type, bytes }));
  const legacyDisplay = [...to, ...cc].some(({ address }) => recipients.get(address.toLowerCase())?.internal === false);
  return { from, to, cc, bcc, subject, text, attachments: files, inReplyTo, references, legacyDisplay };
}

/**
 * The summary of an own message (docs/FORMATS.md), at most 4 KiB as the server's are.
 * @param {import('../pages/store-types.js').Draft} draft
 * @param {import('../mime/address.js').Mailbox} from
 * @param {string} date
 */
function summaryOf({ to, cc, subject, text, attachments }, from, date) {
  const { id: _id, ...summary } = rowOf('', {
    from: [from],
    to: to.slice(0, 10),
    cc: cc.slice(0, 5),
    subject: subject.slice(0, 300),
    date,
    snippet: text.replace(/\s+/g, ' ').trim().slice(0, SNIPPET),
    attachments: attachments.slice(0, 10).map(({ name }) => name.slice(0, 80)),
    encrypted: true,
    signed: true,
    size: 0,
  });
  return summary;
}
