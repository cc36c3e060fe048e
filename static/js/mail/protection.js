/**
 * What a message is encrypted with, and why (DESIGN §6; docs/FORMATS.md, *Content cipher and key transport*). AES-GCM
 * only where every reader of one CMS is Pli or has announced it in a signed message; else AES-CBC around the signature,
 * the one form every program reads. The key goes to each recipient the best way his own program is known to open.
 */
import { parseCertificate } from '../cms/certificate.js';

/**
 * @typedef {object} RecipientKey
 * @property {Uint8Array} certificate DER, of a path the key agent has validated
 * @property {boolean} internal reads everything Pli writes
 * @property {readonly string[]} [capabilities] names, from a verified signature of this recipient
 */

/** @typedef {'aes-256-gcm' | 'aes-256-cbc'} ContentCipher */
/** @typedef {'rsa-oaep' | 'rsa-pkcs1' | 'ecdh'} KeyTransport */
/** @typedef {'pli' | 'announced' | 'classic'} Reason `classic`: not known to read the recent form */

/** @typedef {{address: string, key: RecipientKey}} Reader */
/** @typedef {{address: string, cipher: ContentCipher, keyTransport: KeyTransport, reason: Reason}} RecipientProtection */

/**
 * @typedef {object} Protection
 * @property {ContentCipher} cipher the weakest of any copy of the message
 * @property {Reason} reason `classic` where at least one recipient asks for it
 * @property {RecipientProtection[]} perRecipient `reason` is what is known of this recipient alone
 */

/** A recipient's certificate holds a key that nothing here encrypts to. */
export class RecipientKeyUnsupported extends Error {
  name = 'RecipientKeyUnsupported';
  code = 'recipient-key-unsupported';
}

/** @param {RecipientKey} key @param {string} capability @returns {Reason} */
function reasonFor({ internal, capabilities = [] }, capability) {
  if (internal) return 'pli';
  return capabilities.includes(capability) ? 'announced' : 'classic';
}

/** @param {readonly RecipientKey[]} keys of all recipients of one CMS @returns {ContentCipher} */
export function contentCipher(keys) {
  return keys.every((key) => reasonFor(key, 'aes-256-gcm') !== 'classic') ? 'aes-256-gcm' : 'aes-256-cbc';
}

/**
 * @param {RecipientKey} key
 * @returns {KeyTransport}
 * @throws {RecipientKeyUnsupported}
 */
export function keyTransport(key) {
  const { type } = parseCertificate(key.certificate).publicKey;
  if (type === 'rsa') return reasonFor(key, 'rsa-oaep') === 'classic' ? 'rsa-pkcs1' : 'rsa-oaep';
  if (type === 'ec') return 'ecdh';
  throw new RecipientKeyUnsupported();
}

/**
 * @param {readonly Reader[]} open To and Cc, who share one CMS
 * @param {readonly Reader[]} [blind] Bcc, each with a CMS of his own, unless he stands in To or Cc as well
 * @returns {Protection} each address once
 */
export function protectionOf(open, blind = []) {
  const shared = contentCipher(open.map(({ key }) => key));
  const named = new Set(open.map(({ address }) => address.toLowerCase()));
  const apart = blind.filter(({ address }) => !named.has(address.toLowerCase()));
  const perRecipient = [...open.map((one) => protectOne(one, shared)), ...apart.map((one) => protectOne(one, contentCipher([one.key])))];
  const ofAll = perRecipient.map(({ reason }) => reason);
  const reason = (/** @type {Reason[]} */ (['classic', 'announced', 'pli'])).find((one) => ofAll.includes(one)) ?? 'pli';
  return { cipher: perRecipient.some(({ cipher }) => cipher === 'aes-256-cbc') ? 'aes-256-cbc' : 'aes-256-gcm', reason, perRecipient };
}

/** @param {Reader} recipient @param {ContentCipher} cipher @returns {RecipientProtection} */
const protectOne = ({ address, key }, cipher) => ({ address, cipher, keyTransport: keyTransport(key), reason: reasonFor(key, 'aes-256-gcm') });
