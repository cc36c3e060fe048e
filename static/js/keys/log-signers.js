/**
 * Who signed the entries of a membership log: health cards, by a path to an anchor, or the mailbox's own key of some epoch.
 * Whether that person might, is `replay`'s to say.
 * @module
 */
import { personOf } from '../cms/certificate.js';
import { sha256 } from '../cms/digest.js';
import { toHex } from '../cms/octets.js';
import { readableCertificates } from '../cms/signed.js';
import { LogRefused } from './errors.js';
import { decodeBinding } from './formats.js';
import { verifyLogEntry } from './membership-log.js';
import { checkPath } from './path.js';

/** @typedef {import('./members.js').VerifiedEntry} VerifiedEntry */
/** @typedef {import('./path.js').Anchor} Anchor */
/** @typedef {import('./agent.js').Identity} Identity */

/** What the mailbox's own key proves of whoever used it: nothing. @type {Identity} */
const MAILBOX_KEY = Object.freeze({ level: 'passkey', idType: '', idValue: '', name: '', profession: '' });

/**
 * @param {Uint8Array[]} logEntries @param {Uint8Array[]} bindings @param {Anchor[]} anchors
 * @returns {Promise<VerifiedEntry[]>}
 * @throws {LogRefused} signature
 */
export async function judgeEntries(logEntries, bindings, anchors) {
  const own = new Set(bindings.map(mailboxKeyOf));
  return Promise.all(logEntries.map((der) => judgeEntry(der, own, anchors)));
}

/** @param {Uint8Array} der @returns {string} SHA-256 of the signature key, hex; '' for what is no binding */
function mailboxKeyOf(der) {
  try {
    return toHex(decodeBinding(der).signatureSpki);
  } catch {
    return '';
  }
}

/** @param {Uint8Array} der @param {ReadonlySet<string>} own @param {Anchor[]} anchors @returns {Promise<VerifiedEntry>} */
async function judgeEntry(der, own, anchors) {
  const { entry, hash, signer, chain } = await verifyLogEntry(der);
  const [signerSpki, signerCertificate] = (await Promise.all([sha256(signer.spki), sha256(signer.der)])).map(toHex);
  const facts = { entry, hash, signerSpki, signerCertificate };
  if (own.has(signerSpki)) return { ...facts, signer: MAILBOX_KEY };
  await checkPath(signer, { chain: readableCertificates(chain), anchors, purpose: 'card-signature', at: entry.time }).catch(() => {
    throw new LogRefused('signature');
  });
  return { ...facts, signer: { level: 'card', ...personOf(signer) } };
}
