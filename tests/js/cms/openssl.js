/**
 * OpenSSL as the correspondent of the CMS tests: certificates made for one run, and its `cms` command.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificate } from '../../../static/js/cms/certificate.js';

/** A folder of one test file, removed at the end of the process. */
export const folder = mkdtempSync(join(tmpdir(), 'pli-cms-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** @param {string} name */
export const path = (name) => join(folder, name);

/** @param {string[]} args @param {Uint8Array} [input] @returns {Buffer} */
export function openssl(args, input) {
  return execFileSync('openssl', args, { cwd: folder, input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

/** @param {string} name @param {Uint8Array | string} bytes */
export function put(name, bytes) {
  writeFileSync(path(name), bytes);
  return name;
}

/** @param {string} name @returns {Uint8Array} */
export const get = (name) => new Uint8Array(readFileSync(path(name)));

/** @type {Record<string, string[]>} */
const KEYS = {
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  rsa1024: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
  'rsa-e3': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'],
  'rsa-pss': ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  ed25519: ['-algorithm', 'ED25519'],
};

/**
 * A self-signed certificate and its key, as files NAME.pem and NAME.key.
 * @param {string} name @param {string} kind of KEYS @param {string[]} [extensions] `-addext` values
 */
export function issue(name, kind, extensions = [`subjectAltName=email:${name}@pli.example`]) {
  openssl(['genpkey', ...KEYS[kind], '-out', `${name}.key`]);
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  openssl(['req', '-new', '-x509', '-key', `${name}.key`, '-days', '30', '-subj', `/CN=${name}`, ...added, '-out', `${name}.pem`]);
  const certificate = parseCertificate(openssl(['x509', '-in', `${name}.pem`, '-outform', 'DER']));
  const pkcs8 = new Uint8Array(openssl(['pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`, '-outform', 'DER']));
  return { name, certificate, pkcs8 };
}

/**
 * A certificate for a key that cannot sign itself, issued by a throw-away authority.
 * @param {string} name
 */
export function issueX25519(name) {
  issue('authority', 'P-256');
  openssl(['genpkey', '-algorithm', 'X25519', '-out', `${name}.key`]);
  openssl(['pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`]);
  openssl(['req', '-new', '-key', 'authority.key', '-subj', `/CN=${name}`, '-out', `${name}.csr`]);
  openssl(['x509', '-req', '-in', `${name}.csr`, '-CA', 'authority.pem', '-CAkey', 'authority.key', '-force_pubkey', `${name}.pub`, '-days', '30', '-out', `${name}.pem`]);
  const certificate = parseCertificate(openssl(['x509', '-in', `${name}.pem`, '-outform', 'DER']));
  const pkcs8 = new Uint8Array(openssl(['pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`, '-outform', 'DER']));
  return { name, certificate, pkcs8 };
}
