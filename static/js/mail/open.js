/**
 * From the octets of a message to what a reader may see. Runs in a worker or in node; touches no DOM and no network.
 * A message that cannot be shown comes back quarantined with a reason: one bad message never blocks a list.
 */
import { LimitError as CmsLimitError, UnsupportedError } from '../cms/errors.js';
import { comparable, sameAddress } from '../mime/address.js';
import { LimitError } from '../mime/errors.js';
import { fieldsNamed } from '../mime/headers.js';
import { splitMime } from '../mime/split.js';
import { htmlToText, readBody } from './body.js';
import { DecryptionFailed, KeyReused, openEnvelope } from './envelope.js';
import { outerHeaders, protectedEntity, readHeaders } from './protected.js';
import { judgeSignature, unsigned } from './state.js';

/** @typedef {import('../mime/split.js').Part} Part */
/** @typedef {import('./protected.js').MessageHeaders} MessageHeaders */
/** @typedef {import('./state.js').Signature} Signature */
/** @typedef {import('./envelope.js').Layer} Layer */

/**
 * @typedef {object} Reader what opening a message needs from outside
 * @property {import('./envelope.js').Keys['unwrap']} unwrap
 * @property {import('./state.js').Judging['validate']} validate
 * @property {import('./state.js').Judging['directory']} [directory]
 * @property {string} [ownAddress]
 * @property {Date} [at] now by default; when the message was received, if that is known
 * @property {import('./envelope.js').Keys['seenKeys']} [seenKeys]
 * @property {boolean} [allowOld] a person asked to open a message under 3DES or RC2, as plain text
 * @property {string} [password] for a message encrypted under one
 * @property {(address: string) => Promise<Uint8Array[]>} [known] certificates known for the address, DER, for a signer who sent none
 */

/**
 * @typedef {object} Encryption how the outermost encrypted layer was made
 * @property {string} content cipher, e.g. `aes-256-gcm`
 * @property {string} keyTransport `rsa-pkcs1`, `rsa-oaep`, `ecdh`, `aes-wrap`, `password`
 * @property {boolean} old some layer is under a cipher that protects nothing any more
 */

/**
 * @typedef {object} Harvest what the sender announced for answers to him; adopted by a person only
 * @property {string} address
 * @property {Uint8Array} certificate that encrypts to the address, DER, its path not validated
 * @property {Uint8Array[]} chain DER
 * @property {string[]} capabilities names of docs/FORMATS.md, *correspondents*
 * @property {boolean} proved by a signature of the states S1, S1b or S2; false: a message that only sends certificates,
 *   recorded only if a person says so
 */

/**
 * @typedef {object} OpenedMessage
 * @property {string} subject
 * @property {import('../mime/address.js').Mailbox[]} from one or none
 * @property {import('../mime/address.js').Mailbox[]} to
 * @property {import('../mime/address.js').Mailbox[]} cc
 * @property {import('../mime/address.js').Mailbox[]} replyTo
 * @property {string | null} date RFC 3339
 * @property {string} messageId
 * @property {string} inReplyTo
 * @property {string} references
 * @property {boolean} encrypted by its sender
 * @property {Signature} signature
 * @property {string} text
 * @property {string | null} html unsanitised
 * @property {import('./body.js').Attachment[]} attachments
 * @property {string[]} notices stable codes, see mail/texts.js
 * @property {import('./envelope.js').UsedKey[]} keys accepted CEKs, to be remembered by the caller
 * @property {Encryption | null} encryption null where nothing was encrypted or nothing was opened
 * @property {Harvest | null} harvest
 * @property {string} [copyOf] id of the message that brought the same encrypted content before
 * @property {string} [quarantined] why nothing is shown: `decrypt-failed`, `key-reused`, `limit-exceeded`,
 *   `unsupported-algorithm`, `bad-message`; `old-cipher` (ask again with `allowOld`), `password-needed` (ask again with
 *   `password`)
 */

/**
 * @param {Uint8Array} bytes RFC 5322
 * @param {Reader} reader
 * @returns {Promise<OpenedMessage>} never rejects for what the message holds
 */
export async function openMessage(bytes, reader) {
  try {
    return await read(splitMime(bytes), reader);
  } catch (error) {
    return quarantine(bytes, quarantineReason(error));
  }
}

/** @param {unknown} error a failure of the bridge or the network is the caller's, not the message's */
function quarantineReason(error) {
  if (error instanceof DecryptionFailed || error instanceof KeyReused) return error.code;
  if (error instanceof LimitError || error instanceof CmsLimitError) return 'limit-exceeded';
  if (error instanceof UnsupportedError) return 'unsupported-algorithm';
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return 'bad-message';
  throw error;
}

