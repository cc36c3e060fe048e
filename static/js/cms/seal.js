/**
 * Seals (docs/FORMATS.md): content only the holders of a mailbox key can open, with a label that says
 * what kind of content it is, so that a reader's budget can tell messages from summaries.
 * @module
 */
import { buildEnveloped } from './enveloped.js';

/** @typedef {'pli-message' | 'pli-summary'} SealLabel */

/**
 * @param {Uint8Array} content
 * @param {import('./certificate.js').Certificate} certificate the mailbox's encryption certificate
 * @param {SealLabel} label
 * @returns {Promise<import('./octets.js').Bytes>} ContentInfo AuthEnvelopedData
 */
export function seal(content, certificate, label) {
  const keyAlgorithm = certificate.publicKey.type === 'rsa' ? 'rsa-oaep' : 'ecdh';
  return buildEnveloped({
    content, contentAlgorithm: 'aes-256-gcm',
    recipients: [{ certificate, keyAlgorithm, label, rid: 'subjectKeyIdentifier' }],
  });
}
