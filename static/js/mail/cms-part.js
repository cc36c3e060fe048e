/**
 * Where the CMS of an entity is, whatever a gateway or an old program made of its type, name, encoding or place
 * (RFC 8551 §3.10 asks to look at content, not at labels alone).
 */
import { TAG, parseBer } from '../cms/ber.js';
import { CONTENT_TYPE } from '../cms/oids.js';
import { decodeBase64 } from '../mime/transfer.js';
import { htmlToText } from './html-text.js';

/** @typedef {import('../mime/split.js').Part} Part */

const CMS_TYPE = /^application\/(x-)?pkcs7-mime$/;
const SIGNATURE_TYPE = /^application\/(x-)?pkcs7-signature$/;
const CMS_NAME = /\.p7[cmz]$/i;
const SIGNATURE_NAME = /\.p7s$/i;
/** An OID, a few octets of lengths and a tag: where a ContentInfo says what it is, in base64. */
const HEAD = 80;
/** Larger text is a text, not the white space that a gateway left beside a CMS. */
const BLANK_LIMIT = 4096;

/** @type {ReadonlySet<string>} */
const CONTENT_TYPES = new Set(Object.values(CONTENT_TYPE));

/** @param {Part} part by its labels */
export const isSignaturePart = ({ type, filename }) => SIGNATURE_TYPE.test(type) || (!type.startsWith('text/') && SIGNATURE_NAME.test(filename ?? ''));

/** @param {Part} part by its labels */
export const isCmsPart = ({ type, filename }) => CMS_TYPE.test(type) || (type.startsWith('application/') && CMS_NAME.test(filename ?? ''));

/**
 * A CMS layer below the root, which no reading joins to what surrounds it: RFC 9787 calls it errant.
 * @param {Part} part
 */
export function isErrantLayer(part) {
  return isCmsPart(part) || (part.type === 'multipart/signed' && part.children.some(isSignaturePart));
}

/**
 * The entity itself, or the only thing in the multiparts that a gateway put around it.
 * @param {Part} part
 * @returns {Part}
 */
export function coreOf(part) {
  if (!/^multipart\/(mixed|appledouble|related)$/.test(part.type)) return part;
  const full = part.children.filter((child) => !isBlank(child) && !isResourceFork(child));
  return full.length === 1 ? coreOf(full[0]) : part;
}

/** @param {Part} part RFC 1740: what a Macintosh kept beside a file */
export const isResourceFork = ({ type }) => type === 'application/applefile';

/** @param {Part} part text that says nothing */
function isBlank(part) {
  if (part.children.length || part.filename || part.body.length > BLANK_LIMIT) return false;
  if (part.type === 'text/html') return htmlToText(part.text()) === '';
  return part.type === 'text/plain' && part.text().trim() === '';
}

/**
 * The CMS that an entity is, in binary.
 * @param {Part} part
 * @returns {{cms: Uint8Array, type: string, decoded: boolean} | null} type: OID of its content type; decoded: it is no view on
 *   the octets of the entity
 */
export function cmsOf(part) {
  if (part.children.length) return null;
  const cms = signatureBytes(part);
  const type = cmsContentType(cms);
  return type && CONTENT_TYPES.has(type) ? { cms, type, decoded: cms.buffer !== part.bytes.buffer } : null;
}

/**
 * The octets of a part that should be CMS. The transfer encoding may be named wrongly, doubled or left out.
 * @param {Part} part
 */
export function signatureBytes(part) {
  if (cmsContentType(part.body)) return part.body;
  const asIs = part.encoding !== 'quoted-printable' && startsText(part.body);
  return toBinary(asIs ? part.body : part.decodedBody());
}

/** @param {Uint8Array} body base64 of a CMS, or PEM, as it is before any decoding @returns {boolean} */
function startsText(body) {
  return /^(-----BEGIN |MI)/.test(headText(body)) && cmsContentType(toBinary(body.subarray(0, HEAD))) !== null;
}

/** @param {Uint8Array} bytes */
const headText = (bytes) => new TextDecoder('latin1').decode(bytes.subarray(0, HEAD)).trimStart();

/** @param {Uint8Array} bytes DER, base64 without its field, or PEM @returns {Uint8Array} */
export function toBinary(bytes) {
  if (bytes[0] === TAG.SEQUENCE) return bytes;
  const text = headText(bytes);
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
export function cmsContentType(bytes) {
  if (bytes[0] !== TAG.SEQUENCE) return null;
  const at = 2 + (bytes[1] > 0x80 ? bytes[1] & 0x7f : 0);
  if (bytes[at] !== TAG.OID) return null;
  try {
    return parseBer(bytes.subarray(at, at + 2 + bytes[at + 1])).oid();
  } catch {
    return null;
  }
}
