/** The messages of tests/vectors/messages/header-protection: every case of RFC 9788 appendix C, and what goes wrong. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { importDecryptionKey } from '../../../static/js/cms/decryption-key.js';
import { fromBase64, toBase64 } from '../../../static/js/cms/octets.js';
import { names } from '../../../static/js/cms/recipients.js';
import { openMessage } from '../../../static/js/mail/open.js';
import { formatAddress } from '../../../static/js/mime/address.js';

const FOLDER = new URL('../../vectors/messages/', import.meta.url);
/** @param {string} name @returns {any} */
const read = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));

const people = read('people.json');
const own = parseCertificate(fromBase64(people.reader.certificate));
const key = await importDecryptionKey(fromBase64(people.reader.privateKey));

/** @type {import('../../../static/js/mail/open.js').Reader} */
const READER = {
  at: new Date(people.at),
  ownAddress: 'bob@pli.example',
  unwrap: async (recipients, { keyLength }) => {
    const recipient = recipients.find(({ rid }) => names(rid, own));
    return recipient ? { cek: await key.unwrap(recipient, keyLength), recipient } : null;
  },
  validate: async (items) => items.map(({ certificate, purpose }) => (purpose === 'message-signature' && toBase64(certificate) === people.sender.certificate
    ? { ok: true, revocation: 'good', authority: 'Opérateur' } : { ok: false, error: 'wrong-key-usage' })),
};

/** @param {import('../../../static/js/mail/open.js').OpenedMessage} opened @returns {Record<string, any>} */
function shown({ signature, encrypted, subject, from, to, cc, date, inReplyTo, references, text, html, attachments, notices, protections }) {
  return {
    state: signature.state, reason: signature.reason, encrypted, subject, from: from.map(formatAddress).join(), to: to.map(formatAddress),
    cc: cc.map(formatAddress), date, inReplyTo, references, text, html, attachments: attachments.map(({ filename }) => filename), notices, protections,
  };
}

const FILES = readdirSync(new URL('header-protection/', FOLDER)).filter((name) => name.endsWith('.json'));
test('there is a message for every case of the appendix', () => assert.ok(FILES.length >= 40));

for (const file of FILES) {
  const { name, case: meaning, message, expected } = read(`header-protection/${file}`);
  const number = /^(\d+):/.exec(meaning);
  test(`${name}: ${meaning}${number ? ` [N${number[1]}]` : ''}`, async () => {
    const opened = await openMessage(fromBase64(message), READER);
    assert.equal(opened.quarantined, undefined);
    const found = shown(opened);
    for (const [member, value] of Object.entries(expected)) {
      if (member === 'protections') for (const [field, how] of Object.entries(value)) assert.equal(found.protections[field], how, field);
      else assert.deepEqual(found[member], value, member);
    }
    assert.ok(!/legacy-display/.test(opened.html ?? ''));
  });
}
