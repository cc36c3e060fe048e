/**
 * A password as recipient: PasswordRecipientInfo with PBKDF2 and the key wrap of RFC 3211.
 * @module
 */
import { TAG } from './ber.js';
import { decryptWithoutPadding, readContentAlgorithm } from './content-cipher.js';
import { DecryptionError, EncodingError, LimitError, UnsupportedError } from './errors.js';
import { unshared, utf8 } from './octets.js';
import { HMAC_DIGESTS, PASSWORD_ALGORITHM } from './oids.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {{hash: string, salt: Bytes, iterations: number, wrap: import('./content-cipher.js').ContentAlgorithm}} PasswordParameters */

/** About ten seconds of work. */
const MAX_ITERATIONS = 10_000_000;

/**
 * @param {Element | null} derivation keyDerivationAlgorithm @param {Element} encryption keyEncryptionAlgorithm
 * @returns {PasswordParameters | null} null for what is not read here
 */
export function readPasswordParameters(derivation, encryption) {
  const wrapping = encryption.cursor();
  const deriving = derivation?.cursor();
  const known = wrapping.take(TAG.OID).oid() === PASSWORD_ALGORITHM.pwriKek && deriving?.take(TAG.OID).oid() === PASSWORD_ALGORITHM.pbkdf2;
  if (!known || !deriving) return null;
  const parameters = deriving.take(TAG.SEQUENCE);
  deriving.end();
  try {
    return { ...readPbkdf2(parameters), wrap: readContentAlgorithm(wrapping.take(TAG.SEQUENCE), 'CBC') };
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

/** PBKDF2-params (RFC 8018 §A.2). @param {Element} parameters */
function readPbkdf2(parameters) {
  const fields = parameters.cursor();
  const salt = fields.take(TAG.OCTET_STRING).octets();
  const iterations = fields.take(TAG.INTEGER).smallInteger();
  if (iterations === 0) throw new EncodingError('iterations');
  fields.optional(TAG.INTEGER);
  const prf = fields.optional(TAG.SEQUENCE)?.cursor().take(TAG.OID).oid();
  const hash = prf ? HMAC_DIGESTS[prf] : 'SHA-1';
  if (!hash) throw new UnsupportedError('pseudo-random function', prf);
  return { salt, iterations, hash };
}

/**
 * The content-encryption key of a pwri.
 * @param {import('./recipients.js').Recipient} recipient @param {string} password @param {number} cekLength in bytes
 * @returns {Promise<Bytes>}
 * @throws {DecryptionError} a wrong password, or altered bytes
 * @throws {UnsupportedError} not a pwri we read
 * @throws {LimitError} more iterations than we are willing to compute
 */
export async function unwrapPassword({ algorithm, encryptedKey }, password, cekLength) {
  const parameters = algorithm.password;
  if (!parameters) throw new UnsupportedError(algorithm.reason ?? 'not a password recipient', algorithm.oid);
  if (parameters.iterations > MAX_ITERATIONS) throw new LimitError('too many iterations');
  try {
    const block = await unwrap(parameters.wrap, await deriveKek(parameters, password), encryptedKey);
    return contentKey(block, cekLength);
  } catch {
    throw new DecryptionError();
  }
}

/** @param {PasswordParameters} parameters @param {string} password */
async function deriveKek({ hash, salt, iterations, wrap }, password) {
  const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations }, key, 8 * wrap.keyLength));
}

/**
 * RFC 3211 §2.3.2: encrypted twice over, the second time with the last block of the first as its IV.
 * @param {import('./content-cipher.js').ContentAlgorithm} wrap @param {Bytes} kek @param {Bytes} wrapped
 */
async function unwrap(wrap, kek, wrapped) {
  const size = wrap.iv.length;
  if (wrapped.length < 2 * size || wrapped.length % size) throw new DecryptionError();
  const last = await decryptWithoutPadding(wrap, kek, wrapped.subarray(-2 * size, -size), wrapped.subarray(-size));
  const first = await decryptWithoutPadding(wrap, kek, last, wrapped.subarray(0, -size));
  const inner = new Uint8Array(wrapped.length);
  inner.set(first);
  inner.set(last, first.length);
  return decryptWithoutPadding(wrap, kek, wrap.iv, inner);
}

/** Its length, three octets that check it, the key, padding. @param {Bytes} block @param {number} length */
function contentKey(block, length) {
  const key = unshared(block.slice(4, 4 + length));
  let fault = block[0] ^ length;
  for (let i = 0; i < 3; i++) fault |= block[1 + i] ^ key[i] ^ 0xff;
  if (fault !== 0 || key.length !== length) throw new DecryptionError();
  return key;
}
