/**
 * The seal around a stored message (docs/FORMATS.md, *Seals on messages and summaries*, *Confidential messages*): to the
 * mailbox's key, or under the key of its owners alone. Opened here for reading, and made anew where a message changes its place.
 */
import { parseCertificate } from '../cms/certificate.js';
import { parseEnveloped } from '../cms/enveloped.js';
import { fromBase64, utf8 } from '../cms/octets.js';
import { seal } from '../cms/seal.js';
import { openOctets, sealOctets } from '../keys/objects.js';
import { outerHeaders } from './protected.js';
import { rowOf } from './summaries.js';

/** @typedef {import('./opened-mailbox.js').OpenedMailbox} OpenedMailbox */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{id: string, bytes: Bytes, epoch?: number}} Stored epoch: of the message; the current one by default */

/** First octet of a sealed object; a CMS structure begins with the tag of a SEQUENCE. */
const OBJECT_FORMAT = 1;
/** The content of a stored message never changes, so there is one version of it. */
const VERSION = 1;
/** People, names of files and characters that a summary has room for: 4 KiB in all. */
const ROOM = Object.freeze({ to: 10, cc: 5, attachments: 10, subject: 300, filename: 80 });

/** No key of the owners is open here for any epoch. */
class OwnersKeyMissing extends Error {
  code = 'confidential-key-missing';
}

/** The stored bytes do not open. */
class SealBroken extends Error {
  code = 'decrypt-failed';
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {Stored} stored a large content stands in its bytes afterwards
 * @param {() => void} [asked] called once the key of the seal is under way, where it has to be asked for
 * @returns {Promise<{cek: Uint8Array | null, content: Uint8Array} | null>} null where it does not open; cek: null where there is none
 */
export async function openSeal(mailbox, { id, bytes, epoch = mailbox.epoch }, asked = () => {}) {
  if (bytes[0] === OBJECT_FORMAT) return openConfidential(mailbox, id, epoch, bytes);
  const envelope = tryParse(bytes);
  if (!envelope) return null;
  const kept = mailbox.packs.row(id)?.cek;
  if (kept) {
    const cek = fromBase64(kept);
    const content = await envelope.decrypt(cek, undefined, true).catch(() => null);
    if (content) return { cek, content };
  }
  const item = { recipientInfo: envelope.recipients[0].der, contentAlgorithm: envelope.contentAlgorithm.oid, epoch };
  const asking = mailbox.unwrap('message', [item]);
  asked();
  const [cek] = await asking;
  const content = await envelope.decrypt(cek, undefined, true).catch(() => null);
  return content && { cek, content };
}

/** @param {Bytes} bytes */
function tryParse(bytes) {
  try {
    return parseEnveloped(bytes);
  } catch {
    return null;
  }
}

/** @param {OpenedMailbox} mailbox @param {string} id @param {number} epoch of the message @param {Bytes} bytes */
async function openConfidential(mailbox, id, epoch, bytes) {
  for (const each of epochsFrom(mailbox, mailbox.packs.isConfidential(id) ? (mailbox.packs.epochOf(id) ?? epoch) : epoch)) {
    const key = await ownersKey(mailbox, id, each);
    const content = key && (await openOctets(key, contextOf(mailbox, id, each), bytes).catch(() => null));
    if (content) return { cek: null, content };
  }
  return null;
}

/** One epoch first, then the others from the newest on. @param {OpenedMailbox} mailbox @param {number} first @returns {number[]} */
function epochsFrom({ epoch, secrets: { opened } }, first) {
  const others = [...(opened.epochs ?? [epoch])].sort((one, other) => other - one);
  return [...new Set([first, ...others])];
}

/** @param {OpenedMailbox} mailbox @param {string} id @param {number} epoch @returns {Promise<CryptoKey | null>} null: not of that epoch */
async function ownersKey(mailbox, id, epoch) {
  if (!mailbox.opens(epoch)) return null;
  return mailbox.objectKey('confidential', id, epoch).catch((error) => {
    if (error.code === 'KEY_USE_DENIED') return null;
    throw error;
  });
}

/** @param {OpenedMailbox} mailbox @param {string} id @param {number} epoch */
const contextOf = ({ secrets }, id, epoch) => ({ class: /** @type {const} */ ('confidential'), id, version: VERSION, mailboxId: secrets.opened.mailboxId, epoch });

/**
 * The message for its owners alone: under the key of its own epoch, or of the newest that has one (a manager who changes the
 * mailbox's key can make none).
 * @param {OpenedMailbox} mailbox
 * @param {Stored} stored
 * @returns {Promise<{bytes: Bytes, epoch: number}>}
 * @throws {OwnersKeyMissing}
 */
export async function sealForOwners(mailbox, stored) {
  const { id } = stored;
  const content = await contentOf(mailbox, stored);
  for (const epoch of epochsFrom(mailbox, stored.epoch ?? mailbox.epoch)) {
    const key = await ownersKey(mailbox, id, epoch);
    if (key) return { bytes: await sealOctets(key, contextOf(mailbox, id, epoch), /** @type {Bytes} */ (content)), epoch };
  }
  throw new OwnersKeyMissing('No key of the owners is open');
}

/**
 * The message and its summary for everybody with a right to the epoch `to`.
 * @param {OpenedMailbox} mailbox
 * @param {Stored} stored
 * @param {number} to
 * @returns {Promise<{bytes: Bytes, summary: Bytes}>}
 */
export async function sealForMembers(mailbox, stored, to) {
  const found = mailbox.certificates.find(({ epoch }) => epoch === to);
  if (!found) throw new SealBroken('No certificate of that epoch');
  const certificate = parseCertificate(found.certificate);
  const content = await contentOf(mailbox, stored);
  const summary = utf8(JSON.stringify(summaryOf(content, mailbox.packs.row(stored.id))));
  const [bytes, sealed] = await Promise.all([seal(content, certificate, 'pli-message'), seal(summary, certificate, 'pli-summary')]);
  return { bytes: /** @type {Bytes} */ (bytes), summary: /** @type {Bytes} */ (sealed) };
}

/** @param {OpenedMailbox} mailbox @param {Stored} stored */
async function contentOf(mailbox, stored) {
  const opened = await openSeal(mailbox, stored);
  if (!opened) throw new SealBroken('The stored message does not open');
  return opened.content;
}

/**
 * As the server would have made it, from the outer fields: what stands inside an encrypted message is in no summary.
 * @param {Uint8Array} content RFC 5322
 * @param {import('./packs.js').PackRow} [row]
 */
function summaryOf(content, row) {
  const { subject, from, to, cc, date } = outerHeaders(content);
  const clear = row && !row.encrypted ? row : { snippet: '', attachments: [] };
  const { id: _id, ...summary } = rowOf('', {
    from: from.slice(0, 1), to: to.slice(0, ROOM.to), cc: cc.slice(0, ROOM.cc), subject: subject.slice(0, ROOM.subject), date,
    snippet: clear.snippet, attachments: clear.attachments.slice(0, ROOM.attachments).map((name) => name.slice(0, ROOM.filename)),
    encrypted: row?.encrypted ?? false, signed: row?.signed ?? false, size: content.length,
  });
  return summary;
}
