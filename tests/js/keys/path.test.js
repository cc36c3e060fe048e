/** Paths where no bridge checks them: what is not understood is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { checkPath } from '../../../static/js/keys/path.js';
import { openssl, put } from '../cms/openssl.js';

const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];
const PERSON = ['subjectAltName=email:alice@pli.example', 'keyUsage=critical,digitalSignature'];

/** @param {string} name @param {string[]} extensions @param {string} [issuer] itself by default */
function issue(name, extensions, issuer) {
  put(`${name}.ext`, extensions.join('\n'));
  openssl(['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`]);
  const by = issuer ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`] : ['-key', `${name}.key`];
  openssl(['x509', '-req', '-in', `${name}.csr`, '-extfile', `${name}.ext`, ...by, '-days', '2', '-out', `${name}.pem`]);
  return parseCertificate(new Uint8Array(openssl(['x509', '-in', `${name}.pem`, '-outform', 'DER'])));
}

const root = issue('root', AUTHORITY);

/** @param {string[]} more extensions of the authority between */
async function judged(more) {
  const middle = issue('middle', [...AUTHORITY, ...more], 'root');
  const person = issue('person', PERSON, 'middle');
  const anchors = [{ certificate: root, purposes: [/** @type {const} */ ('mail')] }];
  const options = { chain: [middle], anchors, at: new Date(Date.now() + 60_000) };
  return checkPath(person, { ...options, purpose: 'message-signature' }).then(() => 'ok', ({ code }) => code);
}

test('an authority may vouch for addresses if it is one of mail, and if its limits are understood', async () => {
  assert.equal(await judged([]), 'ok');
  assert.equal(await judged(['extendedKeyUsage=emailProtection']), 'ok');
  assert.equal(await judged(['extendedKeyUsage=serverAuth']), 'certificate-untrusted');
  assert.equal(await judged(['nameConstraints=permitted;email:evil.example']), 'certificate-untrusted');
  assert.equal(await judged(['nameConstraints=critical,permitted;email:evil.example']), 'certificate-untrusted');
});

test('an authority of addresses proves no person, whatever its certificates say', async () => {
  const doctor = issue('doctor', ['keyUsage=critical,digitalSignature,nonRepudiation'], 'root');
  const asked = (/** @type {any} */ purposes) =>
    checkPath(doctor, { chain: [], anchors: [{ certificate: root, purposes }], purpose: 'card-signature', at: new Date(Date.now() + 60_000) }).then(() => 'ok', ({ code }) => code);
  assert.equal(await asked(['mail', 'operator']), 'certificate-untrusted');
  assert.equal(await asked(['health-card']), 'ok');
});
