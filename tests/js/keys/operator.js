/**
 * An operator's authority and card holders made by OpenSSL, for the tests of the vault.
 * @module
 */
import { openssl, put } from '../cms/openssl.js';

/** @param {string} name @returns {Uint8Array} DER */
const der = (name) => new Uint8Array(openssl(['x509', '-in', `${name}.pem`, '-outform', 'DER']));

/** A root, as files NAME.pem and NAME.key. @param {string} name @returns {Uint8Array} DER */
export function makeAuthority(name) {
  openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`,
    '-days', '30', '-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign']);
  return der(name);
}

let serial = 1;

/**
 * What anybody can make: a certificate of another authority's name and key, by an authority of his own.
 * @param {string} authority that signs @param {string} name of the one certified @returns {Uint8Array} DER
 */
export function crossCertify(authority, name) {
  openssl(['x509', '-in', `${name}.pem`, '-pubkey', '-noout', '-out', 'cross.pub']);
  openssl(['req', '-new', '-key', `${authority}.key`, '-subj', `/CN=${name}`, '-out', 'cross.csr']);
  put('cross.cnf', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none');
  openssl(['x509', '-req', '-in', 'cross.csr', '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-force_pubkey', 'cross.pub', '-days', '30',
    '-set_serial', String(++serial), '-extfile', 'cross.cnf', '-out', 'cross.pem']);
  return der('cross');
}

/**
 * @param {string} authority @param {Uint8Array} request PKCS#10 DER @param {string} keyUsage
 * @param {{days?: number, address?: string}} [options] address: instead of the one asked for
 * @returns {Uint8Array} DER
 */
export function certify(authority, request, keyUsage, { days = 30, address } = {}) {
  const extensions = [`keyUsage=critical,${keyUsage}`, 'extendedKeyUsage=emailProtection', 'subjectKeyIdentifier=hash'];
  if (address) extensions.push(`subjectAltName=email:${address}`);
  put('request.der', request);
  put('extensions.cnf', extensions.join('\n'));
  openssl(['x509', '-req', '-inform', 'DER', '-in', 'request.der', '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-days', String(days),
    '-set_serial', String(++serial), ...(address ? [] : ['-copy_extensions', 'copy']), '-extfile', 'extensions.cnf', '-out', 'issued.pem']);
  return der('issued');
}

/**
 * A card's signature certificate, as files NAME.pem and NAME.key.
 * @param {string} authority @param {string} name @param {string} rpps
 */
export function issueCard(authority, name, rpps) {
  put('card.cnf', `[req]\nprompt=no\nstring_mask=utf8only\nutf8=yes\ndistinguished_name=dn\n[dn]\nC=FR\ntitle=Médecin\nCN=8${rpps}\n+SN=${name}\n+GN=Zoé\n`);
  openssl(['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-config', 'card.cnf', '-out', `${name}.csr`]);
  put('card-extensions.cnf', 'keyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash');
  openssl(['x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-days', '30', '-set_serial', String(++serial),
    '-extfile', 'card-extensions.cnf', '-out', `${name}.pem`]);
  return { der: der(name), pkcs8: new Uint8Array(openssl(['pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`, '-outform', 'DER'])) };
}
