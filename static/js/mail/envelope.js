/**
 * The cryptographic envelope (RFC 9787): the CMS layers at the root of a message, opened one after the other. CMS
 * anywhere else stays what it is, an attachment.
 */
import { TAG, parseBer } from '../cms/ber.js';
import { UnsupportedError } from '../cms/errors.js';
import { parseEnveloped } from '../cms/enveloped.js';
import { CONTENT_TYPE } from '../cms/oids.js';
import { parseSigned } from '../cms/signed.js';
import { concat, utf8 } from '../mime/bytes.js';
import { splitMime } from '../mime/split.js';
import { decodeBase64 } from '../mime/transfer.js';
import { isPlainText } from './body.js';

/** @typedef {import('../mime/split.js').Part} Part */
/** @typedef {import('../cms/enveloped.js').Recipient} Recipient */

/**
 * @typedef {object} EncryptedLayer
 * @property {'encrypted'} kind
 * @property {boolean} authenticated AEAD; CBC is not, and nothing of it is trusted without a signature inside
 * @property {boolean} shortTag a GCM tag below 128 bits
 * @property {UsedKey[]} keys
 * @property {string | null} copyOf the message that brought this very content before
 */

/**
 * @typedef {object} SignedLayer
 * @property {'signed'} kind
 * @property {import('../cms/signed.js').Signed | null} signed null if it could not be read
 * @property {Uint8Array} content the octets it covers
 */

/** @typedef {EncryptedLayer | SignedLayer} Layer outermost first */
/** @typedef {{encryptedKey: Uint8Array, hash: string, algorithm: string}} UsedKey a CEK accepted for one content; hash: base64 */
/** @typedef {{hash: string, algorithm: string, messageId: string}} SeenKey */

/**
 * @typedef {object} Keys
 * @property {(recipients: Recipient[], contentAlgorithm: import('../cms/enveloped.js').ContentAlgorithm) => Promise<Uint8Array | {cek: Uint8Array, recipient: Recipient} | null>} unwrap
 *   the content-encryption key, with the RecipientInfo that gave it if the caller knows; null if none is for us
 * @property {(encryptedKey: Uint8Array) => Promise<SeenKey | null>} [seenKeys] what an encrypted key was accepted for before
 */

/** Sign, encrypt, sign (RFC 2634 triple wrapping), and one more for what gateways add. */
const MAX_LAYERS = 4;
const CMS_TYPE = /^application\/(x-)?pkcs7-mime$/;
const SIGNATURE_TYPE = /^application\/(x-)?pkcs7-signature$/;
const CMS_NAME = /\.p7[mz]$/i;

/** The one failure to decrypt, whatever its cause: key, padding, tag, or what came out (Efail). */
export class DecryptionFailed extends Error {
  code = 'decrypt-failed';
}

/** A content-encryption key came back with another content or another cipher. */
export class KeyReused extends Error {
  code = 'key-reused';
}

/**
 * @param {Part} root
 * @param {Keys} keys
 * @returns {Promise<{payload: Part, layers: Layer[]}>} `payload`: what the innermost layer covers; the root if none
 * @throws {DecryptionFailed | KeyReused | UnsupportedError | import('../mime/errors.js').LimitError}
 */
export async function openEnvelope(root, keys) {
  /** @type {Layer[]} */
  const layers = [];
  let payload = root;
  while (layers.length < MAX_LAYERS) {
    const next = await openLayer(payload, keys);
    if (!next) break;
    layers.push(next.layer);
    payload = next.payload;
  }
  return { payload, layers };
}

/** @param {Part} part @param {Keys} keys @returns {Promise<{layer: Layer, payload: Part} | null>} */
async function openLayer(part, keys) {
  if (part.type === 'multipart/signed') return openDetached(part);
  const cms = cmsBytes(part);
  const type = cms && contentType(cms);
  if (!type) return null;
  if (type === CONTENT_TYPE.signedData) return openOpaque(cms);
  if (type === CONTENT_TYPE.envelopedData || type === CONTENT_TYPE.authEnvelopedData) return openEncrypted(cms, keys);
  return null;
}

/** @param {Part} part @returns {{layer: SignedLayer, payload: Part} | null} */
function openDetached({ children }) {
  const [content, signature] = children;
  if (children.length !== 2 || !SIGNATURE_TYPE.test(signature.type)) return null;
  return { layer: { kind: 'signed', signed: tryParseSigned(signature.decodedBody()), content: content.bytes }, payload: content };
}

/** @param {Uint8Array} cms @returns {{layer: SignedLayer, payload: Part} | null} */
function openOpaque(cms) {
  const signed = tryParseSigned(cms);
  if (!signed?.content) return null;
  return { layer: { kind: 'signed', signed, content: signed.content }, payload: readEntity(signed.content) };
}

/** @param {Uint8Array} bytes */
function tryParseSigned(bytes) {
  try {
    return parseSigned(toBinary(bytes));
  } catch {
    return null;
  }
}

