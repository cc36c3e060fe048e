/**
 * The cryptographic envelope (RFC 9787): the CMS layers at the root of a message, opened one after the other. CMS
 * anywhere else stays what it is, an attachment.
 */
import { decompress } from '../cms/compressed.js';
import { encode, explicit, oid, sequence } from '../cms/der.js';
import { CONTENT_TYPE } from '../cms/oids.js';
import { release } from '../cms/release.js';
import { parseSigned } from '../cms/signed.js';
import { bareContent, splitMime } from '../mime/split.js';
import { isPlainText } from '../mime/bytes.js';
import { cmsContentType, cmsOf, coreOf, isSignaturePart, signatureBytes, toBinary } from './cms-part.js';
import { decryptionFailed, openEncrypted } from './encrypted-layer.js';

/** @typedef {import('../mime/split.js').Part} Part */
/** @typedef {import('../cms/signed.js').Signed} Signed */
/** @typedef {import('./encrypted-layer.js').EncryptedLayer} EncryptedLayer */
/** @typedef {import('./encrypted-layer.js').Keys} Keys */
/** @typedef {import('./encrypted-layer.js').UsedKey} UsedKey */
/** @typedef {import('./encrypted-layer.js').SeenKey} SeenKey */

/**
 * @typedef {object} SignedLayer
 * @property {'signed'} kind
 * @property {Signed | null} signed null if it could not be read
 * @property {Uint8Array} content the octets it covers
 * @property {Part | null} guessed the multipart/mixed that a gateway may have made of it: a layer only if the signature holds
 */

/** @typedef {{kind: 'compressed'}} CompressedLayer */
/** @typedef {{kind: 'certificates', signed: Signed}} CertificatesLayer a SignedData of nobody, to hand certificates over */
/** @typedef {EncryptedLayer | SignedLayer | CompressedLayer | CertificatesLayer} Layer */
/** @typedef {{layer: Layer, payload: Part}} Opened payload: what the layer covers */

const MAX_COMPRESSED = 2;

/**
 * @param {Part} root
 * @param {Keys} keys
 * @returns {Promise<{payload: Part, layers: Layer[]}>} `payload`: what the innermost layer covers; the root if none;
 *   `layers`: outermost first
 * @throws {import('./encrypted-layer.js').Withheld | import('../cms/errors.js').CmsError | import('../mime/errors.js').LimitError}
 */
export async function openEnvelope(root, keys) {
  /** @type {Layer[]} */
  const layers = [];
  let payload = root;
  for await (const next of eachLayer(root, keys)) {
    layers.push(next.layer);
    payload = next.payload;
  }
  return { payload, layers };
}

/**
 * What the innermost encrypted layer covers, with whatever signature is inside; the root itself where nothing is encrypted.
 * @param {Part} root
 * @param {Keys} keys
 * @returns {Promise<Part>}
 * @throws {import('./encrypted-layer.js').Withheld | import('../cms/errors.js').CmsError | import('../mime/errors.js').LimitError}
 */
export async function decryptedEntity(root, keys) {
  let entity = root;
  for await (const { layer, payload } of eachLayer(root, keys)) if (layer.kind === 'encrypted') entity = payload;
  return entity;
}

/** From the outermost on. @param {Part} root @param {Keys} keys @returns {AsyncGenerator<Opened>} */
async function* eachLayer(root, keys) {
  /** @type {Layer[]} */
  const above = [];
  for (let next = await openLayer(root, above, keys); next; next = await openLayer(next.payload, above, keys)) {
    above.push(next.layer);
    yield next;
  }
}

/**
 * Two layers that count, and a third only under a signature around ciphertext, which says who forwarded it and nothing
 * else (triple wrapping, RFC 2634).
 * @param {Layer[]} layers
 */
function mayGoOn(layers) {
  const [first, second, ...more] = layers.map(({ kind }) => kind).filter((kind) => kind !== 'compressed');
  if (first === 'certificates' || second === 'certificates') return false;
  return !second || (first === 'signed' && second === 'encrypted' && more.length === 0);
}

/** @param {Part} payload @param {Layer[]} above @param {Keys} keys @returns {Promise<Opened | null>} */
async function openLayer(payload, above, keys) {
  const part = coreOf(payload);
  const found = cmsOf(part);
  if (found?.type === CONTENT_TYPE.compressedData) return openCompressed(found.cms, above);
  if (!mayGoOn(above)) return null;
  if (!found || found.type === CONTENT_TYPE.data) return openDetached(part);
  if (found.type === CONTENT_TYPE.signedData) return openOpaque(found.cms);
  const { layer, content, contentType } = await openEncrypted(found.cms, keys, found.decoded ? () => release(found.cms) : undefined);
  return { layer, payload: readDecrypted(content, contentType, layer.authenticated) };
}

