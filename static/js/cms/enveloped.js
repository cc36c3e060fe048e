/**
 * EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083), read and written. The private key
 * operation is not here: a reader asks the holder of the key for the content-encryption key (CEK).
 * @module
 */
import { CMS_LIMITS, TAG, context, parseBer } from './ber.js';
import { decryptContent, readContentAlgorithm } from './content-cipher.js';
import { canonical, element, encode, explicit, implicitPrimitive, integer, octetString, oid, sequence, setOf } from './der.js';
import { EncodingError, UnsupportedError } from './errors.js';
import { equal, unshared } from './octets.js';
import { ATTRIBUTE, CONTENT_CIPHERS, CONTENT_TYPE } from './oids.js';
import { buildRecipientInfo, readRecipientInfo } from './recipients.js';
import { release } from './release.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./recipients.js').Recipient} Recipient */
/** @typedef {import('./content-cipher.js').ContentAlgorithm} ContentAlgorithm */
/**
 * @typedef {object} Enveloped
 * @property {'enveloped' | 'authEnveloped'} kind
 * @property {string} contentType OID of what is inside
 * @property {ContentAlgorithm} contentAlgorithm
 * @property {Recipient[]} recipients
 * @property {Map<string, Element[]>} authAttributes values by OID, true only once `decrypt` succeeded
 * @property {(cek: Uint8Array, taken?: () => void, inPlace?: boolean) => Promise<Bytes>} decrypt raises DecryptionError for every cause;
 *   `taken` is called once the engine has a copy of what is encrypted; inPlace: a large content may come out where it stood instead, in the
 *   same buffer, and nothing is `taken` then
 */

const MAX_RECIPIENTS = 1_000;

/**
 * Reads a ContentInfo of one of the two types.
 * @param {Uint8Array} bytes DER or BER
 * @param {import('./ber.js').Limits} [limits]
 * @returns {Enveloped}
 * @throws {EncodingError | UnsupportedError | import('./errors.js').LimitError}
 */
export function parseEnveloped(bytes, limits = CMS_LIMITS) {
  const info = parseBer(bytes, limits).expect(TAG.SEQUENCE).cursor();
  const type = info.take(TAG.OID).oid();
  const content = info.take(context(0)).only().expect(TAG.SEQUENCE);
  info.end();
  if (type === CONTENT_TYPE.envelopedData) return readEnveloped(content);
  if (type === CONTENT_TYPE.authEnvelopedData) return readAuthEnveloped(content);
  throw new UnsupportedError('not an enveloped content', type);
}

/** @param {import('./ber.js').Cursor} fields */
function readCommon(fields) {
  fields.take(TAG.INTEGER).integer();
  fields.optional(context(0));
  const infos = fields.take(TAG.SET).children;
  if (infos.length === 0 || infos.length > MAX_RECIPIENTS) throw new EncodingError('number of recipients');
  const content = fields.take(TAG.SEQUENCE).cursor();
  const read = {
    recipients: infos.flatMap(readRecipientInfo),
    contentType: content.take(TAG.OID).oid(),
    algorithm: content.take(TAG.SEQUENCE),
    encrypted: content.optional(context(0), context(0, false)),
  };
  content.end();
  return read;
}

/** @param {Element} content @returns {Enveloped} */
function readEnveloped(content) {
  const fields = content.cursor();
  const { recipients, contentType, algorithm, encrypted } = readCommon(fields);
  const contentAlgorithm = readContentAlgorithm(algorithm, 'CBC');
  fields.optional(context(1));
  fields.end();
  return {
    kind: 'enveloped', contentType, contentAlgorithm, recipients, authAttributes: new Map(),
    decrypt: (cek, taken) => decryptContent(contentAlgorithm, cek, present(encrypted).octets(), {}, taken),
  };
}

/** @param {Element} content @returns {Enveloped} */
function readAuthEnveloped(content) {
  const fields = content.cursor();
  const { recipients, contentType, algorithm, encrypted } = readCommon(fields);
  const contentAlgorithm = readContentAlgorithm(algorithm, 'GCM');
  const attributes = fields.optional(context(1));
  const mac = fields.take(TAG.OCTET_STRING, TAG.CONSTRUCTED_OCTETS).octets();
  fields.optional(context(2));
  fields.end();
  algorithm.children[1].cursor().atMost(2);
  const declared = algorithm.children[1].children[1]?.expect(TAG.INTEGER).smallInteger() ?? 12;
  if (mac.length !== declared || mac.length < 12 || mac.length > 16) throw new EncodingError('tag length');
  contentAlgorithm.shortTag = mac.length < 16;
  return {
    kind: 'authEnveloped', contentType, contentAlgorithm, recipients,
    authAttributes: readAuthAttributes(attributes, contentType),
    decrypt: (cek, taken, inPlace = false) => {
      const additionalData = attributes ? asSet(attributes) : new Uint8Array();
      const options = { additionalData, tagLength: 8 * mac.length, inPlace };
      const ciphertext = present(encrypted);
      return ciphertext.constructed
        ? decryptContent(contentAlgorithm, cek, ciphertext.octetsBefore(mac), options, taken)
        : decryptContent(contentAlgorithm, cek, ciphertext.value, { ...options, tag: mac }, taken);
    },
  };
}

/** @param {Element | null} encrypted */
function present(encrypted) {
  if (!encrypted) throw new EncodingError('the encrypted content is elsewhere');
  return encrypted;
}

