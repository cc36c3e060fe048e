/**
 * Object identifiers met in S/MIME, by the names of the RFCs that define them.
 * @module
 */

/** Content types (RFC 5652, 5083; docs/FORMATS.md for ours). */
export const CONTENT_TYPE = Object.freeze({
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  compressedData: '1.2.840.113549.1.9.16.1.9',
});

/** The arc of this project, a UUID (ITU-T X.667). */
const PLI = '2.25.273421815402683121003718430791159155241';

export const PLI_OID = Object.freeze({
  mailboxKeys: `${PLI}.1.1`,
  logEntry: `${PLI}.1.2`,
  cardProof: `${PLI}.1.3`,
  restore: `${PLI}.1.4`,
  context: `${PLI}.2.1`,
  cardSignature: `${PLI}.2.2`,
  delegation: `${PLI}.2.3`,
});

export const ATTRIBUTE = Object.freeze({
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  extensionRequest: '1.2.840.113549.1.9.14',
  smimeCapabilities: '1.2.840.113549.1.9.15',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  encrypKeyPref: '1.2.840.113549.1.9.16.2.11',
});

export const DIGEST = Object.freeze({
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
});

/** Names of WebCrypto by digest OID; what is absent is not computed here. @type {Readonly<Record<string, string>>} */
export const DIGEST_NAMES = Object.freeze({
  [DIGEST.sha1]: 'SHA-1',
  [DIGEST.sha256]: 'SHA-256',
  [DIGEST.sha384]: 'SHA-384',
  [DIGEST.sha512]: 'SHA-512',
});

/** @type {Readonly<Record<string, string>>} */
export const DIGEST_OIDS = Object.freeze({
  'SHA-1': DIGEST.sha1,
  'SHA-256': DIGEST.sha256,
  'SHA-384': DIGEST.sha384,
  'SHA-512': DIGEST.sha512,
});

export const KEY_ALGORITHM = Object.freeze({
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  pSpecified: '1.2.840.113549.1.1.9',
  rsaPss: '1.2.840.113549.1.1.10',
  ecPublicKey: '1.2.840.10045.2.1',
  ecDh: '1.3.132.1.12',
  x25519: '1.3.101.110',
  ed25519: '1.3.101.112',
});

/** @type {Readonly<Record<string, string>>} named curves, as WebCrypto calls them */
export const CURVE_NAMES = Object.freeze({
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
});

/** @type {Readonly<Record<string, string>>} */
export const CURVE_OIDS = Object.freeze({
  'P-256': '1.2.840.10045.3.1.7',
  'P-384': '1.3.132.0.34',
  'P-521': '1.3.132.0.35',
});

/** Signature algorithms with their digest in the name (RFC 8017, 5754, 5758, 8419). */
export const SIGNATURE = Object.freeze({
  md5WithRsa: '1.2.840.113549.1.1.4',
  sha1WithRsa: '1.2.840.113549.1.1.5',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  ecdsaWithSha1: '1.2.840.10045.4.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
});

/**
 * Diffie-Hellman schemes: ECDH with the X9.63 KDF (RFC 5753 §7.1.4), and with HKDF (RFC 8418 §2.2).
 * @type {Readonly<Record<string, {kdf: 'X9.63' | 'HKDF', hash: string}>>}
 */
export const ECDH_SCHEMES = Object.freeze({
  '1.3.133.16.840.63.0.2': { kdf: 'X9.63', hash: 'SHA-1' },
  '1.3.132.1.11.0': { kdf: 'X9.63', hash: 'SHA-224' },
  '1.3.132.1.11.1': { kdf: 'X9.63', hash: 'SHA-256' },
  '1.3.132.1.11.2': { kdf: 'X9.63', hash: 'SHA-384' },
  '1.3.132.1.11.3': { kdf: 'X9.63', hash: 'SHA-512' },
  // Cofactor Diffie-Hellman: the same computation on the NIST curves, whose cofactor is 1.
  '1.3.133.16.840.63.0.3': { kdf: 'X9.63', hash: 'SHA-1' },
  '1.3.132.1.14.0': { kdf: 'X9.63', hash: 'SHA-224' },
  '1.3.132.1.14.1': { kdf: 'X9.63', hash: 'SHA-256' },
  '1.3.132.1.14.2': { kdf: 'X9.63', hash: 'SHA-384' },
  '1.3.132.1.14.3': { kdf: 'X9.63', hash: 'SHA-512' },
  '1.2.840.113549.1.9.16.3.19': { kdf: 'HKDF', hash: 'SHA-256' },
  '1.2.840.113549.1.9.16.3.20': { kdf: 'HKDF', hash: 'SHA-384' },
  '1.2.840.113549.1.9.16.3.21': { kdf: 'HKDF', hash: 'SHA-512' },
});

/** The schemes we write, by digest. @type {Readonly<Record<string, string>>} */
export const ECDH_KDF_OIDS = Object.freeze({
  'SHA-1': '1.3.133.16.840.63.0.2',
  'SHA-256': '1.3.132.1.11.1',
  'SHA-384': '1.3.132.1.11.2',
  'SHA-512': '1.3.132.1.11.3',
});

/** What we write for X25519. */
export const ECDH_HKDF_SHA256 = '1.2.840.113549.1.9.16.3.19';

