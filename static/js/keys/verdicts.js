/**
 * `certificates.validate` without a bridge: path, address, binding and log entry, by the rules of
 * docs/PROTOCOL.md. Revocation is never claimed to have been checked, so no state rises above S4.
 * @module
 */
import { certifies, parseCertificate, personOf } from '../cms/certificate.js';
import { sha256 } from '../cms/digest.js';
import { CmsError } from '../cms/errors.js';
import { equal, toBase64 } from '../cms/octets.js';
import { readableCertificates } from '../cms/signed.js';
import { KeyError, PathRefused } from './errors.js';
import { decodeBinding } from './formats.js';
import { lists, verifyLogEntry } from './membership-log.js';
import { checkPath } from './path.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('./agent.js').UnverifiedCertificate} UnverifiedCertificate */
/** @typedef {import('./agent.js').Verdict} Verdict */
/** @typedef {import('./agent.js').Identity} Identity */
/** @typedef {{anchors: import('./path.js').Anchor[], operatorDomains: string[]}} Trust domains in lower case */

/**
 * @param {UnverifiedCertificate} item @param {Trust} trust @param {Date} now
 * @returns {Promise<Verdict>}
 */
export async function verdictOn(item, trust, now) {
  try {
    return await judge(item, trust, now);
  } catch (error) {
    if (error instanceof KeyError) return refusal(error.code === 'LOG_REFUSED' ? 'binding-refused' : error.code);
    if (error instanceof CmsError) return refusal('certificate-malformed');
    throw error;
  }
}

/** @param {string} error @returns {Verdict} */
const refusal = (error) => ({ ok: false, error, reason: error });

/** @param {UnverifiedCertificate} item @param {Trust} trust @param {Date} now @returns {Promise<Verdict>} */
async function judge(item, trust, now) {
  const certificate = parseCertificate(item.certificate);
  const at = item.at ? new Date(item.at) : now;
  const chain = readableCertificates(item.chain);
  const anchor = await checkPath(certificate, { chain, anchors: trust.anchors, purpose: item.purpose, at });
  if (item.address && !certifies(certificate, item.address)) throw new PathRefused('address-mismatch');
  const identity = await identityOf(item, certificate, trust, anchor, now);
  return {
    ...standing(item.purpose), subject: certificate.subject.text, issuer: certificate.issuer.text, notBefore: rfc3339(certificate.notBefore),
    notAfter: rfc3339(certificate.notAfter), spki256: toBase64(await sha256(certificate.spki)), emails: certificate.emails,
    authority: authorityOf(certificate), ...(identity && { identity }),
  };
}

/**
 * Nobody checked revocation here. That stops no letter from being written, and leaves every signature an
 * open question: no state above S4 (DESIGN §4.9).
 * @param {UnverifiedCertificate['purpose']} purpose
 * @returns {Pick<Verdict, 'ok' | 'error' | 'reason' | 'revocation'>}
 */
function standing(purpose) {
  if (purpose === 'encrypt') return { ok: true, revocation: 'unchecked' };
  return { ...refusal('revocation-unknown'), revocation: 'unchecked' };
}

/** @param {Date} date */
const rfc3339 = (date) => date.toISOString().replace(/\.\d+Z$/, 'Z');

/** @param {Certificate} certificate */
function authorityOf({ issuer }) {
  const found = issuer.attributes.find(({ name }) => name === 'CN') ?? issuer.attributes.find(({ name }) => name === 'O');
  return found?.value ?? '';
}

/** @param {UnverifiedCertificate} item @param {Certificate} certificate @param {Trust} trust @param {import('./path.js').Anchor} anchor @param {Date} now @returns {Promise<Identity | null>} */
async function identityOf(item, certificate, trust, anchor, now) {
  const domain = item.address?.split('@').pop()?.toLowerCase() ?? '';
  if (item.binding && item.logEntry && item.address) return boundIdentity(item, certificate, trust, now);
  // The operator's certificate alone never suffices for an address of its own domains.
  if (item.purpose === 'encrypt' && trust.operatorDomains.includes(domain)) throw new PathRefused('binding-missing');
  const person = personOf(certificate);
  if (anchor.purposes.includes('health-card') && person.idValue) return { level: 'card', ...person };
  return { level: 'software', idType: '', idValue: '', name: person.name, profession: '' };
}

/**
 * Who a binding says it is: the binding stands in a log entry signed by a card, or at level passkey by
 * the mailbox's own signature key.
 * @param {UnverifiedCertificate} item @param {Certificate} certificate @param {Trust} trust @param {Date} now
 * @returns {Promise<Identity>}
 */
async function boundIdentity({ binding, logEntry, address }, certificate, trust, now) {
  const der = /** @type {Uint8Array} */ (binding);
  const bound = decodeBinding(der);
  const signed = await verifyLogEntry(/** @type {Uint8Array} */ (logEntry));
  const { entry } = signed;
  const sameMailbox = equal(bound.mailboxId, entry.mailboxId) && bound.address === entry.address;
  if (!lists(entry.bindings, await sha256(der)) || !sameMailbox) throw new PathRefused('binding-refused');
  if (bound.address.toLowerCase() !== address?.toLowerCase()) throw new PathRefused('address-mismatch');
  const spki = await sha256(certificate.spki);
  if (!equal(spki, bound.encryptionSpki) && !equal(spki, bound.signatureSpki)) throw new PathRefused('binding-refused');
  if (now < bound.notBefore || now > bound.notAfter) throw new PathRefused('binding-refused');
  await checkSigner(signed, bound, trust);
  return bound.identity;
}

/** @param {import('./membership-log.js').SignedEntry} signed @param {import('./formats.js').Binding} bound @param {Trust} trust */
async function checkSigner({ entry, signer, chain }, { identity, signatureSpki }, { anchors }) {
  const byMailbox = equal(await sha256(signer.spki), signatureSpki);
  const passkey = identity.level === 'passkey';
  const purpose = passkey ? 'message-signature' : 'card-signature';
  await checkPath(signer, { chain: readableCertificates(chain), anchors, purpose, at: entry.time });
  const person = personOf(signer);
  const same = person.idValue !== '' && person.idType === identity.idType && person.idValue === identity.idValue;
  if (passkey ? !byMailbox : byMailbox || !same) throw new PathRefused('binding-refused');
}
