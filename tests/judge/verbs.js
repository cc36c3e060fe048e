/**
 * The judge's verbs over the very modules the page uses. Private keys and path validation are asked of the other end
 * (`ask`), where Python holds the bridge. Runs in node and in a browser.
 */
import { parseCertificate } from '../../static/js/cms/certificate.js';
import { unwrapKek } from '../../static/js/cms/decryption-key.js';
import { buildEnveloped, parseEnveloped } from '../../static/js/cms/enveloped.js';
import { CmsError } from '../../static/js/cms/errors.js';
import { toHex } from '../../static/js/cms/octets.js';
import { unwrapPassword } from '../../static/js/cms/password.js';
import { names } from '../../static/js/cms/recipients.js';
import { buildSigned, parseSigned, signerCertificate, verifySigner } from '../../static/js/cms/signed.js';
import { formatAddress } from '../../static/js/mime/address.js';
import { encodeBase64, decodeBase64 } from '../../static/js/mime/transfer.js';
import { ascii, utf8 } from '../../static/js/mime/bytes.js';
import { splitMime } from '../../static/js/mime/split.js';
import { toBinary } from '../../static/js/mail/cms-part.js';
import { openMessage } from '../../static/js/mail/open.js';

/** @typedef {(question: string, details: Record<string, any>) => Promise<any>} Ask */
/** @typedef {Record<string, any>} Json */
/** @typedef {import('../../static/js/cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../../static/js/cms/enveloped.js').Recipient} Recipient */
/** @typedef {import('../../static/js/cms/enveloped.js').ContentAlgorithm} ContentAlgorithm */

/** @param {Uint8Array} bytes */
const base64 = (bytes) => ascii(encodeBase64(bytes)).replaceAll('\r\n', '');
/** @param {string} text */
const bytesOf = (text) => decodeBase64(utf8(text));
/** @param {string} pem every certificate in it */
const ders = (pem) => [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END/g)].map(([, body]) => bytesOf(body));
/** @param {string} pem */
const certificateOf = (pem) => parseCertificate(ders(pem)[0]);
/** @param {unknown} error */
const codeOf = (error) => (error instanceof CmsError ? error.code : 'bad-input');

/** @param {Uint8Array} bytes */
async function sha256(bytes) {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {BufferSource} */ (bytes))));
}

/**
 * The first RecipientInfo that names one of the keys, with its CEK.
 * @param {Recipient[]} recipients @param {ContentAlgorithm} contentAlgorithm
 * @param {Json[]} keys @param {Ask} ask
 * @returns {Promise<{cek: Uint8Array, recipient: Recipient} | null>}
 */
async function unwrap(recipients, contentAlgorithm, keys, ask) {
  for (const recipient of recipients) {
    const key = keys.findIndex(({ certificate }) => certificate && names(recipient.rid, certificateOf(certificate)));
    if (key < 0) continue;
    const { cek } = await ask('unwrap', { recipientInfo: base64(recipient.der), contentAlgorithm: contentAlgorithm.oid, key });
    return cek === null ? null : { cek: bytesOf(cek), recipient };
  }
  return null;
}

/**
 * What needs no private key: a key-encryption key (`kek`) or a password among the keys given.
 * @param {Recipient[]} recipients @param {ContentAlgorithm} contentAlgorithm @param {Json[]} keys
 * @returns {Promise<{cek: Uint8Array, recipient: Recipient} | null>}
 */
async function unwrapShared(recipients, { keyLength }, keys) {
  for (const { kek, password } of keys) {
    for (const recipient of recipients) {
      const opening = recipient.kind === 'kekri' && kek ? unwrapKek(recipient, bytesOf(kek))
        : recipient.kind === 'pwri' && password !== undefined ? unwrapPassword(recipient, password, keyLength) : null;
      const cek = await opening?.catch(() => null);
      if (cek) return { cek, recipient };
    }
  }
  return null;
}

