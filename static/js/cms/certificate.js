/**
 * Certificates (RFC 5280), read and not judged: whether one may be trusted is for the bridge or
 * `keys/path.js` to say. French health subjects carry the RPPS in the common name: `8` and eleven digits.
 * @module
 */
import { CERTIFICATE_LIMITS, TAG, context, parseBer } from './ber.js';
import { definite, isShortest } from './der.js';
import { CertificateError, EncodingError } from './errors.js';
import { equal, toHex } from './octets.js';
import { EXTENSION, EXT_KEY_USAGES, KEY_USAGES, NAME_ATTRIBUTES } from './oids.js';
import { readPublicKey } from './public-key.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {{oid: string, name: string, value: string}} NameAttribute */
/** @typedef {{der: Bytes, text: string, attributes: NameAttribute[]}} Name */
/** @typedef {{critical: boolean, value: Bytes}} Extension */
/**
 * @typedef {object} Certificate
 * @property {Bytes} der
 * @property {Bytes} tbs the signed part
 * @property {string} signatureAlgorithm OID
 * @property {Bytes} signatureAlgorithmDer AlgorithmIdentifier
 * @property {Bytes} signature
 * @property {bigint} serialNumber
 * @property {Bytes} serialNumberDer the INTEGER
 * @property {Name} issuer
 * @property {Name} subject
 * @property {Date} notBefore
 * @property {Date} notAfter
 * @property {Bytes} spki SubjectPublicKeyInfo
 * @property {import('./public-key.js').PublicKey} publicKey
 * @property {Map<string, Extension>} extensions by OID
 * @property {Bytes | null} subjectKeyIdentifier from the extension
 * @property {Set<string>} keyUsage empty if the extension is absent
 * @property {Set<string>} extKeyUsage names, or OIDs where we know none; empty if absent
 * @property {boolean} certificationAuthority
 * @property {number} pathLength most intermediate certificates below, Infinity if not said
 * @property {string[]} emails rfc822Name and SmtpUTF8Mailbox, as written
 * @property {string} commonName
 * @property {string} givenName
 * @property {string} surname
 * @property {string} title profession, on a French card
 * @property {string} rpps eleven digits, or ''
 */

/** @param {string} name @param {Name} from */
const attribute = (name, from) => from.attributes.find((candidate) => candidate.name === name)?.value ?? '';

/** @param {Element} element @returns {Name} */
export function readName(element) {
  /** @type {NameAttribute[]} */
  const attributes = [];
  // A French card has CN, SN and GN in one multi-valued RDN, whose order means nothing.
  for (const rdn of element.expect(TAG.SEQUENCE).children) {
    const pairs = rdn.expect(TAG.SET).children;
    if (pairs.length === 0) throw new EncodingError('name'); // SET SIZE (1..MAX), RFC 5280 §4.1.2.4
    for (const pair of pairs) attributes.push(readAttribute(pair));
  }
  const text = attributes.map(({ name, value }) => `${name}=${value}`).join(', ');
  return { der: definite(element), text, attributes };
}

/** @param {Element} pair @returns {NameAttribute} */
function readAttribute(pair) {
  const fields = pair.expect(TAG.SEQUENCE).cursor();
  const oid = fields.take(TAG.OID).oid();
  const value = fields.take();
  fields.end();
  if (value.tag & 0xc0) throw new EncodingError('name');
  return { oid, name: NAME_ATTRIBUTES[oid] ?? oid, value: readDirectoryString(value) };
}

/** @param {Element} value */
function readDirectoryString(value) {
  try {
    return value.text();
  } catch {
    return `#${toHex(value.raw)}`;
  }
}

/**
 * @param {Uint8Array} der
 * @returns {Certificate}
 * @throws {EncodingError | import('./errors.js').LimitError}
 */
export function parseCertificate(der) {
  const root = parseBer(der, CERTIFICATE_LIMITS);
  if (!isShortest(root)) throw new EncodingError('not DER');
  const outer = root.expect(TAG.SEQUENCE).cursor();
  const tbs = outer.take(TAG.SEQUENCE);
  const algorithm = outer.take(TAG.SEQUENCE);
  const signature = outer.take(TAG.BIT_STRING).bitString();
  outer.end();
  const signed = {
    der: root.raw, tbs: tbs.raw, signature,
    signatureAlgorithm: algorithm.children[0]?.oid() ?? '', signatureAlgorithmDer: algorithm.raw,
  };
  return { ...signed, ...readTbs(tbs, algorithm) };
}

/** @param {Element} tbs @param {Element} outerAlgorithm */
function readTbs(tbs, outerAlgorithm) {
  const fields = tbs.cursor();
  const version = fields.optional(context(0))?.only().smallInteger() ?? 0;
  if (version > 2) throw new EncodingError('version');
  const serial = fields.take(TAG.INTEGER);
  // RFC 5280 §4.1.1.2: the algorithm outside is the one that is signed.
  if (!equal(fields.take(TAG.SEQUENCE).raw, outerAlgorithm.raw)) throw new EncodingError('signature algorithm');
  const issuer = readName(fields.take());
  const validity = fields.take(TAG.SEQUENCE).cursor();
  const [notBefore, notAfter] = [validity.take().time(), validity.take().time()];
  validity.end();
  const subject = readName(fields.take());
  const spki = fields.take(TAG.SEQUENCE);
  fields.optional(0x81, 0xa1);
  fields.optional(0x82, 0xa2);
  const extensions = readExtensions(fields.optional(context(3)));
  fields.end();
  return {
    serialNumber: serial.integer(), serialNumberDer: serial.raw, issuer, subject, notBefore, notAfter,
    spki: spki.raw, publicKey: readPublicKey(spki), extensions,
    ...readUsages(extensions), ...readPerson(subject), emails: readEmails(extensions, subject),
  };
}