/** The bytes that are authenticated: the DER of the set, not under its implicit tag (RFC 5083 §2.2). @param {Element} attributes */
const asSet = (attributes) => encode(setOf(attributes.children.map(canonical)));

/** @param {Element | null} attributes @param {string} contentType @returns {Map<string, Element[]>} */
function readAuthAttributes(attributes, contentType) {
  const values = new Map();
  for (const attribute of attributes?.children ?? []) {
    const fields = attribute.expect(TAG.SEQUENCE).cursor();
    const type = fields.take(TAG.OID).oid();
    if (values.has(type)) throw new EncodingError('attribute given twice');
    values.set(type, [fields.take(TAG.SET).only()]);
    fields.end();
  }
  const stated = values.get(ATTRIBUTE.contentType);
  const required = values.size > 0 || contentType !== CONTENT_TYPE.data;
  if (stated ? stated[0]?.oid() !== contentType : required) throw new EncodingError('content-type attribute');
  return values;
}

/** @type {Readonly<Record<string, string>>} */
const CIPHER_OIDS = Object.freeze(Object.fromEntries(
  Object.entries(CONTENT_CIPHERS).filter(([, { old }]) => !old).map(([id, { name }]) => [name, id])));

/**
 * Encrypts `content` for `recipients` under a fresh key.
 * @param {object} options
 * @param {Uint8Array} options.content
 * @param {string} [options.contentAlgorithm] aes-256-cbc by default; with GCM an AuthEnvelopedData is written
 * @param {(import('./recipients.js').CertificateRecipient | import('./recipients.js').KekRecipient | import('./recipients.js').KeyRecipient)[]} options.recipients
 * @param {string} [options.contentType] OID of the content
 * @param {{type: string, values: Uint8Array[]}[]} [options.authAttrs] authenticated attributes besides contentType, DER values (GCM only)
 * @returns {Promise<Bytes>} ContentInfo
 */
export async function buildEnveloped({ content, contentAlgorithm = 'aes-256-cbc', recipients, contentType = CONTENT_TYPE.data, authAttrs = [] }) {
  const cipherOid = CIPHER_OIDS[contentAlgorithm];
  if (!cipherOid) throw new UnsupportedError('content cipher', contentAlgorithm);
  if (recipients.length === 0) throw new EncodingError('no recipient');
  const cek = crypto.getRandomValues(new Uint8Array(CONTENT_CIPHERS[cipherOid].keyLength));
  try {
    const infos = await Promise.all(recipients.map((recipient) => buildRecipientInfo(recipient, cek)));
    const parts = { content, cipherOid, contentType, authAttrs, infos, cek };
    return CONTENT_CIPHERS[cipherOid].mode === 'CBC' ? await writeEnveloped(parts) : await writeAuthEnveloped(parts);
  } finally {
    cek.fill(0);
  }
}

/** @typedef {{content: Uint8Array, cipherOid: string, contentType: string, authAttrs: {type: string, values: Uint8Array[]}[], infos: Bytes[], cek: Bytes}} Writing */

/** @param {Writing} parts */
async function writeEnveloped({ content, cipherOid, contentType, infos, cek }) {
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const key = await crypto.subtle.importKey('raw', cek, 'AES-CBC', false, ['encrypt']);
  const encrypted = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, unshared(content)));
  const algorithm = sequence(oid(cipherOid), octetString(iv));
  const info = contentInfo(CONTENT_TYPE.envelopedData, sequence(
    integer(envelopedVersion(infos)), setOf(infos), sequence(oid(contentType), algorithm, implicitPrimitive(0, encrypted))));
  release(encrypted);
  return info;
}

/** RFC 5652 §6.1: 0 only if every RecipientInfo is a ktri of version 0. @param {Bytes[]} infos */
function envelopedVersion(infos) {
  const plain = infos.every((info) => info[0] === TAG.SEQUENCE && equal(parseBer(info).children[0].value, Uint8Array.of(0)));
  return plain ? 0 : 2;
}

/** @param {Writing} parts */
async function writeAuthEnveloped({ content, cipherOid, contentType, authAttrs, infos, cek }) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const attributes = authenticatedAttributes(contentType, authAttrs);
  const additionalData = attributes ? encode(setOf(attributes)) : new Uint8Array();
  const key = await crypto.subtle.importKey('raw', cek, 'AES-GCM', false, ['encrypt']);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, unshared(content)));
  const algorithm = sequence(oid(cipherOid), sequence(octetString(iv), integer(16)));
  const encrypted = implicitPrimitive(0, sealed.subarray(0, -16));
  const info = contentInfo(CONTENT_TYPE.authEnvelopedData, sequence(
    integer(0), setOf(infos), sequence(oid(contentType), algorithm, encrypted),
    ...(attributes ? [setOf(attributes, context(1))] : []), octetString(sealed.subarray(-16))));
  release(sealed);
  return info;
}

/** @param {string} contentType @param {{type: string, values: Uint8Array[]}[]} extra */
function authenticatedAttributes(contentType, extra) {
  if (contentType === CONTENT_TYPE.data && extra.length === 0) return null;
  const stated = { type: ATTRIBUTE.contentType, values: [encode(oid(contentType))] };
  return [stated, ...extra].map(({ type, values }) => sequence(oid(type), setOf(values)));
}

/** @param {string} type @param {ReturnType<typeof element>} content */
const contentInfo = (type, content) => encode(sequence(oid(type), explicit(0, content)));