/** @param {Json} input @param {Ask} ask */
async function cmsDecrypt({ cms, keys }, ask) {
  try {
    const enveloped = parseEnveloped(toBinary(bytesOf(cms)));
    const { recipients, contentAlgorithm } = enveloped;
    const found = (await unwrap(recipients, contentAlgorithm, keys, ask)) ?? (await unwrapShared(recipients, contentAlgorithm, keys));
    if (!found) return { ok: false, error: 'decryption-failed' };
    const content = base64(await enveloped.decrypt(found.cek));
    const { kind, algorithm } = found.recipient;
    return { ok: true, content, content_algorithm: contentAlgorithm.name, key_algorithm: algorithm.name, recipient: kind };
  } catch (error) {
    return { ok: false, error: codeOf(error) };
  }
}

/** @param {Json} input @param {Ask} ask */
async function cmsVerify({ cms, content, certificates = [], at }, ask) {
  try {
    const signed = parseSigned(toBinary(bytesOf(cms)));
    const chain = [...signed.certificates, ...certificates.flatMap(ders)];
    const covered = content === undefined ? signed.content : bytesOf(content);
    const holders = signed.signers.map((signer) => signerCertificate({ certificates: chain }, signer));
    const verdicts = await validateAll(holders.filter((each) => each !== null), chain, at, ask);
    const signers = await Promise.all(signed.signers.map((signer, i) => verifyOne(signed, signer, covered, holders[i], verdicts)));
    const ok = signers.length > 0 && signers.every(({ digest_ok, signature_ok, path_ok }) => digest_ok && signature_ok && path_ok);
    return { ok, signers, content: covered && base64(covered), ...(signers.length ? {} : { certificates: signed.certificates.map(base64) }) };
  } catch (error) {
    return { ok: false, signers: [], content: null, error: codeOf(error) };
  }
}

/** @param {Certificate[]} holders @param {Uint8Array[]} chain @param {string} at @param {Ask} ask @returns {Promise<Map<Certificate, Json>>} */
async function validateAll(holders, chain, at, ask) {
  const more = { chain: chain.map(base64), purpose: 'message-signature', at };
  const verdicts = holders.length ? await ask('validate', { items: holders.map(({ der }) => ({ certificate: base64(der), ...more })) }) : [];
  return new Map(holders.map((holder, i) => [holder, verdicts[i]]));
}

/** @param {any} signed @param {any} signer @param {Uint8Array | null} covered @param {Certificate | null} certificate @param {Map<Certificate, Json>} verdicts */
async function verifyOne(signed, signer, covered, certificate, verdicts) {
  if (!certificate) return { subject: null, serial: null, digest_ok: false, signature_ok: false, path_ok: false, reason: 'certificate-missing' };
  const reason = await verifySigner(signed, signer, covered, certificate).then(() => '', codeOf);
  const path = verdicts.get(certificate) ?? {};
  return {
    subject: certificate.subject.text, serial: certificate.serialNumber.toString(16),
    digest_ok: reason !== 'digest-mismatch' && reason !== 'encoding' && reason !== 'attributes-refused',
    signature_ok: reason === '', path_ok: path.ok === true, reason: reason || path.error || null,
  };
}

/** @param {Json} input @param {Ask} ask */
async function cmsSign({ content, certificate, chain = [], detached, at }, ask) {
  const signer = certificateOf(certificate);
  const sign = async (/** @type {Uint8Array} */ tbs) => bytesOf((await ask('sign', { tbs: base64(tbs) })).signature);
  const cms = await buildSigned({
    content: bytesOf(content), detached: Boolean(detached), certificate: signer, chain: chain.flatMap(ders), sign,
    signedAttributes: { signingTime: new Date(at), capabilities: true },
  });
  return { cms: base64(cms) };
}

const KEY_ALGORITHMS = Object.freeze(/** @type {Record<string, any>} */ ({ auto: undefined, 'rsa-pkcs1': 'rsa-pkcs1', 'rsa-oaep': 'rsa-oaep', ecdh: 'ecdh' }));

/** `hash` is that of OAEP or of the ECDH KDF, `label` that of OAEP or the ukm of ECDH. @param {Json} input */
async function cmsEncrypt({ content, recipients, content_algorithm: contentAlgorithm = 'aes-256-cbc', key_algorithm: wish = 'auto', hash, label }) {
  const certificates = recipients.map(certificateOf);
  const keyAlgorithm = KEY_ALGORITHMS[wish];
  const how = { ...(keyAlgorithm && { keyAlgorithm }), ...(hash && { hash }), ...(label && { label }) };
  const cms = await buildEnveloped({
    content: bytesOf(content), contentAlgorithm: contentAlgorithm.toLowerCase(),
    recipients: certificates.map((/** @type {any} */ certificate) => ({ certificate, ...how })),
  });
  return { cms: base64(cms) };
}