/** @param {Element | null} element @returns {Map<string, Extension>} */
export function readExtensions(element) {
  const extensions = new Map();
  for (const extension of element ? element.only().children : []) {
    const fields = extension.cursor();
    const oid = fields.take(TAG.OID).oid();
    const flag = fields.optional(TAG.BOOLEAN);
    if (extensions.has(oid)) throw new EncodingError('extension given twice');
    extensions.set(oid, { critical: flag !== null && flag.value[0] !== 0, value: fields.take(TAG.OCTET_STRING).value });
    fields.end();
  }
  return extensions;
}

/** @param {Map<string, Extension>} extensions @param {string} oid @returns {Element | null} */
function parseExtension(extensions, oid) {
  const extension = extensions.get(oid);
  return extension ? parseBer(extension.value, CERTIFICATE_LIMITS) : null;
}

/** @param {Map<string, Extension>} extensions */
function readUsages(extensions) {
  const usage = parseExtension(extensions, EXTENSION.keyUsage);
  const extended = parseExtension(extensions, EXTENSION.extKeyUsage);
  const constraints = parseExtension(extensions, EXTENSION.basicConstraints)?.cursor();
  const authority = constraints?.optional(TAG.BOOLEAN);
  return {
    subjectKeyIdentifier: parseExtension(extensions, EXTENSION.subjectKeyIdentifier)?.expect(TAG.OCTET_STRING).octets() ?? null,
    keyUsage: new Set(usage ? [...usage.namedBits()].map((bit) => KEY_USAGES[bit] ?? `bit ${bit}`) : []),
    extKeyUsage: new Set(extended?.children.map((purpose) => EXT_KEY_USAGES[purpose.oid()] ?? purpose.oid())),
    certificationAuthority: Boolean(authority && authority.value[0] !== 0),
    pathLength: constraints?.optional(TAG.INTEGER)?.smallInteger() ?? Infinity,
  };
}

/** @param {Map<string, Extension>} extensions @param {Name} subject @returns {string[]} */
function readEmails(extensions, subject) {
  const names = parseExtension(extensions, EXTENSION.subjectAltName);
  // RFC 8550 §3: the subject's emailAddress is the old place; it counts only without the new one.
  if (!names) return subject.attributes.filter(({ name }) => name === 'emailAddress').map(({ value }) => value);
  return names.children.flatMap(readEmailName);
}

/** @param {Element} name GeneralName @returns {string[]} */
function readEmailName(name) {
  if ((name.tag & 0xc0) !== 0x80) throw new EncodingError('name');
  // An IA5String; what is written with other octets would be shown as nobody wrote it.
  if (name.tag === context(1, false) && name.value.some((octet) => octet > 0x7f)) return [];
  if (name.tag === context(1, false)) return [new TextDecoder().decode(name.value)];
  if (name.tag !== context(0)) return [];
  const fields = name.cursor();
  if (fields.take(TAG.OID).oid() !== EXTENSION.smtpUtf8Mailbox) return [];
  const address = fields.take(context(0)).only().expect(TAG.UTF8_STRING).text();
  // RFC 9598 §3: only for what an rfc822Name cannot say, whose rules would not bind it here.
  return /[^\u0000-\u007f].*@/u.test(address) ? [address] : [];
}

/** @param {Name} subject */
function readPerson(subject) {
  const commonName = attribute('CN', subject);
  const rpps = /^8(\d{11})$/.exec(commonName);
  return {
    commonName, rpps: rpps && luhn(rpps[1]) ? rpps[1] : '', givenName: attribute('GN', subject),
    surname: attribute('SN', subject), title: attribute('title', subject),
  };
}

/** The check digit of an RPPS number, over its eleven digits. @param {string} digits */
function luhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/**
 * Who a card says its holder is. A card has no e-mail address, a mailbox certificate has no RPPS.
 * @param {Certificate} certificate
 * @returns {{idType: string, idValue: string, name: string, profession: string}}
 */
export function personOf(certificate) {
  const { rpps, givenName, surname, title, commonName } = certificate;
  const name = [givenName, surname].filter(Boolean).join(' ') || commonName;
  return { idType: rpps ? 'RPPS' : '', idValue: rpps, name, profession: title };
}

/** @param {Certificate} certificate @param {string} address compared without regard to ASCII case */
export function certifies(certificate, address) {
  return certificate.emails.some((email) => lowerAscii(email) === lowerAscii(address));
}

/** No other letters: the Kelvin sign is no k. @param {string} text */
const lowerAscii = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * The key as WebCrypto uses it.
 * @param {{spki: Bytes}} certificate
 * @param {RsaHashedImportParams | EcKeyImportParams | {name: string}} algorithm
 * @param {KeyUsage[]} usages
 */
export function importPublicKey({ spki }, algorithm, usages) {
  return crypto.subtle.importKey('spki', spki, algorithm, false, usages)
    .catch(() => { throw new CertificateError('key-unreadable', 'the public key could not be imported'); });
}

/** Issuer and serial number as RFC 5652 §10.2.4 writes them. @param {Certificate} certificate @returns {Bytes[]} */
export const issuerAndSerialNumber = ({ issuer, serialNumberDer }) => [issuer.der, serialNumberDer];
