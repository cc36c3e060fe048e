/**
 * Opens the museum's messages with the very modules the page uses, one after the other in one process: a line of JSON for
 * each message, question and answer. Keys and paths are asked of the other end (`{ask}`), where Python holds the bridge.
 */
import { createInterface } from 'node:readline';
import { parseCertificate } from '../../static/js/cms/certificate.js';
import { fromBase64, toBase64, toHex } from '../../static/js/cms/octets.js';
import { names } from '../../static/js/cms/recipients.js';
import { openMessage } from '../../static/js/mail/open.js';

/** @typedef {Record<string, any>} Json */

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const receive = async () => JSON.parse((await input.next()).value);
/** @param {Json} value */
const send = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Answers come in the order of the questions. @type {Promise<any>} */
let last = Promise.resolve();

/** @param {Json} question @returns {Promise<any>} */
function ask(question) {
  last = last.then(() => {
    send(question);
    return receive();
  });
  return last;
}

/** What the people of the practice are to the directory. @type {Json} */
const { certificate, address, directory } = await receive();
const own = parseCertificate(fromBase64(certificate));
/** CEKs accepted so far, by the hex of their encrypted key. @type {Map<string, {hash: string, algorithm: string, messageId: string}>} */
const accepted = new Map();

/** @param {Json} entry */
const decoded = ({ signatureCertificate, chain, ...rest }) => ({ ...rest, signatureCertificate: signatureCertificate && fromBase64(signatureCertificate), chain: chain.map(fromBase64) });

/** @param {string} asked */
const find = (asked) => directory[asked.toLowerCase()] ?? null;

/** @param {Json} message */
const readerOf = ({ at, allowOld, password }) => ({
  /** @param {any[]} recipients @param {any} algorithm */
  async unwrap(recipients, algorithm) {
    for (const recipient of recipients.filter(({ rid }) => rid && names(rid, own))) {
      const cek = await ask({ ask: 'unwrap', recipientInfo: toBase64(recipient.der), contentAlgorithm: algorithm.oid });
      return cek && { cek: fromBase64(cek), recipient };
    }
    return null;
  },
  /** @param {any[]} items */
  validate: (items) => ask({ ask: 'validate', items: items.map((item) => ({ ...item, certificate: toBase64(item.certificate), chain: item.chain.map(toBase64) })) }),
  /** @param {string} asked */
  directory: async (asked) => find(asked) && decoded(find(asked)),
  known: async () => [],
  /** @param {Uint8Array} encryptedKey */
  seenKeys: async (encryptedKey) => accepted.get(toHex(encryptedKey)) ?? null,
  ownAddress: address, at: new Date(at), allowOld, password,
});

/** @param {Json} message @returns {Promise<Json>} what a reader would see */
async function show(message) {
  const opened = await openMessage(fromBase64(message.message), readerOf(message));
  for (const { encryptedKey, hash, algorithm } of opened.keys) accepted.set(toHex(encryptedKey), { hash, algorithm, messageId: message.key });
  const { signature, attachments } = opened;
  return {
    subject: opened.subject, from: opened.from.map((one) => one.address), encrypted: opened.encrypted,
    state: signature.state, reason: signature.reason, signer: signature.signer, text: opened.text, html: opened.html,
    notices: opened.notices, quarantined: opened.quarantined ?? null, copyOf: opened.copyOf ?? null,
    files: attachments.map(({ filename }) => filename), opens: attachments.map(({ opens }) => opens),
  };
}

for (;;) {
  const message = await receive();
  if (message.end) break;
  send(await show(message).catch((error) => ({ failure: error.stack })));
}
process.stdin.destroy();
