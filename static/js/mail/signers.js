/**
 * The certificates of a message's signers: in the message, which is where they mostly are; else those that the
 * directory or earlier messages of the same address told.
 */
import { names } from '../cms/recipients.js';
import { readableCertificates } from '../cms/signed.js';
import { readStatement } from './statement.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/signed.js').Signed} Signed */
/** @typedef {import('./state.js').DirectoryPerson} DirectoryPerson */
/** @typedef {import('./statement.js').Statement} Statement */
/** @typedef {{certificates: Certificate[], chain: Uint8Array[]}} Found */

/**
 * @param {Signed} signed
 * @param {string | null} from
 * @param {Promise<DirectoryPerson | null>} entry of the directory for that address
 * @param {(address: string) => Promise<Uint8Array[]>} known
 * @returns {Promise<Statement[] | null>} one for each SignerInfo; null if a certificate is nowhere
 */
export async function signersOf(signed, from, entry, known) {
  const sent = { certificates: readableCertificates(signed.certificates), chain: signed.certificates };
  const complete = signed.signers.every(({ sid }) => sent.certificates.some((certificate) => names(sid, certificate)));
  const found = complete ? sent : await withKnown(sent, await Promise.all([entry, from ? known(from) : []]));
  const statements = signed.signers.map((signerInfo) => {
    const certificate = found.certificates.find((each) => names(signerInfo.sid, each));
    return certificate ? readStatement(signed, signerInfo, { certificate, chain: found.chain, sent: sent.certificates }) : null;
  });
  return statements.includes(null) ? null : Promise.all(/** @type {Promise<Statement>[]} */ (statements));
}

/** @param {Found} sent @param {[DirectoryPerson | null, Uint8Array[]]} elsewhere @returns {Found} */
function withKnown(sent, [entry, known]) {
  const own = entry?.signatureCertificate ? [entry.signatureCertificate, ...(entry.chain ?? [])] : [];
  const more = [...own, ...known];
  return { certificates: [...sent.certificates, ...readableCertificates(more)], chain: [...sent.chain, ...more] };
}
