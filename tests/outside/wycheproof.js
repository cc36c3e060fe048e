/**
 * Wycheproof vectors, as `wycheproof.py` wrote them, put to the functions that read messages. Each gives `accepted`,
 * `refused` (a typed error, or another result than the vector's), or says what else happened.
 */
import { CmsError } from '../../static/js/cms/errors.js';
import { decryptContent } from '../../static/js/cms/content-cipher.js';
import { importDecryptionKey, unwrapKek } from '../../static/js/cms/decryption-key.js';
import { concat, equal, fromHex } from '../../static/js/cms/octets.js';
import { CONTENT_CIPHERS } from '../../static/js/cms/oids.js';
import { parsePublicKey } from '../../static/js/cms/public-key.js';
import { parseRecipientInfo } from '../../static/js/cms/recipients.js';
import { rejectionKey } from '../../static/js/cms/rsa.js';
import { verifySignature } from '../../static/js/cms/signature.js';

/** @typedef {import('../../static/js/cms/octets.js').Bytes} Bytes */
/** @typedef {Record<string, string>} Trial values in hex */

/** @param {Promise<boolean>} accepting */
async function outcome(accepting) {
  try {
    return (await accepting) ? 'accepted' : 'refused';
  } catch (error) {
    return error instanceof CmsError ? 'refused' : `${error}`;
  }
}

/** @param {Trial[]} trials @param {(trial: Trial) => Promise<boolean>} read */
const all = (trials, read) => Promise.all(trials.map((trial) => outcome(read(trial))));

/** The content of a message. @param {Trial[]} trials */
export const content = (trials) => all(trials, async ({ oid, key, iv, content: encrypted, tag, aad, message }) => {
  const algorithm = { ...CONTENT_CIPHERS[oid], iv: fromHex(iv) };
  const options = tag ? { additionalData: fromHex(aad), tagLength: 4 * tag.length } : {};
  return equal(await decryptContent(algorithm, fromHex(key), concat(fromHex(encrypted), fromHex(tag)), options), fromHex(message));
});

/** A kekri. @param {Trial[]} trials */
export const keyEncryptionKey = (trials) => all(trials, async ({ recipientInfo, kek, message }) => {
  const [recipient] = parseRecipientInfo(fromHex(recipientInfo));
  return equal(await unwrapKek(recipient, fromHex(kek)), fromHex(message));
});

/** A ktri or kari, with the private key. @param {Trial[]} trials */
export async function privateKey(trials) {
  /** @type {Map<string, Promise<any>>} */
  const keys = new Map();
  for (const { pkcs8 } of trials) if (!keys.has(pkcs8)) keys.set(pkcs8, importDecryptionKey(fromHex(pkcs8)));
  return all(trials, async ({ recipientInfo, pkcs8, message, length, rejects }) => {
    const key = await keys.get(pkcs8);
    const [recipient] = parseRecipientInfo(fromHex(recipientInfo));
    const found = rejects === 'quietly' ? await key.unwrap(recipient, Number(length)) : await opened(key, recipient);
    const rejected = rejects === 'quietly' ? await rejectionKey(key.secret, recipient.encryptedKey, Number(length)) : null;
    return found !== null && equal(found, fromHex(message)) && !(rejected && equal(rejected, found));
  });
}

/**
 * What is below `unwrap`, which answers every question: null where it finds no key.
 * @param {any} key @param {import('../../static/js/cms/recipients.js').Recipient} recipient @returns {Promise<Bytes | null>}
 */
const opened = (key, recipient) => key.open(recipient, 32).catch(() => null);

/** @param {Trial[]} trials */
export const signature = (trials) => all(trials, async ({ spki, scheme, hash, saltLength, signature: value, signed }) => {
  const holder = { spki: fromHex(spki), publicKey: parsePublicKey(fromHex(spki)) };
  await verifySignature(holder, /** @type {any} */ ({ scheme, hash, saltLength: Number(saltLength) }), fromHex(value), fromHex(signed));
  return true;
});
