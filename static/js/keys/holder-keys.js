/**
 * Key pairs of holders without a card (docs/FORMATS.md, *Grant*): a passkey's PRF value, a recovery code or the officers'
 * secret gives, for each mailbox, a P-256 pair. Its public half stands in the grant, so that a new epoch reaches a holder who
 * is not there, and so that who kept old storage keys has nothing to open it with.
 * @module
 */
import { unwrapEcdh } from '../cms/ecdh.js';
import { hkdf, hkdfKey, sha256 } from '../cms/digest.js';
import { DecryptionError } from '../cms/errors.js';
import { equal, fromBigInt, toBigInt, unshared } from '../cms/octets.js';
import { ecPublicKeyInfo, parsePublicKey } from '../cms/public-key.js';
import { toBase64Url } from '../bridge/base64.js';
import { transcript } from '../bridge/key-schedule.js';
import { GrantRefused } from './errors.js';
import { ORDER, publicPoint } from './p256.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('../cms/recipients.js').Recipient} Recipient */
/** @typedef {'passkey' | 'recovery' | 'officer'} CardlessKind */
/**
 * @typedef {object} HolderKey
 * @property {Bytes} spki SubjectPublicKeyInfo, DER
 * @property {Bytes} point uncompressed
 * @property {(recipient: Recipient) => Promise<Bytes>} unwrap the CEK of a kari made for it
 */

/** HKDF infos. @type {Readonly<Record<CardlessKind, string>>} */
const INFOS = Object.freeze({ passkey: 'pli/v1/prf-key', recovery: 'pli/v1/recovery-key', officer: 'pli/v1/officer-key' });
const LOGIN_INFO = 'pli/v1/recovery-login';
/** Octets derived for one scalar: 128 bits more than the order, so that no scalar is likelier (FIPS 186-5 A.2.1). */
const SCALAR_SOURCE = 48;

/**
 * @param {CardlessKind} kind
 * @param {Uint8Array} secret 32 octets: PRF value, recovery secret or officers' secret
 * @param {Uint8Array} mailboxId
 * @returns {Promise<HolderKey>}
 */
export async function deriveHolderKey(kind, secret, mailboxId) {
  const { point, jwk } = await derivePair(secret, mailboxId, INFOS[kind]);
  const privateKey = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
  return { point, spki: ecPublicKeyInfo('P-256', point), unwrap: (recipient) => unwrap(privateKey, recipient) };
}

/**
 * What a recovery code logs in with.
 * @param {Uint8Array} secret
 * @returns {Promise<{point: Bytes, sign: (octets: Uint8Array) => Promise<Bytes>}>} ECDSA with SHA-256, r ‖ s
 */
export async function deriveLoginKey(secret) {
  const { point, jwk } = await derivePair(secret, new Uint8Array(), LOGIN_INFO);
  const privateKey = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const signing = { name: 'ECDSA', hash: 'SHA-256' };
  return { point, sign: async (octets) => new Uint8Array(await crypto.subtle.sign(signing, privateKey, unshared(octets))) };
}

/**
 * The proof that a recovery code is known, without the code.
 * @param {Uint8Array} secret @param {string} origin of the page @param {string} challenge as the server wrote it
 * @returns {Promise<Bytes>} signature
 */
export async function signRecoveryLogin(secret, origin, challenge) {
  const { sign } = await deriveLoginKey(secret);
  return sign(await transcript(LOGIN_INFO, origin, challenge));
}

/** @param {Uint8Array} secret @param {Uint8Array} salt @param {string} info */
async function derivePair(secret, salt, info) {
  const source = await hkdf(await hkdfKey(secret), { salt, info, length: SCALAR_SOURCE });
  const scalar = (toBigInt(source) % (ORDER - 1n)) + 1n;
  source.fill(0);
  const point = publicPoint(scalar);
  const d = fromBigInt(scalar, 32);
  const [x, y] = [point.slice(1, 33), point.slice(33)];
  const jwk = { kty: 'EC', crv: 'P-256', d: toBase64Url(d), x: toBase64Url(x), y: toBase64Url(y) };
  return { point, jwk };
}

/** @param {CryptoKey} privateKey @param {Recipient} recipient */
async function unwrap(privateKey, { algorithm: { ecdh }, encryptedKey }) {
  if (!ecdh || (ecdh.curve !== null && ecdh.curve !== 'P-256')) throw new DecryptionError();
  return unwrapEcdh(privateKey, 'P-256', ecdh, encryptedKey);
}

/** How a grant names a recovery code or the officers. @param {Uint8Array} spki @returns {Promise<Bytes>} */
export const keyReference = (spki) => sha256(spki);

/**
 * A recovery code and officers are named by their key, a passkey by its credential; a card has no such key.
 * @param {import('./formats.js').GrantBody} body
 * @throws {GrantRefused} malformed
 */
export async function checkHolderKey({ holder: { kind, reference }, holderKey }) {
  const namedByKey = kind === 'recovery' || kind === 'officer';
  const fits = holderKey ? kind !== 'card' && kind !== 'service' && (await isHolderKey(holderKey)) : !namedByKey;
  if (!fits || (namedByKey && !equal(reference, await keyReference(/** @type {Uint8Array} */ (holderKey))))) throw new GrantRefused('malformed');
}

/** A point of P-256, in the one form that is written. @param {Uint8Array} spki */
async function isHolderKey(spki) {
  try {
    const point = pointOf(spki);
    await crypto.subtle.importKey('raw', unshared(point), { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    return equal(ecPublicKeyInfo('P-256', point), spki);
  } catch {
    return false;
  }
}

/** The point a grant's `holderKey` holds. @param {Uint8Array} spki @returns {Bytes} @throws {GrantRefused} key-invalid */
export function pointOf(spki) {
  const key = parsePublicKey(spki);
  if (key.type !== 'ec' || key.curve !== 'P-256' || key.point.length !== 65) throw new GrantRefused('key-invalid');
  return key.point;
}
