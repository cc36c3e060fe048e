/**
 * From the octets of a message to what a reader may see. Runs in a worker or in node; touches no DOM and no network.
 * A message that cannot be shown comes back quarantined with a reason: one bad message never blocks a list.
 */
import { CmsError, LimitError as CmsLimitError, UnsupportedError } from '../cms/errors.js';
import { comparable, sameAddress } from '../mime/address.js';
import { LimitError } from '../mime/errors.js';
import { fieldValue } from '../mime/headers.js';
import { splitMime } from '../mime/split.js';
import { readBody } from './body.js';
import { coreOf, isCmsPart } from './cms-part.js';
import { Withheld, keysOf } from './encrypted-layer.js';
import { openEnvelope, readRoot } from './envelope.js';
import { harvestFrom, harvestOf } from './harvest.js';
import { htmlToText } from './html-text.js';
import { countingFields, coversHeaders, outerHeaders, protectedPart, protectionsOf, readHeaders } from './protected.js';
import { judgeSignature, unsigned } from './state.js';

/** @typedef {import('../mime/split.js').Part} Part */
/** @typedef {import('../mime/headers.js').HeaderField} HeaderField */
/** @typedef {import('./protected.js').MessageHeaders} MessageHeaders */
/** @typedef {import('./protected.js').ProtectedPart} ProtectedPart */
/** @typedef {import('./state.js').Signature} Signature */
/** @typedef {import('./state.js').Judging} Judging */
/** @typedef {import('./harvest.js').Harvest} Harvest */
/** @typedef {import('./envelope.js').Layer} Layer */
/** @typedef {import('./envelope.js').EncryptedLayer} EncryptedLayer */

/**
 * @typedef {object} Reader what opening a message needs from outside
 * @property {import('./encrypted-layer.js').Keys['unwrap']} unwrap
 * @property {Judging['validate']} validate one call for all certificates of a message
 * @property {Judging['directory']} [directory]
 * @property {string} [ownAddress]
 * @property {Date} [at] now by default; when the message was received, if that is known
 * @property {import('./encrypted-layer.js').Keys['seenKeys']} [seenKeys]
 * @property {boolean} [allowOld] a person asked to open a message under 3DES or RC2, as plain text
 * @property {string} [password] for a message encrypted under one
 * @property {boolean} [unproved] it is an attachment that is: what CBC decrypted to does not become HTML by being opened by itself
 * @property {Judging['known']} [known] for a signer who sent no certificate
 * @property {(html: string) => void} [foretell] the HTML that will be shown unless the signers turn out to be nobody, told while it
 *   is asked who they are
 */

