/** Sealed summaries to rows (docs/FORMATS.md, *Seals on messages and summaries*). A forged one stays one bad row. */
import { fromBase64 } from '../cms/octets.js';
import { parseEnveloped } from '../cms/enveloped.js';

/** @typedef {import('../keys/agent.js').WrappedKey} WrappedKey */
/** @typedef {import('./packs.js').PackRow} PackRow */
/** @typedef {{recipientInfo: string, contentAlgorithm: string}} Foretold the key of the layer inside, as the server read it; recipientInfo: base64 */
/** @typedef {{row: PackRow, foretold: Foretold | null}} Summary */

/** Characters kept of any text of a summary: the server could send more than it should. */
const MAX_TEXT = 1_000;
const MAX_LIST = 100;
/** Characters of a RecipientInfo that a summary has room for. */
const MAX_RECIPIENT = 4_096;

/**
 * @param {{id: string, sealedSummary: string}[]} sealed
 * @param {(items: WrappedKey[]) => Promise<Uint8Array[]>} unwrap
 * @returns {Promise<Summary[]>} in the order given
 */
export async function summariesOf(sealed, unwrap) {
  const parsed = sealed.map(({ id, sealedSummary }) => ({ id, envelope: tryParse(sealedSummary) }));
  const wrapped = parsed.flatMap(({ envelope }) => (envelope ? [wrappedKey(envelope)] : []));
  const keys = wrapped.length ? await unwrap(wrapped) : [];
  let next = 0;
  return Promise.all(parsed.map(({ id, envelope }) => (envelope ? openSummary(id, envelope, keys[next++]) : unread(id))));
}

/** Why the server could not read a message (docs/FORMATS.md); its header fields may be there all the same. */
const QUARANTINED = Object.freeze(['limit-exceeded', 'malformed']);

/** A row for a message whose summary cannot be read. @param {string} id @returns {PackRow} */
export function unreadableRow(id) {
  return { ...rowOf(id, {}), quarantined: 'unreadable' };
}

/** A row for a message of an epoch before its reader's right begins. @param {string} id @returns {PackRow} */
export function unreachableRow(id) {
  return { ...rowOf(id, {}), quarantined: 'before-you-joined' };
}

/**
 * A summary from outside as a row: every member of the right type, none too long.
 * @param {string} id
 * @param {any} summary
 * @returns {PackRow}
 */
export function rowOf(id, summary) {
  return {
    id,
    v: 1,
    from: addresses(summary.from),
    to: addresses(summary.to),
    cc: addresses(summary.cc),
    subject: text(summary.subject),
    date: moment(summary.date),
    snippet: text(summary.snippet),
    attachments: list(summary.attachments).map(text),
    encrypted: summary.encrypted === true,
    signed: summary.signed === true,
    size: Number.isSafeInteger(summary.size) ? summary.size : 0,
    ...(QUARANTINED.includes(summary.quarantined) && { quarantined: summary.quarantined }),
  };
}

/** @param {string} sealedSummary */
function tryParse(sealedSummary) {
  try {
    const envelope = parseEnveloped(fromBase64(sealedSummary));
    return envelope.recipients.length === 1 ? envelope : null;
  } catch {
    return null;
  }
}

/** @param {import('../cms/enveloped.js').Enveloped} envelope @returns {WrappedKey} */
function wrappedKey({ recipients, contentAlgorithm }) {
  return { recipientInfo: recipients[0].der, contentAlgorithm: contentAlgorithm.oid };
}

/**
 * @param {string} id
 * @param {import('../cms/enveloped.js').Enveloped} envelope
 * @param {Uint8Array} cek
 * @returns {Promise<Summary>}
 */
async function openSummary(id, envelope, cek) {
  try {
    const decrypted = await envelope.decrypt(cek);
    const summary = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decrypted));
    return { row: rowOf(id, summary), foretold: foretoldIn(summary) };
  } catch {
    return unread(id);
  }
}

/** @param {string} id @returns {Summary} */
const unread = (id) => ({ row: unreadableRow(id), foretold: null });

/** @param {any} summary @returns {Foretold | null} */
function foretoldIn({ inner }) {
  const { recipientInfo, contentAlgorithm } = inner ?? {};
  if (typeof recipientInfo !== 'string' || recipientInfo.length > MAX_RECIPIENT) return null;
  return typeof contentAlgorithm === 'string' && contentAlgorithm.length < 64 ? { recipientInfo, contentAlgorithm } : null;
}

/** @param {any} value @returns {any[]} */
function list(value) {
  return Array.isArray(value) ? value.slice(0, MAX_LIST) : [];
}

/** @param {any} value RFC 3339, or the Date field as it stood in the message @returns {string | null} RFC 3339 */
function moment(value) {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** @param {any} value */
function text(value) {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : '';
}

/** @param {any} value @returns {import('./packs.js').Address[]} */
function addresses(value) {
  return list(value).map((entry) => ({ name: text(entry?.name), address: text(entry?.address) }));
}
