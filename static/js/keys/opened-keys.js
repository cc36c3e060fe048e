/**
 * The keys of one epoch of one mailbox, opened: three capabilities and no way to read a key back (see kept-keys.js).
 * @module
 */
import { importDecryptionKey } from '../cms/decryption-key.js';
import { hkdf, hkdfKey } from '../cms/digest.js';
import { UnsupportedError } from '../cms/errors.js';
import { utf8 } from '../cms/octets.js';
import { CONTENT_CIPHERS } from '../cms/oids.js';
import { names, parseRecipientInfo } from '../cms/recipients.js';
import { rejectionKey } from '../cms/rsa.js';
import { algorithmFor, importSigner } from '../cms/signature.js';
import { equal } from '../cms/octets.js';
import { KeyError } from './errors.js';
import { importObjectKey, objectKeyInfo } from './objects.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/recipients.js').Recipient} Recipient */
/** @typedef {import('./agent.js').ObjectName} ObjectName */
/** @typedef {import('./agent.js').WrappedKey} WrappedKey */

/** `history` exists and no method returns it (docs/FORMATS.md). @type {ReadonlySet<string>} */
const OBJECT_CLASSES = new Set(['draft', 'pack', 'pins', 'correspondents', 'contacts', 'settings', 'folder', 'cek', 'note', 'confidential']);
const SUMMARY_LABEL = utf8('pli-summary');

/**
 * Imports the keys of one epoch as non-extractable; whoever gave the octets wipes them.
 * @param {import('./formats.js').MailboxKeys} keys
 * @param {{encryption: Certificate, signature: Certificate} | null} certificates null for an older epoch, which signs nothing
 */
export async function importMailboxKeys(keys, certificates) {
  return new OpenedKeys({
    encryption: certificates?.encryption ?? null,
    decryption: await importDecryptionKey(keys.encryptionKey),
    storage: await hkdfKey(keys.storageKey),
    confidential: keys.confidentialKey ? await hkdfKey(keys.confidentialKey) : null,
    sign: certificates ? await importSigner(keys.signatureKey, algorithmFor(certificates.signature.publicKey)) : refuseToSign,
  });
}

/** @returns {Promise<Bytes>} */
const refuseToSign = async () => {
  throw new KeyError('KEY_USE_DENIED', { reason: 'epoch' });
};

/** @param {import('./formats.js').MailboxKeys} keys */
export function wipe({ encryptionKey, signatureKey, storageKey, earlier, confidentialKey }) {
  for (const secret of [encryptionKey, signatureKey, storageKey, ...(earlier ?? []).map(({ keys }) => keys)]) secret.fill(0);
  confidentialKey?.fill(0);
}

export class OpenedKeys {
  /** @type {import('../cms/decryption-key.js').DecryptionKey} */ #decryption;
  /** @type {CryptoKey} */ #storage;
  /** @type {CryptoKey | null} */ #confidential;

  /**
   * @param {{encryption: Certificate | null, decryption: import('../cms/decryption-key.js').DecryptionKey, storage: CryptoKey,
   *   confidential: CryptoKey | null, sign: (tbs: Uint8Array) => Promise<Bytes>}} parts confidential: null where the holder is no owner
   */
  constructor({ encryption, decryption, storage, confidential, sign }) {
    this.encryption = encryption;
    this.#decryption = decryption;
    this.#storage = storage;
    this.#confidential = confidential;
    /** Signs the DER of signedAttrs. */
    this.sign = sign;
  }

  /** @param {ObjectName} name @returns {Promise<CryptoKey>} @throws {KeyError} KEY_USE_DENIED, reason confidential */
  async objectKey({ class: objectClass, id }) {
    if (!OBJECT_CLASSES.has(objectClass)) throw new KeyError('INVALID_PARAMS');
    const secret = objectClass === 'confidential' ? this.#confidential : this.#storage;
    if (!secret) throw new KeyError('KEY_USE_DENIED', { reason: 'confidential' });
    const raw = await hkdf(secret, { info: objectKeyInfo(objectClass, id) });
    return importObjectKey(objectClass, raw).finally(() => raw.fill(0));
  }

  /**
   * A CEK-shaped answer, whatever the item is worth (docs/PROTOCOL.md, *No oracle*).
   * @param {'message' | 'summary'} keyClass @param {WrappedKey} item
   * @returns {Promise<Bytes>}
   */
  async unwrapOne(keyClass, { recipientInfo, contentAlgorithm }) {
    const { keyLength } = contentCipher(contentAlgorithm);
    const recipient = this.#own(recipientInfo);
    if (recipient && isSummary(recipient) === (keyClass === 'summary')) return this.#decryption.unwrap(recipient, keyLength);
    return rejectionKey(this.#decryption.secret, recipient?.encryptedKey ?? recipientInfo, keyLength);
  }

  /** The one made for this mailbox, if a kari has several. @param {Uint8Array} recipientInfo @returns {Recipient | null} */
  #own(recipientInfo) {
    try {
      const recipients = parseRecipientInfo(recipientInfo);
      return recipients.find(({ rid }) => this.encryption && names(rid, this.encryption)) ?? recipients[0] ?? null;
    } catch {
      return null;
    }
  }
}

/** @param {string} oid @returns {(typeof CONTENT_CIPHERS)[string]} @throws {UnsupportedError} */
export function contentCipher(oid) {
  const cipher = CONTENT_CIPHERS[oid];
  if (!cipher) throw new UnsupportedError('content cipher', oid);
  return cipher;
}

/** A seal's label says what it holds, so that a budget for one class cannot be spent on the other. @param {Recipient} recipient */
function isSummary({ algorithm: { oaep, ecdh } }) {
  const label = oaep ? oaep.label : ecdh?.ukm;
  return label !== null && label !== undefined && equal(label, SUMMARY_LABEL);
}