/** @param {Uint8Array} cms @param {Keys} keys @returns {Promise<{layer: EncryptedLayer, payload: Part}>} */
async function openEncrypted(cms, keys) {
  const enveloped = readEnveloped(cms);
  const { contentAlgorithm, recipients } = enveloped;
  const unwrapped = await keys.unwrap(recipients, contentAlgorithm);
  if (!unwrapped) throw new DecryptionFailed();
  const used = 'recipient' in unwrapped ? [unwrapped.recipient] : recipients;
  const seen = await seenBefore(used, keys);
  if (seen.some(({ algorithm }) => algorithm !== contentAlgorithm.oid)) throw new KeyReused();
  const content = await decrypt(enveloped, 'cek' in unwrapped ? unwrapped.cek : unwrapped);
  const hash = await contentHash(content);
  if (seen.some((earlier) => earlier.hash !== hash)) throw new KeyReused();
  const layer = {
    kind: /** @type {const} */ ('encrypted'), authenticated: enveloped.kind === 'authEnveloped', shortTag: contentAlgorithm.shortTag,
    keys: used.map(({ encryptedKey }) => ({ encryptedKey, hash, algorithm: contentAlgorithm.oid })),
    copyOf: seen[0]?.messageId ?? null,
  };
  return { layer, payload: readDecrypted(content, layer.authenticated) };
}

/** @param {Uint8Array} cms a structure that names an unknown cipher may say so; anything else is the one failure */
function readEnveloped(cms) {
  try {
    return parseEnveloped(cms);
  } catch (error) {
    throw error instanceof UnsupportedError ? error : new DecryptionFailed();
  }
}

/** @param {import('../cms/enveloped.js').Enveloped} enveloped @param {Uint8Array} cek */
async function decrypt(enveloped, cek) {
  try {
    return await enveloped.decrypt(cek);
  } catch {
    throw new DecryptionFailed();
  }
}

/** @param {Recipient[]} recipients @param {Keys} keys */
async function seenBefore(recipients, { seenKeys }) {
  if (!seenKeys) return [];
  const found = await Promise.all(recipients.filter(({ encryptedKey }) => encryptedKey.length).map(({ encryptedKey }) => seenKeys(encryptedKey)));
  return found.filter((seen) => seen !== null);
}

/** @param {Uint8Array<ArrayBuffer>} content SHA-256, base64 */
async function contentHash(content) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return btoa(String.fromCharCode(...digest));
}

/**
 * What came out of unauthenticated decryption may be noise: it has to read as an entity, or it is the one failure.
 * @param {Uint8Array} content @param {boolean} authenticated
 */
function readDecrypted(content, authenticated) {
  if (authenticated) return readEntity(content);
  try {
    const part = readEntity(content);
    if (part.type !== 'application/octet-stream' || part.typed !== 'assumed') return part;
  } catch {
    // one failure for all
  }
  throw new DecryptionFailed();
}

const MAIL_FIELD = /^(content-.*|mime-version|from|to|subject|date|message-id)$/i;

/**
 * The entity in a CMS content. Some programs encrypt a bare file or a bare CMS: text shows as text, the rest is an
 * attachment.
 * @param {Uint8Array} content
 * @returns {Part}
 */
function readEntity(content) {
  if (!contentType(content)) {
    const part = splitMime(content);
    if (part.headers.some(({ name }) => MAIL_FIELD.test(name))) return part;
  }
  return assumed(content, contentType(content) ? 'application/pkcs7-mime' : isPlainText(content) ? 'text/plain' : 'application/octet-stream');
}

/** @param {Uint8Array} content @param {string} type */
function assumed(content, type) {
  const part = splitMime(concat([utf8(`Content-Type: ${type}\r\n\r\n`), content]));
  part.typed = 'assumed';
  return part;
}

/**
 * The CMS of an entity: by type, by the name of its file, or as the only thing in a multipart that a gateway made
 * of it.
 * @param {Part} part
 * @returns {Uint8Array | null}
 */
function cmsBytes(part) {
  if (CMS_TYPE.test(part.type)) return toBinary(part.decodedBody());
  if (part.children.length) return onlyChild(part);
  const named = CMS_NAME.test(part.filename ?? '') && /^application\//.test(part.type);
  return named ? toBinary(part.decodedBody()) : null;
}

/** @param {Part} part */
function onlyChild({ type, children }) {
  if (type !== 'multipart/mixed') return null;
  const full = children.filter((child) => child.children.length || child.type !== 'text/plain' || child.filename || child.text().trim() !== '');
  return full.length === 1 && full[0].children.length === 0 ? cmsBytes(full[0]) : null;
}

/** @param {Uint8Array} bytes DER, base64 without its field, or PEM @returns {Uint8Array} */
function toBinary(bytes) {
  if (bytes[0] === TAG.SEQUENCE) return bytes;
  const text = new TextDecoder().decode(bytes.subarray(0, 80)).trimStart();
  if (!/^(-----BEGIN |MI)/.test(text)) return bytes;
  const start = text.startsWith('-') ? bytes.indexOf(10) + 1 : 0;
  const end = bytes.indexOf(45, start); // the dash of an END line
  return decodeBase64(bytes.subarray(start, end < 0 ? bytes.length : end));
}

/**
 * The content type of a ContentInfo, or null if the bytes are none. Reads no further than the OID.
 * @param {Uint8Array} bytes
 * @returns {string | null}
 */
function contentType(bytes) {
  if (bytes[0] !== TAG.SEQUENCE) return null;
  const at = 2 + (bytes[1] > 0x80 ? bytes[1] & 0x7f : 0);
  if (bytes[at] !== TAG.OID) return null;
  try {
    return parseBer(bytes.subarray(at, at + 2 + bytes[at + 1])).oid();
  } catch {
    return null;
  }
}
