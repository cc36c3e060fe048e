/**
 * The keys of one epoch of one mailbox, opened: three capabilities and no way to read a key back.
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
const OBJECT_CLASSES = new Set(['draft', 'pack', 'pins', 'correspondents', 'contacts', 'settings', 'folder', 'cek']);
const MAX_OBJECT_KEYS = 256;
const MAX_UNWRAPS = 64;
const SUMMARY_LABEL = utf8('pli-summary');

/**
 * Imports the keys as non-extractable and wipes the bytes given.
 * @param {import('./formats.js').MailboxKeys} keys
 * @param {{encryption: Certificate, signature: Certificate}} certificates
 */
export async function importMailboxKeys(keys, { encryption, signature }) {
  const opened = new OpenedKeys({
    encryption,
    decryption: await importDecryptionKey(keys.encryptionKey),
    storage: await hkdfKey(keys.storageKey),
    sign: await importSigner(keys.signatureKey, algorithmFor(signature.publicKey)),
  });
  wipe(keys);
  return opened;
}

/** @param {import('./formats.js').MailboxKeys} keys */
export function wipe({ encryptionKey, signatureKey, storageKey }) {
  for (const secret of [encryptionKey, signatureKey, storageKey]) secret.fill(0);
}

export class OpenedKeys {
  /** @type {import('../cms/decryption-key.js').DecryptionKey} */ #decryption;
  /** @type {CryptoKey} */ #storage;

  /** @param {{encryption: Certificate, decryption: import('../cms/decryption-key.js').DecryptionKey, storage: CryptoKey, sign: (tbs: Uint8Array) => Promise<Bytes>}} parts */
  constructor({ encryption, decryption, storage, sign }) {
    this.encryption = encryption;
    this.#decryption = decryption;
    this.#storage = storage;
    /** Signs the DER of signedAttrs. */
    this.sign = sign;
  }

  /** @param {ObjectName[]} items @returns {Promise<CryptoKey[]>} */
  async objectKeys(items) {
    const known = items.every((item) => OBJECT_CLASSES.has(item.class));
    if (!known || items.length > MAX_OBJECT_KEYS) throw new KeyError('INVALID_PARAMS');
    return Promise.all(items.map((item) => this.#objectKey(item)));
  }

  /** @param {ObjectName} name */
  async #objectKey({ class: objectClass, id }) {
    const raw = await hkdf(this.#storage, { info: objectKeyInfo(objectClass, id) });
    return importObjectKey(objectClass, raw).finally(() => raw.fill(0));
  }

  /**
   * One CEK-shaped answer per item, whatever the item is worth (docs/PROTOCOL.md, *No oracle*).
   * @param {'message' | 'summary'} keyClass @param {WrappedKey[]} items
   * @returns {Promise<Bytes[]>}
   */
  async unwrap(keyClass, items) {
    if (items.length > MAX_UNWRAPS) throw new KeyError('INVALID_PARAMS');
    return Promise.all(items.map((item) => this.#unwrapOne(keyClass, item)));
  }

  /** @param {'message' | 'summary'} keyClass @param {WrappedKey} item */
  async #unwrapOne(keyClass, { recipientInfo, contentAlgorithm }) {
    const cipher = CONTENT_CIPHERS[contentAlgorithm];
    if (!cipher) throw new UnsupportedError('content cipher', contentAlgorithm);
    const recipient = this.#own(recipientInfo);
    if (recipient && isSummary(recipient) === (keyClass === 'summary')) return this.#decryption.unwrap(recipient, cipher.keyLength);
    return rejectionKey(this.#decryption.secret, recipient?.encryptedKey ?? recipientInfo, cipher.keyLength);
  }

  /** The one made for this mailbox, if a kari has several. @param {Uint8Array} recipientInfo @returns {Recipient | null} */
  #own(recipientInfo) {
    try {
      const recipients = parseRecipientInfo(recipientInfo);
      return recipients.find(({ rid }) => names(rid, this.encryption)) ?? recipients[0] ?? null;
    } catch {
      return null;
    }
  }
}

/** A seal's label says what it holds, so that a budget for one class cannot be spent on the other. @param {Recipient} recipient */
function isSummary({ algorithm: { oaep, ecdh } }) {
  const label = oaep ? oaep.label : ecdh?.ukm;
  return label !== null && label !== undefined && equal(label, SUMMARY_LABEL);
}
