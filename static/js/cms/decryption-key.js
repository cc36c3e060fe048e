/**
 * A private decryption key in software: unwraps CEKs of any RecipientInfo made for it. It gives an
 * answer of the right length to every question (docs/PROTOCOL.md, No oracle).
 * @module
 */
import { CERTIFICATE_LIMITS, TAG, parseBer } from './ber.js';
import { ecdhAlgorithm, unwrapEcdh } from './ecdh.js';
import { DecryptionError, UnsupportedError } from './errors.js';
import { leftPad, unshared } from './octets.js';
import { CURVE_NAMES, KEY_ALGORITHM } from './oids.js';
import { decryptOaep, decryptPkcs1, parseRsaPrivateKey, rejectionKey } from './rsa.js';
import { unwrapKey } from './key-wrap.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./recipients.js').Recipient} Recipient */

const HASHES = Object.freeze(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']);

/** @param {Uint8Array} pkcs8 @returns {{oid: string, curve: string}} curve '' for RSA */
export function privateKeyAlgorithm(pkcs8) {
  const fields = parseBer(pkcs8, CERTIFICATE_LIMITS).cursor();
  fields.take(TAG.INTEGER);
  const algorithm = fields.take(TAG.SEQUENCE).cursor();
  const oid = algorithm.take(TAG.OID).oid();
  const curve = oid === KEY_ALGORITHM.x25519 ? 'X25519' : CURVE_NAMES[algorithm.optional(TAG.OID)?.oid() ?? ''];
  return { oid, curve: curve ?? '' };
}

/**
 * @param {Uint8Array} pkcs8 RSA, EC on P-256, P-384 or P-521, or X25519
 * @returns {Promise<DecryptionKey>}
 * @throws {UnsupportedError} another kind, or X25519 where the platform has it not
 */
export async function importDecryptionKey(pkcs8) {
  const { oid, curve } = privateKeyAlgorithm(pkcs8);
  const secret = crypto.getRandomValues(new Uint8Array(32));
  if (oid === KEY_ALGORITHM.rsaEncryption) return new RsaDecryptionKey(secret, pkcs8, await importOaepKeys(pkcs8));
  if (!curve) throw new UnsupportedError('private key', oid);
  const key = await crypto.subtle.importKey('pkcs8', unshared(pkcs8), ecdhAlgorithm(curve), false, ['deriveBits'])
    .catch(() => { throw new UnsupportedError('private key', oid); });
  return new EcDecryptionKey(secret, curve, key);
}

/** One non-extractable key for each hash, since WebCrypto ties them. @param {Uint8Array} pkcs8 */
async function importOaepKeys(pkcs8) {
  const keys = HASHES.map((hash) => crypto.subtle.importKey('pkcs8', unshared(pkcs8), { name: 'RSA-OAEP', hash }, false, ['decrypt']));
  return new Map((await Promise.all(keys)).map((key, i) => [HASHES[i], key]));
}

/** @abstract */
class DecryptionKey {
  /** @param {Bytes} secret of implicit rejection */
  constructor(secret) {
    this.secret = secret;
  }

  /**
   * @param {Recipient} recipient @param {number} length of the CEK, in bytes
   * @returns {Promise<Bytes>} the CEK, or what looks like one
   */
  async unwrap(recipient, length) {
    const rejected = await rejectionKey(this.secret, recipient.encryptedKey, length);
    try {
      const key = leftPad(await this.open(recipient, length), length);
      return key.length === length ? key : rejected;
    } catch {
      return rejected;
    }
  }

  /** @protected @param {Recipient} _recipient @param {number} _length @returns {Promise<Bytes>} */
  async open(_recipient, _length) {
    throw new DecryptionError();
  }
}

class RsaDecryptionKey extends DecryptionKey {
  /** @param {Bytes} secret @param {Uint8Array} pkcs8 @param {Map<string, CryptoKey>} oaepKeys */
  constructor(secret, pkcs8, oaepKeys) {
    super(secret);
    this.numbers = parseRsaPrivateKey(pkcs8);
    this.oaepKeys = oaepKeys;
  }

  /** @protected @override @param {Recipient} recipient @param {number} length */
  async open({ algorithm, encryptedKey }, length) {
    if (algorithm.name === 'rsa-pkcs1') return decryptPkcs1(this.numbers, encryptedKey, { length, secret: this.secret });
    if (!algorithm.oaep) throw new DecryptionError();
    return this.#openOaep(algorithm.oaep, encryptedKey);
  }

  /** @param {import('./oaep.js').OaepParameters} parameters @param {Bytes} encryptedKey @returns {Promise<Bytes>} */
  async #openOaep({ hash, mgfHash, label }, encryptedKey) {
    const key = this.oaepKeys.get(hash);
    if (hash === mgfHash && key) {
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'RSA-OAEP', label }, key, encryptedKey));
    }
    const opened = await decryptOaep(this.numbers, encryptedKey, { hash, mgfHash, label });
    if (!opened) throw new DecryptionError();
    return opened;
  }
}

/** An id-ecPublicKey may leave its curve to the recipient's (RFC 5753 §3.1.1); X25519 is another algorithm (RFC 8410). @param {string | null} stated @param {string} curve */
const isOfCurve = (stated, curve) => (stated === null ? curve !== 'X25519' : stated === curve);

class EcDecryptionKey extends DecryptionKey {
  /** @param {Bytes} secret @param {string} curve @param {CryptoKey} key */
  constructor(secret, curve, key) {
    super(secret);
    this.curve = curve;
    this.key = key;
  }

  /** @protected @override @param {Recipient} recipient */
  async open({ algorithm: { ecdh }, encryptedKey }) {
    if (!ecdh || !isOfCurve(ecdh.curve, this.curve)) throw new DecryptionError();
    return unwrapEcdh(this.key, this.curve, ecdh, encryptedKey);
  }
}

/**
 * Unwraps a kekri with its key-encryption key.
 * @param {Recipient} recipient @param {Uint8Array} kek
 * @returns {Promise<Bytes>}
 * @throws {DecryptionError}
 */
export async function unwrapKek(recipient, kek) {
  if (recipient.algorithm.name !== 'aes-wrap') throw new DecryptionError();
  return unwrapKey(kek, recipient.encryptedKey);
}

export { DecryptionKey };
