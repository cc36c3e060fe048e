/**
 * Opening an account with a passkey: one grant, one binding, and the genesis entry that signs both
 * with the mailbox signature key (identity level passkey).
 * @module
 */
import { certifies } from '../cms/certificate.js';
import { sha256 } from '../cms/digest.js';
import { equal, fromHex } from '../cms/octets.js';
import { algorithmFor, importSigner } from '../cms/signature.js';
import { KeyError } from './errors.js';
import { NO_PREVIOUS, encodeBinding, encodeGrantBody } from './formats.js';
import { buildGrant } from './grants.js';
import { deriveHolderKey } from './holder-keys.js';
import { buildLogEntry } from './membership-log.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {{encryption: Certificate, signature: Certificate, chain: Uint8Array[]}} MailboxCertificates */
/** @typedef {import('./agent.js').PasskeyUnlock & {name: string, idType: string, idValue: string}} PasskeyHolder */

/** Of a new mailbox. */
export const FIRST_EPOCH = 1;

/**
 * @param {{mailboxId: string, address: string}} mailbox @param {MailboxKeys} keys @param {MailboxCertificates} certificates
 * @param {PasskeyHolder} holder @param {Date} now in whole seconds
 * @returns {Promise<import('./agent.js').CreatedMailbox & {identity: import('./agent.js').Identity}>}
 */
export async function buildGenesis({ mailboxId, address }, keys, certificates, holder, now) {
  const common = {
    mailboxId: fromHex(mailboxId), address, epoch: FIRST_EPOCH,
    encryptionSpki: await sha256(certificates.encryption.spki), signatureSpki: await sha256(certificates.signature.spki),
  };
  const identity = identityOf(holder);
  const body = await genesisBody(common, certificates, holder, now);
  const binding = encodeBinding({ ...common, notBefore: now, notAfter: certificates.encryption.notAfter, identity });
  const entry = /** @type {import('./formats.js').LogEntry} */ ({
    mailboxId: common.mailboxId, address, seq: 0, prevHash: NO_PREVIOUS, time: now, kind: 'genesis',
    grants: [await sha256(encodeGrantBody(body))], bindings: [await sha256(binding)],
  });
  const sign = await importSigner(keys.signatureKey, algorithmFor(certificates.signature.publicKey));
  const signer = { certificate: certificates.signature, sign, chain: certificates.chain };
  return { grant: await buildGrant(body, keys), binding, logEntry: await buildLogEntry(entry, signer), epoch: FIRST_EPOCH, identity };
}

/** @param {PasskeyHolder} holder @returns {import('./agent.js').Identity} */
const identityOf = ({ idType, idValue, name }) => ({ level: 'passkey', idType, idValue, name, profession: '' });

/**
 * @param {Pick<import('./formats.js').GrantBody, 'mailboxId' | 'address' | 'epoch' | 'encryptionSpki' | 'signatureSpki'>} common
 * @param {MailboxCertificates} certificates @param {PasskeyHolder} holder @param {Date} now
 * @returns {Promise<import('./formats.js').GrantBody>}
 */
async function genesisBody(common, { encryption, signature }, { credentialId, prf, idType, idValue, name }, now) {
  const { spki: holderKey } = await deriveHolderKey('passkey', prf, common.mailboxId);
  return {
    ...common, grantId: crypto.getRandomValues(new Uint8Array(16)),
    encryptionCertificate: await sha256(encryption.der), signatureCertificate: await sha256(signature.der),
    holder: { kind: 'passkey', reference: await sha256(credentialId), idType, idValue, name },
    role: 'owner', historyFromEpoch: FIRST_EPOCH, notBefore: now, notAfter: null, logSeq: 0, prevLogHash: NO_PREVIOUS, holderKey,
  };
}

/**
 * The operator certified the very keys made here, for the address asked, each for its own use.
 * @param {{address: string, encryptionSpki: Uint8Array, signatureSpki: Uint8Array}} made SubjectPublicKeyInfos
 * @param {MailboxCertificates} certificates
 * @throws {KeyError} GRANT_REFUSED
 */
export function checkCertification({ address, encryptionSpki, signatureSpki }, { encryption, signature }) {
  const ours = equal(encryption.spki, encryptionSpki) && equal(signature.spki, signatureSpki);
  const addressed = [encryption, signature].every((certificate) => certificate.emails.length === 1 && certifies(certificate, address));
  const enciphers = encryption.keyUsage.has('keyEncipherment') || encryption.keyUsage.has('keyAgreement');
  const separate = enciphers && signature.keyUsage.has('digitalSignature') && !encryption.keyUsage.has('digitalSignature');
  if (!ours || !addressed || !separate) throw new KeyError('GRANT_REFUSED', { reason: 'certificate-mismatch' });
}