/**
 * @typedef {object} Encryption how the outermost encrypted layer was made
 * @property {string} content cipher, e.g. `aes-256-gcm`
 * @property {string} keyTransport `rsa-pkcs1`, `rsa-oaep`, `ecdh`, `aes-wrap`, `password`
 * @property {boolean} old some layer is under a cipher that protects nothing any more
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
 * @property {string[]} notices stable codes, worded in viewers/message-notices.js
 * @property {import('./envelope.js').UsedKey[]} keys accepted CEKs, to be remembered by the caller
 * @property {Record<string, import('./protected.js').FieldProtection>} protections of the fields shown, by lower-case name
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
    return await read(readRoot(bytes), reader);
  } catch (error) {
    return quarantine(bytes, quarantineReason(error));
  }
}

/** @param {unknown} error a failure of the bridge or the network is the caller's, not the message's */
function quarantineReason(error) {
  if (error instanceof Withheld) return error.code;
  if (error instanceof LimitError || error instanceof CmsLimitError) return 'limit-exceeded';
  if (error instanceof UnsupportedError) return 'unsupported-algorithm';
  if (error instanceof CmsError || error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return 'bad-message';
  throw error;
}

/** @param {Uint8Array} bytes @param {string} reason @returns {OpenedMessage} the outer fields, which are no secret */
function quarantine(bytes, reason) {
  const { notices, ...headers } = outerHeaders(bytes);
  return {
    ...headers, encrypted: /^(decrypt-failed|key-reused|old-cipher|password-needed)$/.test(reason), signature: unsigned(),
    text: '', html: null, attachments: [], notices, keys: [], protections: {}, encryption: null, harvest: null, quarantined: reason,
  };
}

/** @param {Part} root @param {Reader} reader @returns {Promise<OpenedMessage>} */
async function read(root, reader) {
  const judging = judgingOf(reader);
  const { foretell = () => {} } = reader;
  const outer = readHeaders(root.headers);
  // The directory answers while keys are unwrapped; nearly every protected message is signed by its From.
  if (isProtected(root) && outer.from[0]) void judging.directory(outer.from[0].address);
  const envelope = await openEnvelope(root, reader);
  const judged = await judge(envelope, root, outer, { ...judging, foretell });
  return present({ ...judged, root, outer, reader });
}

/** By its labels, which is enough for a question asked early. @param {Part} root */
function isProtected(root) {
  const core = coreOf(root);
  return core.type === 'multipart/signed' || isCmsPart(core);
}

/** @param {Reader} reader @returns {Judging} */
function judgingOf({ validate, directory, known = async () => [], at = new Date() }) {
  return { validate, directory: askedOnce(directory ?? (async () => null)), known, at };
}

/** @param {Judging['directory']} directory @returns {Judging['directory']} */
function askedOnce(directory) {
  /** @type {Map<string, ReturnType<Judging['directory']>>} */
  const asked = new Map();
  return (address) => {
    const answer = asked.get(address) ?? directory(address);
    answer.catch(() => {}); // whoever needs the answer gets the failure
    asked.set(address, answer);
    return answer;
  };
}

/**
 * @typedef {object} Judged
 * @property {Layer[]} layers
 * @property {Part} payload
 * @property {ProtectedPart | null} found where fields are protected
 * @property {HeaderField[]} fields that count
 * @property {() => import('./body.js').Body} body read once
 * @property {MessageHeaders} headers
 * @property {Signature} signature
 * @property {Harvest | null} harvest
 */

/**
 * Only the innermost layer counts as a signature: what was signed after encryption proves who forwarded a blob.
 * @param {{layers: Layer[], payload: Part}} envelope @param {Part} root @param {MessageHeaders} outer
 * @param {Judging & {foretell: (html: string) => void}} judging
 * @returns {Promise<Judged>}
 */
async function judge({ layers, payload }, root, outer, judging) {
  const found = layers.length ? protectedPart(payload, root.headers) : null;
  const fields = found ? countingFields(found, root.headers) : root.headers;
  const headers = found ? readHeaders(fields) : outer;
  const body = once(() => readBody(found?.entity ?? payload, { headersProtected: found !== null }));
  const reading = { layers, payload, found, fields, headers, body };
  const layer = layers.findLast(({ kind }) => kind !== 'compressed');
  if (layer?.kind === 'certificates') return { ...reading, signature: unsigned(), harvest: harvestFrom(layer.signed, outer.from[0]?.address) };
  if (layer?.kind !== 'signed') return { ...reading, signature: unsigned(layer ? 'sender-not-proved' : 'unsigned'), harvest: null };
  const holds = (/** @type {Uint8Array} */ octets) => {
    const { html } = body();
    if (html && octets === layer.content && !isOld(layers)) judging.foretell(html);
  };
  const { signature, proofs, covered } = await judgeSignature(layer.signed, layer.content, claimOf(reading, root, outer), { ...judging, holds });
  // A multipart/mixed with a signature of something else is what it says: parts, one of them a file.
  if (layer.guessed && !signature.intact) return judge({ layers: layers.slice(0, layers.indexOf(layer)), payload: layer.guessed }, root, outer, judging);
  if (covered !== layer.content) return judge(restored(layers, layer, covered), root, outer, judging);
  return { ...reading, signature, harvest: harvestOf(signature, proofs) };
}

/** @template T @param {() => T} make @returns {() => T} */
function once(make) {
  /** @type {{made: T} | null} */
  let kept = null;
  return () => (kept ??= { made: make() }).made;
}

/** @param {Layer[]} layers under a cipher that protects nothing any more */
const isOld = (layers) => layers.some((layer) => layer.kind === 'encrypted' && layer.old);

/**
 * A relay changed the line ends: what was signed is shown, not what arrived.
 * @param {Layer[]} layers @param {Layer} layer @param {Uint8Array} covered
 */
const restored = (layers, layer, covered) => ({
  layers: layers.map((each) => (each === layer ? { ...each, content: covered } : each)), payload: splitMime(covered),
});

/**
 * @param {Omit<Judged, 'signature' | 'harvest'>} reading @param {Part} root @param {MessageHeaders} outer
 * @returns {import('./state.js').Claim}
 */
function claimOf({ headers, found, fields }, root, outer) {
  const from = headers.from[0]?.address ?? null;
  const outerFrom = isMessage(root) ? (outer.from[0]?.address ?? null) : from;
  return { from, outerFrom, headersProtected: found !== null && coversHeaders(found, fields) };
}

/** Whether there is an outer header at all: an attachment opened by itself has none to compare with. @param {Part} root */
const isMessage = ({ headers }) => ['from', 'to', 'date', 'subject', 'received'].some((name) => fieldValue(headers, name) !== null);

/** @param {Judged & {root: Part, outer: MessageHeaders, reader: Reader}} judged @returns {Promise<OpenedMessage>} */
async function present(judged) {
  const { layers, signature, harvest, found, fields, root, reader } = judged;
  const encrypted = layers.filter((layer) => layer.kind === 'encrypted');
  const plainOnly = (Boolean(reader.unproved) || encrypted.some(({ authenticated }) => !authenticated)) && !signature.intact;
  const { notices, ...shown } = isMessage(root) ? shownHeaders(judged) : withoutComplaint(judged.headers);
  const copyOf = encrypted.map((layer) => layer.copyOf).find((id) => id !== null);
  const protections = protectionsOf(fields, { found, outer: root.headers, signed: signature.intact, encrypted: encrypted.length > 0 });
  return {
    ...shown, encrypted: encrypted.length > 0, signature, ...bodyOf(judged, plainOnly),
    notices: [...notices, ...noticesOf({ ...judged, encrypted, plainOnly, shown })], protections,
    keys: (await Promise.all(encrypted.map(keysOf))).flat(), encryption: encryptionOf(encrypted), harvest, ...(copyOf && { copyOf }),
  };
}

/** @param {MessageHeaders} headers of something that is no message, whose missing From says nothing */
const withoutComplaint = (headers) => ({ ...headers, notices: headers.notices.filter((code) => code !== 'from-hostile') });

/** @param {EncryptedLayer[]} layers @returns {Encryption | null} */
function encryptionOf(layers) {
  const [outermost] = layers;
  if (!outermost) return null;
  return { content: outermost.contentAlgorithm, keyTransport: outermost.keyTransport, old: layers.some(({ old }) => old) };
}

/**
 * The protected fields replace the outer ones. A From inside counts only if its signer is that address; else the
 * one that delivery saw is shown (RFC 9788 §4.4.1), so that the address shown is the address answered.
 * @param {Judged & {outer: MessageHeaders}} judged
 * @returns {MessageHeaders}
 */
function shownHeaders({ headers, outer, signature }) {
  const inside = headers.from[0]?.address ?? '';
  const outside = outer.from[0]?.address ?? '';
  if (headers === outer || sameAddress(inside, outside)) return headers;
  const proven = signature.intact && signature.state !== 'S4' && signature.signer !== null && sameAddress(signature.signer.address, inside);
  const notices = [...headers.notices, 'from-differs'];
  return proven ? { ...headers, notices } : { ...headers, from: outer.from, replyTo: [], notices };
}

/**
 * @param {Judged} judged @param {boolean} plainOnly nobody vouches for what CBC decrypted to
 * @returns {import('./body.js').Body}
 */
function bodyOf({ layers, body: read }, plainOnly) {
  const body = read();
  if (isOld(layers)) return { ...asPlainText(body), attachments: [] };
  return plainOnly ? { ...asPlainText(body), attachments: body.attachments.map((each) => ({ ...each, unproved: true })) } : body;
}

/** @param {import('./body.js').Body} body @returns {import('./body.js').Body} */
function asPlainText({ text, html, attachments }) {
  return { text: text || htmlToText(html ?? ''), html: null, attachments };
}

/** @param {Judged & {encrypted: EncryptedLayer[], plainOnly: boolean, shown: Omit<MessageHeaders, 'notices'>, reader: Reader}} reading */
function noticesOf({ layers, found, encrypted, plainOnly, shown, reader }) {
  const sendsCertificates = layers.some(({ kind }) => kind === 'certificates');
  /** @type {[boolean, string][]} */
  const all = [
    [isOld(layers), 'old-cipher'],
    [plainOnly, 'plain-text-only'],
    [encrypted.some(({ shortTag }) => shortTag), 'short-tag'],
    [sendsCertificates, 'certificates-only'],
    [layers.length > 0 && !found && !sendsCertificates, 'headers-unprotected'],
    [encrypted.length > 0 && isElsewhere(shown, reader.ownAddress), 'not-addressed-to-you'],
    [replyDiffers(shown), 'reply-to-differs'],
  ];
  return all.filter(([applies]) => applies).map(([, code]) => code);
}

/** @param {Omit<MessageHeaders, 'notices'>} headers @param {string} [own] */
function isElsewhere({ from, to, cc }, own) {
  if (!own) return false;
  return ![...from, ...to, ...cc].some(({ address }) => comparable(address) === comparable(own));
}

/** @param {Omit<MessageHeaders, 'notices'>} headers */
function replyDiffers({ from, replyTo }) {
  return replyTo.some(({ address }) => !from.some((sender) => sameAddress(sender.address, address)));
}