/**
 * Two parts, one of them a detached signature: in a multipart/signed in any order, or in the multipart/mixed that a
 * gateway made of it.
 * @param {Part} part
 * @returns {Opened | null}
 */
function openDetached(part) {
  const { type, children } = part;
  if (children.length !== 2 || !/^multipart\/(signed|mixed)$/.test(type)) return null;
  const [content, signature] = isSignaturePart(children[1]) ? children : [...children].reverse();
  if (!isSignaturePart(signature)) return null;
  const guessed = type === 'multipart/mixed' ? part : null;
  const signed = tryParseSigned(signatureBytes(signature));
  if (guessed && (!signed?.signers.length || signed.content)) return null;
  return { layer: { kind: 'signed', signed, content: content.bytes, guessed }, payload: content };
}

/** @param {Uint8Array} cms @returns {Opened | null} */
function openOpaque(cms) {
  const signed = tryParseSigned(cms);
  if (signed?.content) {
    const payload = readEntity(signed.content, signed.contentType);
    return { layer: { kind: 'signed', signed, content: signed.content, guessed: null }, payload };
  }
  const sendsCertificates = signed && signed.signers.length === 0 && signed.certificates.length > 0;
  return sendsCertificates ? { layer: { kind: 'certificates', signed }, payload: bareContent(new Uint8Array(), 'text/plain') } : null;
}

/** @param {Uint8Array} bytes */
function tryParseSigned(bytes) {
  try {
    return parseSigned(toBinary(bytes));
  } catch {
    return null;
  }
}

/** @param {Uint8Array} cms @param {Layer[]} above @returns {Promise<Opened | null>} */
async function openCompressed(cms, above) {
  if (above.filter(({ kind }) => kind === 'compressed').length === MAX_COMPRESSED) return null;
  try {
    const { content, contentType } = await decompress(cms);
    return { layer: { kind: 'compressed' }, payload: readEntity(content, contentType) };
  } catch (error) {
    // What CBC decrypts to may be noise that only looks compressed: the one failure for it.
    throw above.some((layer) => layer.kind === 'encrypted' && !layer.authenticated) ? decryptionFailed() : error;
  }
}

/**
 * What came out of unauthenticated decryption may be noise: it has to read as an entity, or it is the one failure.
 * @param {Uint8Array} content @param {string} contentType @param {boolean} authenticated
 */
function readDecrypted(content, contentType, authenticated) {
  if (authenticated) return readEntity(content, contentType);
  try {
    const part = readEntity(content, contentType);
    if (part.type !== 'application/octet-stream' || part.typed !== 'assumed') return part;
  } catch {
    // one failure for all
  }
  throw decryptionFailed();
}

const MAIL_FIELD = /^(content-.*|mime-version|from|to|subject|date|message-id)$/i;

/**
 * The entity in a CMS content. Some programs encrypt a bare file or a bare CMS: text shows as text, the rest is an
 * attachment.
 * @param {Uint8Array} content
 * @param {string} contentType OID that the CMS states; other than id-data, the content is no MIME
 * @returns {Part}
 */
function readEntity(content, contentType) {
  const cms = cmsContentType(content) ? content : nestedSigned(content, contentType);
  if (cms) return bareContent(cms, 'application/pkcs7-mime');
  const part = contentType === CONTENT_TYPE.data ? splitMime(content) : null;
  if (part?.headers.some(({ name }) => MAIL_FIELD.test(name))) return part;
  return bareContent(content, isPlainText(content) ? 'text/plain' : 'application/octet-stream');
}

/**
 * A SignedData inside another CMS without MIME around it, as PKCS #7 had it: its content type stands in the outer one.
 * @param {Uint8Array} content @param {string} contentType
 * @returns {Uint8Array | null} ContentInfo
 */
function nestedSigned(content, contentType) {
  if (contentType !== CONTENT_TYPE.signedData) return null;
  const info = encode(sequence(oid(contentType), explicit(0, content)));
  return tryParseSigned(info) && info;
}

/**
 * The root of what a caller gives to be read: a message, a MIME entity, or a bare CMS such as an attachment opened by
 * itself.
 * @param {Uint8Array} bytes
 * @returns {Part}
 * @throws {import('../mime/errors.js').LimitError}
 */
export function readRoot(bytes) {
  return cmsContentType(bytes) ? bareContent(bytes, 'application/pkcs7-mime') : splitMime(bytes);
}
