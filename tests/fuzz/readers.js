/**
 * What the JavaScript parsers see in a sample, in the same words as `readers.py`: a refusal by a typed error is `null`,
 * any other exception is a crash. `node readers.js NAME` reads samples from stdin, each after its length in four octets,
 * and answers each by one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { parseCertificate } from '../../static/js/cms/certificate.js';
import { decompress } from '../../static/js/cms/compressed.js';
import { importDecryptionKey, unwrapKek } from '../../static/js/cms/decryption-key.js';
import { parseEnveloped } from '../../static/js/cms/enveloped.js';
import { CmsError } from '../../static/js/cms/errors.js';
import { equal, fromBase64, fromHex, toHex } from '../../static/js/cms/octets.js';
import { unwrapPassword } from '../../static/js/cms/password.js';
import { parseSigned, readableCertificates, signerCertificate, verifySigner } from '../../static/js/cms/signed.js';
import { KeyError } from '../../static/js/keys/errors.js';
import { openGrant, parseGrant } from '../../static/js/keys/grants.js';
import { decodeBinding, decodeGrantBody, decodeHistory, decodeLogEntry, decodeMailboxKeys, decodeRecoveryPolicy, decodeRecoveryRequest } from '../../static/js/keys/formats.js';
import { checkHolderKey } from '../../static/js/keys/holder-keys.js';
import { readCode } from '../../static/js/keys/recovery-code.js';
import { verifyLogEntry } from '../../static/js/keys/membership-log.js';
import { openMessage } from '../../static/js/mail/open.js';
import { readHeaders } from '../../static/js/mail/protected.js';
import { rowOf } from '../../static/js/mail/summaries.js';
import { MimeError } from '../../static/js/mime/errors.js';
import { parseHeaders } from '../../static/js/mime/headers.js';
import { splitMime, walk } from '../../static/js/mime/split.js';
import { channel } from './channel_reader.js';

/** @typedef {import('../../static/js/cms/enveloped.js').Enveloped} Enveloped */
/** @typedef {Record<string, any> | any[] | null} Facts */

const KEYS = JSON.parse(readFileSync(new URL('corpus/keys.json', import.meta.url), 'utf8'));
const { vectors: GRANTS } = JSON.parse(readFileSync(new URL('../vectors/grants/grants.json', import.meta.url), 'utf8'));
const CONTENT = fromBase64(KEYS.content);
const KNOWN = KEYS.contentKeys.map(fromHex);
const PRIVATE_KEYS = await Promise.all(Object.values(KEYS.openers).map(({ pkcs8 }) => importDecryptionKey(fromBase64(pkcs8)).catch(() => null)));
const UNLOCK = GRANTS.find((/** @type {any} */ { unlock }) => unlock.passkey).unlock.passkey;
const PASSKEY = { credentialId: fromBase64(UNLOCK.credentialId), prf: fromBase64(UNLOCK.prf) };
/** Ten million are allowed, for a person who typed a password: too slow for thousands of samples. */
const MOST_ITERATIONS = 100_000;
/** Long enough ago for every sample, and the same for all. */
const AT = new Date('2026-11-22T00:00:00Z');

/** @param {Uint8Array} bytes */
const hash = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {BufferSource} */ (bytes))));
/** @param {Date | null | undefined} date */
const time = (date) => (date ? date.toISOString().replace(/\.\d+Z$/, 'Z') : null);

/** @template T @param {() => T | Promise<T>} make @returns {Promise<T | null>} */
async function typed(make) {
  try {
    return await make();
  } catch (error) {
    if (error instanceof CmsError || error instanceof KeyError || error instanceof MimeError) return null;
    throw error;
  }
}

/** A layer of a message, whichever it is. @param {Uint8Array} sample @returns {Promise<Facts>} */
async function cms(sample) {
  return {
    enveloped: await typed(() => enveloped(parseEnveloped(sample))),
    signed: await typed(() => signed(sample)),
    certificates: await typed(() => Promise.all(readableCertificates(parseSigned(sample).certificates).map(({ der }) => hash(der)))),
    compressed: await typed(async () => {
      const { contentType, content } = await decompress(sample);
      return { contentType, content: await hash(content) };
    }),
  };
}

/** @param {Enveloped} layer */
async function enveloped(layer) {
  const { kind, contentType, contentAlgorithm, recipients } = layer;
  return {
    kind, contentType, cipher: contentAlgorithm.name, shortTag: contentAlgorithm.shortTag,
    recipients: recipients.map((recipient) => recipient.kind), content: await content(layer),
  };
}

