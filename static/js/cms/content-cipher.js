/**
 * Content encryption algorithms (RFC 3370, 3565, 5084): read from their identifiers, and decrypted.
 * @module
 */
import { aes192, decryptGcm } from './aes192.js';
import { TAG } from './ber.js';
import { decryptBlocks, decryptPadded } from './cbc.js';
import { tripleDes } from './des.js';
import { DecryptionError, EncodingError, UnsupportedError } from './errors.js';
import { decryptGcmInPlace } from './gcm-in-place.js';
import { concat, leftPad, unshared } from './octets.js';
import { CONTENT_CIPHERS, REFUSED_CIPHERS } from './oids.js';
import { rc2 } from './rc2.js';
import { withTagBehind } from './tagged.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./cbc.js').BlockCipher} BlockCipher */
/**
 * @typedef {object} ContentAlgorithm
 * @property {string} oid
 * @property {string} name
 * @property {'AES' | '3DES' | 'RC2'} cipher
 * @property {'CBC' | 'GCM'} mode
 * @property {number} keyLength in bytes
 * @property {Bytes} iv
 * @property {boolean} old 3DES or RC2: to be opened on demand only
 * @property {boolean} shortTag a GCM tag of 12 to 15 bytes, to be shown as a weakness
 */
/**
 * @typedef {object} GcmOptions
 * @property {Bytes} [additionalData]
 * @property {number} [tagLength] in bits
 * @property {Bytes} [tag] where it is not behind the content
 * @property {boolean} [inPlace] the content may be decrypted where it stands, which is done where it is large
 */

/** Below this copies cost nothing. */
const LARGE = 1 << 20;

/** @type {Readonly<Record<string, (key: Uint8Array) => BlockCipher>>} what WebCrypto has nowhere */
const OLD_CIPHERS = Object.freeze({ '3DES': tripleDes, RC2: rc2 });
/** rc2ParameterVersion (RFC 2268 §6), by effective key bits. @type {Readonly<Record<number, number>>} */
const RC2_VERSIONS = Object.freeze({ 160: 40, 120: 64, 58: 128 });

/**
 * @param {Element} algorithm AlgorithmIdentifier @param {'CBC' | 'GCM'} mode the one the structure around it allows
 * @returns {ContentAlgorithm}
 * @throws {UnsupportedError | EncodingError}
 */
export function readContentAlgorithm(algorithm, mode) {
  const { oid: found, parameters } = algorithm.algorithm();
  const cipher = CONTENT_CIPHERS[found];
  if (!cipher) throw new UnsupportedError(`content cipher ${REFUSED_CIPHERS[found] ?? found}`, found);
  // GCM without a tag, or CBC believed authenticated, are how one is turned into the other.
  if (cipher.mode !== mode) throw new UnsupportedError(`${cipher.name} in the wrong structure`, found);
  if (!parameters) throw new EncodingError('no nonce');
  const iv = readNonce(cipher.cipher === 'RC2' ? 'RC2' : mode, parameters).slice(); // outlives the bytes it came in
  if (iv.length !== nonceLength(cipher)) throw new EncodingError('length of the nonce');
  return { oid: found, ...cipher, iv, shortTag: false };
}

/** @param {{cipher: string, mode: string}} cipher */
const nonceLength = ({ cipher, mode }) => (cipher !== 'AES' ? 8 : mode === 'CBC' ? 16 : 12);

/** @param {'CBC' | 'GCM' | 'RC2'} form @param {Element} parameters */
function readNonce(form, parameters) {
  if (form === 'CBC') return parameters.expect(TAG.OCTET_STRING).octets();
  if (form === 'RC2') return readRc2Nonce(parameters);
  return parameters.expect(TAG.SEQUENCE).cursor().take(TAG.OCTET_STRING).octets();
}

/** RC2CBCParameter; without a version the key has 32 effective bits (RFC 2268 §6). @param {Element} parameters */
function readRc2Nonce(parameters) {
  const fields = parameters.tag === TAG.SEQUENCE ? parameters.cursor() : null;
  const version = fields?.take(TAG.INTEGER).smallInteger();
  const bits = version === undefined ? 32 : (RC2_VERSIONS[version] ?? version);
  if (!fields || bits !== 128) throw new UnsupportedError(`content cipher rc2-cbc of ${bits} bits`, '1.2.840.113549.3.2');
  return fields.take(TAG.OCTET_STRING).octets();
}

/**
 * @param {Pick<ContentAlgorithm, 'cipher' | 'mode' | 'keyLength' | 'iv'>} algorithm @param {Uint8Array} cek
 * @param {Bytes} content @param {GcmOptions} [options] of GCM
 * @param {() => void} [taken] called as soon as the engine has a copy of `content`
 * @returns {Promise<Bytes>} nothing of it before the tag has verified
 * @throws {DecryptionError} for every cause
 */
export async function decryptContent(algorithm, cek, content, options = {}, taken = () => {}) {
  try {
    const key = leftPad(cek, algorithm.keyLength);
    if (key.length !== algorithm.keyLength) throw new DecryptionError();
    const software = OLD_CIPHERS[algorithm.cipher];
    if (software) return decryptPadded(software(key), algorithm.iv, content);
    return await decryptAes(algorithm, key, content, options, taken);
  } catch {
    throw new DecryptionError();
  }
}

/** @param {Pick<ContentAlgorithm, 'mode' | 'iv'>} algorithm @param {Bytes} key @param {Bytes} content @param {GcmOptions} options @param {() => void} taken */
async function decryptAes({ mode, iv }, key, content, { tag, inPlace, ...options }, taken) {
  if (tag && inPlace && content.length >= LARGE && key.length !== 24) return decryptGcmInPlace(key, iv, content, { additionalData: new Uint8Array(), ...options, tag });
  const imported = await importAes(key, mode, ['decrypt']);
  if (imported) {
    const take = (/** @type {Bytes} */ octets) => crypto.subtle.decrypt({ name: `AES-${mode}`, iv, ...options }, imported, octets);
    const opening = tag ? withTagBehind(content, tag, take) : take(content);
    taken();
    return new Uint8Array(await opening);
  }
  const { additionalData = new Uint8Array(), tagLength = 128 } = options;
  if (mode === 'CBC') return decryptPadded(aes192(key), iv, content);
  return decryptGcm(key, iv, tag ? concat(content, tag) : content, { additionalData, tagLength });
}

/** Null where WebCrypto has no AES-192. @param {Bytes} key @param {'CBC' | 'GCM'} mode @param {KeyUsage[]} usages */
async function importAes(key, mode, usages) {
  const importing = crypto.subtle.importKey('raw', key, `AES-${mode}`, false, usages);
  return key.length === 24 ? importing.catch(() => null) : importing;
}

/**
 * Whole blocks of CBC, whatever their padding, as key wrapping of RFC 3211 needs.
 * @param {Pick<ContentAlgorithm, 'cipher'>} algorithm @param {Uint8Array} key @param {Uint8Array} iv @param {Uint8Array} content
 * @returns {Promise<Bytes>}
 */
export async function decryptWithoutPadding({ cipher }, key, iv, content) {
  const software = OLD_CIPHERS[cipher];
  if (software) return decryptBlocks(software(key), iv, content);
  const imported = await importAes(unshared(key), 'CBC', ['encrypt', 'decrypt']);
  if (!imported) return decryptBlocks(aes192(key), iv, content);
  // WebCrypto always takes padding away: give it a block more that is nothing else.
  const last = unshared(content.subarray(-16));
  const padding = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv: last }, imported, new Uint8Array()));
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv: unshared(iv) }, imported, concat(content, padding)));
}