/** AES key wrap (RFC 3565), by length of the key in bytes. @type {Readonly<Record<string, number>>} */
export const KEY_WRAP_LENGTHS = Object.freeze({
  '2.16.840.1.101.3.4.1.5': 16,
  '2.16.840.1.101.3.4.1.25': 24,
  '2.16.840.1.101.3.4.1.45': 32,
});

/** Triple-DES key wrap (RFC 3370 §4.3.1) under ECDH: read on demand only, never written. @type {Readonly<Record<string, number>>} */
export const OLD_KEY_WRAP_LENGTHS = Object.freeze({ '1.2.840.113549.1.9.16.3.6': 24 });

export const AES256_WRAP = '2.16.840.1.101.3.4.1.45';

/**
 * `old`: read on demand only, by software of ours (WebCrypto has neither), and never written.
 * @type {Readonly<Record<string, {name: string, cipher: 'AES' | '3DES' | 'RC2', mode: 'CBC' | 'GCM', keyLength: number, old: boolean}>>}
 */
export const CONTENT_CIPHERS = Object.freeze({
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', cipher: 'AES', mode: 'CBC', keyLength: 16, old: false },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', cipher: 'AES', mode: 'CBC', keyLength: 24, old: false },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', cipher: 'AES', mode: 'CBC', keyLength: 32, old: false },
  '2.16.840.1.101.3.4.1.6': { name: 'aes-128-gcm', cipher: 'AES', mode: 'GCM', keyLength: 16, old: false },
  '2.16.840.1.101.3.4.1.26': { name: 'aes-192-gcm', cipher: 'AES', mode: 'GCM', keyLength: 24, old: false },
  '2.16.840.1.101.3.4.1.46': { name: 'aes-256-gcm', cipher: 'AES', mode: 'GCM', keyLength: 32, old: false },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', cipher: '3DES', mode: 'CBC', keyLength: 24, old: true },
  '1.2.840.113549.3.2': { name: 'rc2-cbc', cipher: 'RC2', mode: 'CBC', keyLength: 16, old: true },
});

/** Recognised so that a reader can be told, never decrypted. @type {Readonly<Record<string, string>>} */
export const REFUSED_CIPHERS = Object.freeze({
  '1.2.840.113549.3.4': 'rc4',
  '1.3.14.3.2.7': 'des-cbc',
});

/**
 * smimeCapabilities (RFC 8551 §2.5.2) by the names of docs/FORMATS.md, best first; any of the OIDs
 * announces it, and the first is the one we write.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const CAPABILITIES = Object.freeze({
  'aes-256-gcm': ['2.16.840.1.101.3.4.1.46'],
  'aes-256-cbc': ['2.16.840.1.101.3.4.1.42'],
  'aes-128-gcm': ['2.16.840.1.101.3.4.1.6'],
  'aes-128-cbc': ['2.16.840.1.101.3.4.1.2'],
  'rsa-oaep': [KEY_ALGORITHM.rsaOaep],
  ecdh: [ECDH_KDF_OIDS['SHA-256'], ECDH_KDF_OIDS['SHA-384'], ECDH_KDF_OIDS['SHA-512'], ECDH_KDF_OIDS['SHA-1']],
});

/** Passwords as recipients (RFC 3211, RFC 8018). */
export const PASSWORD_ALGORITHM = Object.freeze({
  pbkdf2: '1.2.840.113549.1.5.12',
  pwriKek: '1.2.840.113549.1.9.16.3.9',
});

/** HMAC of PBKDF2, by the digest WebCrypto names. @type {Readonly<Record<string, string>>} */
export const HMAC_DIGESTS = Object.freeze({
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
});

/** id-alg-zlibCompress (RFC 3274). */
export const ZLIB = '1.2.840.113549.1.9.16.3.8';

/** Attributes of names (X.520, RFC 4519). @type {Readonly<Record<string, string>>} */
export const NAME_ATTRIBUTES = Object.freeze({
  '2.5.4.3': 'CN', '2.5.4.4': 'SN', '2.5.4.5': 'serialNumber', '2.5.4.6': 'C', '2.5.4.7': 'L',
  '2.5.4.8': 'ST', '2.5.4.10': 'O', '2.5.4.11': 'OU', '2.5.4.12': 'title', '2.5.4.42': 'GN',
  '2.5.4.65': 'pseudonym', '2.5.4.97': 'organizationIdentifier',
  '1.2.840.113549.1.9.1': 'emailAddress', '0.9.2342.19200300.100.1.25': 'DC',
});

export const EXTENSION = Object.freeze({
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policyMappings: '2.5.29.33',
  policyConstraints: '2.5.29.36',
  certificatePolicies: '2.5.29.32',
  extKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  smtpUtf8Mailbox: '1.3.6.1.5.5.7.8.9',
});

/** By position of the bit (RFC 5280 §4.2.1.3). */
export const KEY_USAGES = Object.freeze([
  'digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement',
  'keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly',
]);

/** @type {Readonly<Record<string, string>>} */
export const EXT_KEY_USAGES = Object.freeze({
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '1.3.6.1.4.1.311.20.2.2': 'smartcardLogon',
  '2.5.29.37.0': 'anyExtendedKeyUsage',
});