/** SHA-256 of the content under one of the samples' keys; what implicit rejection makes up is none of them. @param {Enveloped} layer */
async function content({ recipients, contentAlgorithm, decrypt }) {
  for (const recipient of recipients) {
    for (const key of await keysFor(recipient, contentAlgorithm.keyLength)) {
      const opened = KNOWN.some((/** @type {Uint8Array} */ known) => equal(known, key)) ? await typed(() => decrypt(key)) : null;
      if (opened) return hash(opened);
    }
  }
  return null;
}

/** @param {import('../../static/js/cms/recipients.js').Recipient} recipient @param {number} length */
async function keysFor(recipient, length) {
  const found = await Promise.all(PRIVATE_KEYS.map((key) => key && typed(() => key.unwrap(recipient, length))));
  found.push(await typed(() => unwrapKek(recipient, fromBase64(KEYS.kek))));
  const iterations = /** @type {any} */ (recipient.algorithm).password?.iterations ?? 0;
  if (recipient.kind === 'pwri' && iterations < MOST_ITERATIONS) found.push(await typed(() => unwrapPassword(recipient, KEYS.password, length)));
  return found.filter((key) => key !== null);
}

/** Every signer, over the content enclosed or, detached, over the samples' one. @param {Uint8Array} sample */
async function signed(sample) {
  const data = parseSigned(sample);
  if (data.signers.length === 0) return null;
  return Promise.all(data.signers.map(async (signer) => {
    const certificate = signerCertificate(data, signer);
    if (!certificate) throw new CmsError('certificate-missing', 'no certificate for the signer');
    const verified = await verifySigner(data, signer, data.content ? null : CONTENT, certificate);
    return {
      contentType: data.contentType, content: await hash(data.content ?? CONTENT), digest: toHex(verified.contentDigest),
      signingTime: time(verified.signingTime), certificate: await hash(certificate.der), named: verified.namesCertificate,
    };
  }));
}

/** @param {Uint8Array} sample @returns {Promise<Facts>} */
async function grant(sample) {
  const parsed = await parseGrant(sample);
  const { body } = parsed;
  const { kind, reference, idType, idValue, name } = body.holder;
  const opened = await typed(() => openGrant(parsed, { passkey: PASSKEY }));
  return {
    grantId: toHex(body.grantId), mailboxId: toHex(body.mailboxId), address: body.address, epoch: body.epoch, role: body.role,
    holder: [kind, toHex(reference), idType, idValue, name], notBefore: time(body.notBefore), notAfter: time(body.notAfter),
    logSeq: body.logSeq, prevLogHash: toHex(body.prevLogHash), storageKey: opened && (await hash(opened.storageKey)),
  };
}

/** @param {Uint8Array} sample @returns {Promise<Facts>} */
async function log(sample) {
  const { entry, signer } = await verifyLogEntry(sample);
  return {
    mailboxId: toHex(entry.mailboxId), address: entry.address, seq: entry.seq, prevHash: toHex(entry.prevHash), time: time(entry.time),
    kind: entry.kind, grants: entry.grants.map(toHex), bindings: entry.bindings.map(toHex), signer: await hash(signer.der),
  };
}

/** Every DER structure of ours that stands alone or under a signature. @param {Uint8Array} sample @returns {Promise<Facts>} */
async function paper(sample) {
  return {
    body: await typed(() => bodyOf(decodeGrantBody(sample))), binding: await typed(() => bindingOf(decodeBinding(sample))),
    entry: await typed(() => entryOf(decodeLogEntry(sample))), policy: await typed(() => policyOf(decodeRecoveryPolicy(sample))),
    request: await typed(() => requestOf(decodeRecoveryRequest(sample))), keys: await typed(() => keysOf(decodeMailboxKeys(sample))),
    history: await typed(() => decodeHistory(sample).map(({ epoch }) => epoch)),
  };
}

/** @param {import('../../static/js/keys/formats.js').Holder} holder */
const holderOf = ({ kind, reference, idType, idValue, name }) => [kind, toHex(reference), idType, idValue, name];
/** @param {Uint8Array | null | undefined} bytes */
const hexOrNull = (bytes) => (bytes ? toHex(bytes) : null);

/** @param {import('../../static/js/keys/formats.js').GrantBody} body */
async function bodyOf(body) {
  await checkHolderKey(body);
  return {
    place: [toHex(body.grantId), toHex(body.mailboxId), body.address, body.epoch, body.logSeq],
    spkis: [toHex(body.encryptionSpki), toHex(body.signatureSpki)], holder: holderOf(body.holder),
    right: [body.role, body.historyFromEpoch, time(body.notBefore), time(body.notAfter)], holderKey: hexOrNull(body.holderKey),
  };
}

/** @param {import('../../static/js/keys/formats.js').Binding} binding */
const bindingOf = ({ mailboxId, address, epoch, encryptionSpki, signatureSpki, notBefore, notAfter, identity }) => ({
  place: [toHex(mailboxId), address, epoch], spkis: [toHex(encryptionSpki), toHex(signatureSpki)], dates: [time(notBefore), time(notAfter)],
  identity: [identity.level, identity.idType, identity.idValue, identity.name, identity.profession],
});