/** @param {Json} input */
async function mimeTree({ message }) {
  return { tree: await treeOf(splitMime(bytesOf(message))) };
}

/** @param {import('../../static/js/mime/split.js').Part} part @returns {Promise<Json>} */
async function treeOf(part) {
  const body = part.decodedBody();
  return {
    type: part.type, disposition: part.disposition || null, filename: part.filename,
    size: body.length, sha256: await sha256(body), children: await Promise.all(part.children.map(treeOf)),
  };
}

/** @param {Json} input @param {Ask} ask */
async function view(input, ask) {
  const opened = await openMessage(bytesOf(input.message), readerOf(input, ask));
  const { signer, state, reason, details, card } = opened.signature;
  return {
    subject: opened.subject, from: opened.from.map(formatAddress).join(', '), to: opened.to.map(formatAddress),
    date: opened.date, encrypted: opened.encrypted,
    signature: { state, signer: signer && signerView(signer), reason, details: details && detailsView(details), card: card && detailsView(card) },
    text: opened.text, html: opened.html, attachments: await Promise.all(opened.attachments.map(attachmentView)),
    ...(opened.quarantined && { quarantined: opened.quarantined }), notices: opened.notices, requests: [],
    encryption: opened.encryption, protections: opened.protections,
    images: opened.html === null ? [] : inlineImages(opened.attachments),
  };
}

/**
 * Beyond the fixed members a caller may give `directory` ({address: rpps}), `certificates` (known ones, PEM),
 * `allow_old` and `password`.
 * @param {Json} input @param {Ask} ask @returns {import('../../static/js/mail/open.js').Reader}
 */
function readerOf({ keys = [], at, viewer, directory = {}, certificates = [], allow_old: allowOld, password }, ask) {
  return {
    unwrap: (recipients, algorithm) => unwrap(recipients, algorithm, keys, ask),
    validate: (items) => ask('validate', { items: items.map((item) => ({ ...item, certificate: base64(item.certificate), chain: item.chain.map(base64) })) }),
    directory: async (address) => (Object.hasOwn(directory, address) ? { rppsNumber: directory[address] } : null),
    known: async () => certificates.flatMap(ders),
    at: new Date(at),
    ...(viewer && { ownAddress: viewer }), ...(allowOld && { allowOld }), ...(password && { password }),
  };
}

/** @param {import('../../static/js/mail/signature-details.js').SignatureDetails} details */
const detailsView = ({ certificate: _der, ...rest }) => rest;

/** @param {import('../../static/js/mail/body.js').Attachment} attachment */
async function attachmentView({ filename, type, size, bytes, opens }) {
  return { filename, type, size, sha256: await sha256(bytes), ...(opens && { opens }) };
}

/** @param {import('../../static/js/mail/state.js').Signer} signer */
function signerView({ level, idType, idValue, name, profession, address, authority }) {
  return { name, rppsNumber: idType === 'RPPS' ? idValue : '', profession, authority, level, email: address };
}

/** @param {import('../../static/js/mail/body.js').Attachment[]} attachments what the frame may show as `cid:` */
function inlineImages(attachments) {
  return attachments.filter(({ contentId }) => contentId).map(({ contentId, type, bytes }) => ({ contentId, type, bytes: base64(bytes) }));
}

/** @type {Record<string, (input: Json, ask: Ask) => Promise<Json>>} */
const VERBS = { 'cms-decrypt': cmsDecrypt, 'cms-verify': cmsVerify, 'cms-sign': cmsSign, 'cms-encrypt': cmsEncrypt, 'mime-tree': mimeTree, view };

/**
 * @param {string} verb
 * @param {Json} input
 * @param {Ask} ask
 * @returns {Promise<Json>}
 */
export function answer(verb, input, ask) {
  return VERBS[verb](input, ask);
}

