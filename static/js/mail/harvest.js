/**
 * What a message announces for answers to its sender: the certificate that encrypts to him and what his program reads.
 * It is taken from signatures that prove the address, and used only once a person adopts it (docs/FORMATS.md,
 * *correspondents*): a message never deploys a key by being read.
 */
import { readCapabilities, readEncryptionPreference } from '../cms/attributes.js';
import { certifies } from '../cms/certificate.js';
import { equal } from '../cms/octets.js';
import { readableCertificates } from '../cms/signed.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/signed.js').Signed} Signed */

/**
 * @typedef {object} Harvest
 * @property {string} address
 * @property {Uint8Array} certificate that encrypts to the address, DER, its path not validated; empty where none was announced
 * @property {Uint8Array[]} chain DER
 * @property {string[]} capabilities names of docs/FORMATS.md, *correspondents*
 * @property {boolean} proved by a signature of the states S1, S1b or S2; false: a message that only sends certificates,
 *   recorded only if a person says so
 */

/**
 * @param {import('./state.js').Signature} signature
 * @param {import('./verifying.js').Proof[]} proofs
 * @returns {Harvest | null}
 */
export function harvestOf({ state, signer }, proofs) {
  if (!signer?.address || !/^S(1b?|2)$/.test(state)) return null;
  const { address } = signer;
  const [{ verified: { attributes }, statement: { signed, sent } }] = proofs;
  const preferred = readEncryptionPreference(attributes, sent);
  const certificate = preferred && encryptsTo(preferred, address) ? preferred : onlyOne(sent, address);
  const capabilities = readCapabilities(attributes);
  if (!certificate && capabilities.length === 0) return null;
  return { ...announced(address, certificate, signed), capabilities, proved: true };
}

/**
 * @param {Signed} signed certificates that nobody signed for
 * @param {string} [from]
 * @returns {Harvest | null}
 */
export function harvestFrom(signed, from) {
  const certificates = readableCertificates(signed.certificates).filter((each) => each.emails.length && encryptsTo(each, each.emails[0]));
  const certificate = certificates.find((each) => from && certifies(each, from)) ?? certificates[0];
  if (!certificate) return null;
  const address = from && certifies(certificate, from) ? from : certificate.emails[0];
  return { ...announced(address, certificate, signed), capabilities: [], proved: false };
}

/** @param {string} address @param {Certificate | null} certificate @param {Signed} signed */
function announced(address, certificate, signed) {
  const chain = signed.certificates.filter((der) => !certificate || !equal(der, certificate.der));
  return { address, certificate: certificate?.der ?? new Uint8Array(), chain };
}

/** @param {Certificate[]} certificates @param {string} address @returns {Certificate | null} the only one that may encrypt for it */
function onlyOne(certificates, address) {
  const fit = certificates.filter((certificate) => encryptsTo(certificate, address));
  return fit.length === 1 ? fit[0] : null;
}

/** @param {Certificate} certificate @param {string} address */
function encryptsTo(certificate, address) {
  const { keyUsage, publicKey } = certificate;
  const needed = publicKey.type === 'rsa' ? 'keyEncipherment' : 'keyAgreement';
  return certifies(certificate, address) && (keyUsage.size === 0 || keyUsage.has(needed));
}
