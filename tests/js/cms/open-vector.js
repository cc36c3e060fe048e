/**
 * Opens a vector of `tests/vectors/enveloped`, in Node and in Chromium alike: nothing of either is used.
 * @module
 */
import { decompress } from '../../../static/js/cms/compressed.js';
import { importDecryptionKey, unwrapKek } from '../../../static/js/cms/decryption-key.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { CmsError } from '../../../static/js/cms/errors.js';
import { fromBase64, toBase64 } from '../../../static/js/cms/octets.js';
import { unwrapPassword } from '../../../static/js/cms/password.js';

/** @typedef {{name: string, cms: string, expect: string, key?: string, kek?: string, password?: string, compressed?: boolean}} Vector */

/**
 * @param {Vector} vector @param {Record<string, string>} keys PKCS#8, base64, by name
 * @returns {Promise<string>} the content in base64, or `error: CODE`
 */
export async function openVector(vector, keys) {
  try {
    return toBase64(await open(vector, keys));
  } catch (error) {
    return error instanceof CmsError ? `error: ${error.code}` : `crashed: ${error}`;
  }
}

/** @param {Vector[]} vectors @param {Record<string, string>} keys */
export const openVectors = (vectors, keys) => Promise.all(vectors.map((vector) => openVector(vector, keys)));

/** @param {Vector} vector @param {Record<string, string>} keys */
async function open({ cms, key, kek, password, compressed }, keys) {
  const bytes = fromBase64(cms);
  if (compressed) return (await decompress(bytes)).content;
  const { recipients: [recipient], contentAlgorithm, decrypt } = parseEnveloped(bytes);
  const { keyLength } = contentAlgorithm;
  if (password !== undefined) return decrypt(await unwrapPassword(recipient, password, keyLength));
  if (kek) return decrypt(await unwrapKek(recipient, fromBase64(kek)));
  return decrypt(await (await importDecryptionKey(fromBase64(keys[key ?? '']))).unwrap(recipient, keyLength));
}