/** @param {Uint8Array} bytes @param {string} reason @returns {OpenedMessage} the outer fields, which are no secret */
function quarantine(bytes, reason) {
  const { notices, ...headers } = outerHeaders(bytes);
  return {
    ...headers, encrypted: reason === 'decrypt-failed' || reason === 'key-reused', signature: unsigned(),
    text: '', html: null, attachments: [], notices, keys: [], encryption: null, harvest: null, quarantined: reason,
  };
}

/** @param {Part} root @param {Reader} reader @returns {Promise<OpenedMessage>} */
async function read(root, reader) {
  const { payload, layers } = await openEnvelope(root, reader);
  const inner = layers.length ? protectedEntity(payload) : null;
  const outer = readHeaders(root.headers);
  const headers = inner ? readHeaders(inner.headers) : outer;
  const signature = await judge(layers, inner, headers, outer, reader);
  const encrypted = layers.filter((layer) => layer.kind === 'encrypted');
  const body = readBody(inner ?? payload);
  const plainOnly = encrypted.some((layer) => !layer.authenticated) && !signature.intact;
  const { notices, ...shown } = shownHeaders(headers, outer, signature);
  const copyOf = encrypted.map((layer) => layer.copyOf).find((id) => id !== null);
  return {
    ...shown, encrypted: encrypted.length > 0, signature, ...(plainOnly ? asPlainText(body) : body),
    notices: [...notices, ...noticesOf({ layers, inner, headers: shown, reader, plainOnly })],
    keys: encrypted.flatMap((layer) => layer.keys), encryption: null, harvest: null, ...(copyOf && { copyOf }),
  };
}

/**
 * Only the innermost layer counts as a signature: what was signed after encryption proves who forwarded a blob.
 * @param {Layer[]} layers @param {Part | null} inner @param {MessageHeaders} headers @param {MessageHeaders} outer @param {Reader} reader
 */
async function judge(layers, inner, headers, outer, reader) {
  const layer = layers.at(-1);
  if (layer?.kind !== 'signed') return unsigned(layer ? 'sender-not-proved' : 'unsigned');
  const claim = {
    from: headers.from[0]?.address ?? null,
    outerFrom: outer.from[0]?.address ?? null,
    headersProtected: inner !== null && ['from', 'date', 'subject'].every((name) => fieldsNamed(inner.headers, name).length === 1),
  };
  const { validate, directory = async () => null, at = new Date() } = reader;
  return judgeSignature(layer.signed, layer.content, claim, { validate, directory, at });
}

/**
 * The protected fields replace the outer ones. A From inside counts only if its signer is that address; else the
 * one that delivery saw is shown (RFC 9788 §4.4.1), so that the address shown is the address answered.
 * @param {MessageHeaders} headers @param {MessageHeaders} outer @param {Signature} signature
 * @returns {MessageHeaders}
 */
function shownHeaders(headers, outer, signature) {
  const inside = headers.from[0]?.address ?? '';
  const outside = outer.from[0]?.address ?? '';
  if (headers === outer || sameAddress(inside, outside)) return headers;
  const proven = signature.intact && signature.state !== 'S4' && signature.signer !== null && sameAddress(signature.signer.address, inside);
  const notices = [...headers.notices, 'from-differs'];
  return proven ? { ...headers, notices } : { ...headers, from: outer.from, replyTo: [], notices };
}

/** @param {import('./body.js').Body} body @returns {import('./body.js').Body} */
function asPlainText({ text, html, attachments }) {
  return { text: text || htmlToText(html ?? ''), html: null, attachments };
}

/** @param {{layers: Layer[], inner: Part | null, headers: Omit<MessageHeaders, 'notices'>, reader: Reader, plainOnly: boolean}} reading */
function noticesOf({ layers, inner, headers, reader, plainOnly }) {
  /** @type {[boolean, string][]} */
  const all = [
    [plainOnly, 'plain-text-only'],
    [layers.some((layer) => layer.kind === 'encrypted' && layer.shortTag), 'short-tag'],
    [layers.length > 0 && !inner, 'headers-unprotected'],
    [isElsewhere(layers, headers, reader.ownAddress), 'not-addressed-to-you'],
    [replyDiffers(headers), 'reply-to-differs'],
  ];
  return all.filter(([applies]) => applies).map(([, code]) => code);
}

/** @param {Layer[]} layers @param {Omit<MessageHeaders, 'notices'>} headers @param {string} [own] */
function isElsewhere(layers, { from, to, cc }, own) {
  if (!own || !layers.some((layer) => layer.kind === 'encrypted')) return false;
  return ![...from, ...to, ...cc].some(({ address }) => comparable(address) === comparable(own));
}

/** @param {Omit<MessageHeaders, 'notices'>} headers */
function replyDiffers({ from, replyTo }) {
  return replyTo.some(({ address }) => !from.some((sender) => sameAddress(sender.address, address)));
}
