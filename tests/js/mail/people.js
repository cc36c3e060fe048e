/** Alice and Bob with certificates of their own, and a path validator that believes whom the test names. */
import { names } from '../../../static/js/cms/recipients.js';
import { PLI_OID } from '../../../static/js/cms/oids.js';
import { algorithmFor, importSigner } from '../../../static/js/cms/signature.js';
import { buildSigned } from '../../../static/js/cms/signed.js';
import { issue, openssl } from '../cms/openssl.js';

export const AT = new Date(Date.now() + 60_000);

export const alice = issue('alice', 'P-256');
export const mallory = issue('mallory', 'P-256');
export const card = issue('card', 'rsa', ['keyUsage=critical,nonRepudiation']);
export const bob = issue('bob', 'rsa');

/** @typedef {typeof alice} Person */

/**
 * @param {Uint8Array} content
 * @param {Person} person
 * @param {import('../../../static/js/cms/attributes.js').SignedAttributeOptions} [signedAttributes]
 */
export async function sign(content, { certificate, pkcs8 }, signedAttributes = { signingTime: new Date(AT.getTime() - 120_000) }) {
  return buildSigned({ content, detached: true, certificate, sign: await importSigner(pkcs8, algorithmFor(certificate.publicKey)), signedAttributes });
}

/** Form E2h: the card's SignedData in a signed attribute of the mailbox's. @param {Uint8Array} content @param {Uint8Array[]} [cards] */
export async function signE2h(content, cards) {
  const values = cards ?? [await sign(content, card)];
  return sign(content, alice, { signingTime: new Date(AT.getTime() - 120_000), extra: [{ type: PLI_OID.cardSignature, values }] });
}

export const DOCTOR = { level: /** @type {const} */ ('card'), idType: 'RPPS', idValue: '99900001016', name: 'Alice Martin', profession: 'Médecin' };

/**
 * Believes mailbox certificates as mailboxes and the card as Dr Alice, unless `errors` says otherwise by purpose.
 * @param {Record<string, string>} [errors]
 * @returns {import('../../../static/js/mail/state.js').Judging['validate']}
 */
export const believing = (errors = {}) => async (items) => items.map(({ certificate, purpose }) => {
  if (errors[purpose]) return { ok: false, error: errors[purpose] };
  const isCard = Buffer.compare(certificate, card.certificate.der) === 0;
  if (isCard !== (purpose === 'card-signature')) return { ok: false, error: 'wrong-key-usage' };
  return { ok: true, revocation: 'good', authority: isCard ? 'Santé' : 'Opérateur', ...(isCard && { identity: DOCTOR }) };
});

/** What Bob's key opens, by OpenSSL. @type {import('../../../static/js/mail/envelope.js').Keys['unwrap']} */
export async function unwrapForBob(recipients) {
  const recipient = recipients.find(({ rid }) => names(rid, bob.certificate));
  if (!recipient) return null;
  const padding = recipient.algorithm.name === 'rsa-oaep' ? ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha256'] : [];
  return { cek: new Uint8Array(openssl(['pkeyutl', '-decrypt', '-inkey', 'bob.key', ...padding], recipient.encryptedKey)), recipient };
}