/** @param {import('../../static/js/keys/formats.js').LogEntry} entry */
const entryOf = (entry) => ({
  place: [toHex(entry.mailboxId), entry.address, entry.seq, toHex(entry.prevHash), time(entry.time)], kind: entry.kind,
  lists: [entry.grants, entry.bindings, entry.ends ?? []].map((hashes) => hashes.map(toHex)), subject: hexOrNull(entry.subject),
});

/** @param {import('../../static/js/keys/formats.js').RecoveryPolicy} policy */
const policyOf = (policy) => ({
  kind: policy.kind, numbers: [policy.threshold, policy.minutes, policy.messages], grantBody: toHex(policy.grantBody),
  holders: policy.holders.map((one) => [toHex(one.reference), one.idType, one.idValue, one.name, toHex(one.commitment)]),
});

/** @param {import('../../static/js/keys/formats.js').RecoveryRequest} request */
const requestOf = ({ mailboxId, requestId, requester, requestKey, reason, time: at }) => ({
  place: [toHex(mailboxId), toHex(requestId), time(at)], requester: holderOf(requester), key: toHex(requestKey), reason,
});

/** @param {import('../../static/js/keys/formats.js').MailboxKeys} keys */
const keysOf = async ({ storageKey, earlier, confidentialKey }) => ({
  storageKey: await hash(storageKey), earlier: (earlier ?? []).map(({ epoch }) => epoch),
  confidentialKey: confidentialKey ? await hash(confidentialKey) : null,
});

/** A recovery code as it was typed. @param {Uint8Array} sample @returns {Promise<Facts>} */
async function code(sample) {
  return { secret: await hash(await readCode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(sample))) };
}

/** @param {Uint8Array} sample @returns {Promise<Facts>} */
async function certificate(sample) {
  const found = parseCertificate(sample);
  return {
    serial: found.serialNumber.toString(), emails: found.emails.map((email) => email.toLowerCase()),
    notBefore: time(found.notBefore), notAfter: time(found.notAfter), spki: await hash(found.spki),
  };
}

/** The fields a reader is shown. @param {Uint8Array} sample @returns {Facts} */
function headers(sample) {
  const { subject, from, to, cc, date, notices } = readHeaders(parseHeaders(sample).fields);
  return { subject, from, to, cc, date, notices };
}

/** The outer fields and every part decoded; the message is opened as well, as a person would. @param {Uint8Array} sample @returns {Promise<Facts>} */
async function mime(sample) {
  await open(sample);
  const root = splitMime(sample);
  for (const part of walk(root)) part.text();
  const parts = [...walk(root)].map((part) => [part.type, part.decodedBody().length, part.filename]);
  const { subject, from, to, cc } = readHeaders(root.headers);
  return { subject, from, to, cc, parts };
}

/** @param {Uint8Array} sample */
function open(sample) {
  return openMessage(sample, {
    unwrap: async (recipients, algorithm) => {
      for (const recipient of recipients) {
        const found = (await keysFor(recipient, algorithm.keyLength)).find((key) => KNOWN.some((/** @type {Uint8Array} */ known) => equal(known, key)));
        if (found) return { cek: found, recipient };
      }
      return null;
    },
    validate: async (items) => items.map(() => ({ ok: false, error: 'certificate-untrusted' })),
    at: AT, allowOld: true, ownAddress: 'alice@pli.example',
  });
}

/** A summary as its row: JSON of the server, which may lie. @param {Uint8Array} sample @returns {Facts} */
function summary(sample) {
  let found;
  try {
    found = JSON.parse(new TextDecoder().decode(sample));
  } catch {
    return null;
  }
  return rowOf('00', found ?? {});
}

/** @type {Record<string, (sample: Uint8Array) => Facts | Promise<Facts>>} */
const READERS = { cms, grant, log, certificate, headers, mime, summary, channel, paper, code };

/** @param {string} name @param {Uint8Array} sample */
async function read(name, sample) {
  try {
    return { facts: await typed(() => READERS[name](sample)) };
  } catch (error) {
    const where = /** @type {Error} */ (error)?.stack?.split('\n').find((line) => line.includes('/static/js/'))?.trim() ?? '';
    return { crash: `${error} ${where.replace(/^at .*\/static\/js\//, 'at ')}` };
  }
}

const name = process.argv[2];
let waiting = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  waiting = Buffer.concat([waiting, chunk]);
  while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
    const size = waiting.readUInt32BE(0);
    const sample = new Uint8Array(waiting.subarray(4, 4 + size));
    waiting = waiting.subarray(4 + size);
    process.stdout.write(`${JSON.stringify(await read(name, sample))}\n`);
  }
}
