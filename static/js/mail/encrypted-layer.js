/**
 * One encrypted layer: EnvelopedData or AuthEnvelopedData to what was inside. Nothing leaves here before the whole
 * content is decrypted and, where there is a tag, authenticated.
 */
import { UnsupportedError } from '../cms/errors.js';
import { sha256 } from '../cms/digest.js';
import { parseEnveloped } from '../cms/enveloped.js';
import { toBase64 } from '../cms/octets.js';
import { unwrapPassword } from '../cms/password.js';

/** @typedef {import('../cms/enveloped.js').Recipient} Recipient */
/** @typedef {import('../cms/enveloped.js').Enveloped} Enveloped */
/** @typedef {import('../cms/enveloped.js').ContentAlgorithm} ContentAlgorithm */

/**
 * @typedef {object} EncryptedLayer
 * @property {'encrypted'} kind
 * @property {boolean} authenticated AEAD; CBC is not, and nothing of it is trusted without a signature inside
 * @property {boolean} shortTag a GCM tag below 128 bits
 * @property {boolean} old 3DES or RC2, for the content or its key
 * @property {string} contentAlgorithm name
 * @property {string} keyTransport name
 * @property {Recipient[]} used whose encrypted key gave the content-encryption key
 * @property {Promise<string>} hash SHA-256 of the content, base64
 * @property {string} algorithm OID
 * @property {string | null} copyOf the message that brought this very content before
 */

/** @typedef {{encryptedKey: Uint8Array, hash: string, algorithm: string}} UsedKey a CEK accepted for one content; hash: base64 */
/** @typedef {{hash: string, algorithm: string, messageId: string}} SeenKey */

/**
 * @typedef {object} Keys
 * @property {(recipients: Recipient[], contentAlgorithm: ContentAlgorithm) => Promise<Uint8Array | {cek: Uint8Array, recipient: Recipient} | null>} unwrap
 *   the content-encryption key, with the RecipientInfo that gave it if the caller knows; null if none is for us
 * @property {(encryptedKey: Uint8Array) => Promise<SeenKey | null>} [seenKeys] what an encrypted key was accepted for before
 * @property {boolean} [allowOld]
 * @property {string} [password]
 */

/** Nothing of the message is shown; `code` says why, and is all that is said. */
export class Withheld extends Error {
  /** @param {'decrypt-failed' | 'key-reused' | 'old-cipher' | 'password-needed'} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The one failure to decrypt, whatever its cause: key, padding, tag, or what came out (Efail). */
export const decryptionFailed = () => new Withheld('decrypt-failed');

/**
 * @param {Uint8Array} cms ContentInfo
 * @param {Keys} keys
 * @param {() => void} [taken] who gives it gives `cms` away: called once nothing here looks at it, never if the content came out in it
 * @returns {Promise<{layer: EncryptedLayer, content: Uint8Array, contentType: string}>} contentType: OID
 * @throws {Withheld | UnsupportedError} UnsupportedError: an unknown cipher
 */
export async function openEncrypted(cms, keys, taken) {
  const enveloped = readEnveloped(cms);
  const { contentAlgorithm, contentType } = enveloped;
  if (contentAlgorithm.old && !keys.allowOld) throw new Withheld('old-cipher');
  const { cek, used } = await contentKey(enveloped, keys);
  if (used.some(isOld) && !keys.allowOld) throw new Withheld('old-cipher');
  const seen = await seenBefore(used, keys);
  if (seen.some(({ algorithm }) => algorithm !== contentAlgorithm.oid)) throw new Withheld('key-reused');
  const content = await enveloped.decrypt(cek, taken, Boolean(taken)).catch(() => { throw decryptionFailed(); });
  // Hashed while the layers below are read, unless the key was met before.
  const hash = sha256(content).then(toBase64);
  if (seen.length && (await differs(seen, hash))) throw new Withheld('key-reused');
  return { layer: describe(enveloped, used, hash, seen[0]?.messageId ?? null), content, contentType };
}

/** @param {SeenKey[]} seen @param {Promise<string>} hash */
async function differs(seen, hash) {
  const found = await hash;
  return seen.some((earlier) => earlier.hash !== found);
}

/**
 * What an accepted layer teaches: each key with the one content it may have.
 * @param {EncryptedLayer} layer
 * @returns {Promise<UsedKey[]>}
 */
export async function keysOf({ used, hash, algorithm }) {
  const content = await hash;
  return used.map(({ encryptedKey }) => ({ encryptedKey, hash: content, algorithm }));
}

/** @param {Uint8Array} cms a structure that names an unknown cipher may say so; anything else is the one failure */
function readEnveloped(cms) {
  try {
    return parseEnveloped(cms);
  } catch (error) {
    throw error instanceof UnsupportedError ? error : decryptionFailed();
  }
}

/** @param {Enveloped} enveloped @param {Recipient[]} used @param {Promise<string>} hash @param {string | null} copyOf @returns {EncryptedLayer} */
function describe({ kind, contentAlgorithm }, used, hash, copyOf) {
  return {
    kind: 'encrypted', authenticated: kind === 'authEnveloped', shortTag: contentAlgorithm.shortTag, old: contentAlgorithm.old || used.some(isOld),
    contentAlgorithm: contentAlgorithm.name, keyTransport: used[0]?.algorithm.name ?? 'unknown',
    used, hash, algorithm: contentAlgorithm.oid, copyOf,
  };
}

/**
 * @param {Enveloped} enveloped
 * @param {Keys} keys
 * @returns {Promise<{cek: Uint8Array, used: Recipient[]}>}
 */
async function contentKey({ recipients, contentAlgorithm }, keys) {
  const certified = recipients.filter(({ kind }) => kind !== 'pwri');
  const unwrapped = certified.length ? await keys.unwrap(certified, contentAlgorithm) : null;
  if (!unwrapped) return byPassword(recipients, contentAlgorithm, keys.password);
  return 'cek' in unwrapped ? { cek: unwrapped.cek, used: [kept(unwrapped.recipient)] } : { cek: unwrapped, used: certified.map(kept) };
}

/** Its key came under a cipher that protects nothing any more. @param {Recipient} recipient */
const isOld = ({ algorithm: { ecdh } }) => Boolean(ecdh?.old);

/** Outlives the octets it came in. @param {Recipient} recipient @returns {Recipient} */
const kept = (recipient) => ({ ...recipient, encryptedKey: recipient.encryptedKey.slice() });

/** @param {Recipient[]} recipients @param {ContentAlgorithm} contentAlgorithm @param {string} [password] */
async function byPassword(recipients, { keyLength }, password) {
  const passworded = recipients.filter(({ kind }) => kind === 'pwri');
  if (passworded.length === 0) throw decryptionFailed();
  for (const recipient of password ? passworded : []) {
    const cek = await unwrapPassword(recipient, password ?? '', keyLength).catch(() => null);
    if (cek) return { cek, used: [kept(recipient)] };
  }
  throw new Withheld('password-needed');
}

/** @param {Recipient[]} recipients @param {Keys} keys */
async function seenBefore(recipients, { seenKeys }) {
  if (!seenKeys) return [];
  const found = await Promise.all(recipients.filter(({ encryptedKey }) => encryptedKey.length).map(({ encryptedKey }) => seenKeys(encryptedKey)));
  return found.filter((seen) => seen !== null);
}
