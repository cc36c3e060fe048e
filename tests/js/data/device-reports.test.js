import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceReports } from '../../../static/js/mail/device-reports.js';
import { Leaving } from '../../../static/js/mail/leaving.js';
import { Trace } from '../../../static/js/mail/trace.js';

const ACCOUNT = 'a'.repeat(32);

/** A server that answers by method, and what it was asked. @param {Record<string, (args: any) => any>} methods */
function server(methods) {
  /** @type {[string, any][]} */
  const asked = [];
  const call = async (/** @type {string} */ method, /** @type {any} */ args) => {
    asked.push([method, args]);
    return methods[method](args);
  };
  return { asked, call, download: async (/** @type {string} */ _account, /** @type {string} */ blobId) => new Uint8Array(Buffer.from(blobId)) };
}

test('reports go out together, each under a name of its own', async () => {
  const api = server({ 'AccessEvent/report': () => ({ taken: [] }) });
  const reports = new DeviceReports(api, ACCOUNT);
  reports.note('1'.repeat(32), 'shown');
  reports.note('1'.repeat(32), 'saved', 2);
  await reports.flush();
  assert.equal(api.asked.length, 1);
  const [[, { accountId, reports: sent }]] = api.asked;
  assert.equal(accountId, ACCOUNT);
  assert.deepEqual(sent.map((/** @type {any} */ { act, part }) => [act, part]), [['shown', undefined], ['saved', 2]]);
  assert.match(sent[0].id, /^[0-9a-f]{32}$/);
  assert.notEqual(sent[0].id, sent[1].id);
  await reports.flush();
  assert.equal(api.asked.length, 1);
});

test('what did not arrive is sent again under the same name', async () => {
  let down = true;
  const api = server({ 'AccessEvent/report': () => { if (down) throw new Error('offline'); return { taken: [] }; } });
  const reports = new DeviceReports(api, ACCOUNT);
  reports.note('1'.repeat(32), 'shown');
  await reports.flush();
  down = false;
  await reports.flush();
  const [first, second] = api.asked.map(([, args]) => args.reports[0].id);
  assert.equal(first, second);
});

test('a trace names messages by what the device knows, and asks the server for none', async () => {
  const line = { id: '1', at: '2026-11-22T08:00:00Z', act: 'opened', objectId: 'm1' };
  const api = server({ 'AccessEvent/query': () => ({ list: [line, { ...line, act: 'login', objectId: '' }], total: 2, people: [] }) });
  const trace = new Trace({ api, accountId: ACCOUNT, prove: async () => {}, rows: async (ids) => ids.map((id) => (id === 'm1' ? { subject: 'Compte rendu' } : null)) });
  const { lines } = await trace.page({ acts: ['opened'] }, 0, 50);
  assert.deepEqual(lines.map(({ subject }) => subject), ['Compte rendu', undefined]);
  assert.deepEqual(api.asked.map(([method]) => method), ['AccessEvent/query']);
});

test('a server that wants the card once more gets it, once', async () => {
  let proofs = 0;
  const refuse = () => { if (!proofs) throw Object.assign(new Error(), { code: 'stepUpRequired' }); return { file: 'YQ==' }; };
  const api = server({ 'AccessEvent/export': refuse });
  const trace = new Trace({ api, accountId: ACCOUNT, prove: async () => { proofs += 1; }, rows: async () => [] });
  assert.deepEqual([...await trace.export(true)], [97]);
  assert.equal(proofs, 1);
});

test('a mailbox is handed over sealed, every message once, with the certificates this session opens', async () => {
  const ids = Array.from({ length: 70 }, (_, number) => String(number));
  const email = (/** @type {string} */ id) => ({ id, blobId: `blob${id}`, mailboxIds: { f1: true }, receivedAt: '2026-11-22T08:00:00Z', epoch: 1, size: 10 });
  const api = server({
    'Account/export': () => ({ total: ids.length }),
    'MailboxKey/get': () => ({ list: [1, 2, 3].map((epoch) => ({ epoch, state: epoch === 3 ? 'pending' : 'current', encryptionCertificate: 'YQ==', signatureCertificate: 'Yg==', chain: ['Yw=='] })) }),
    'Email/query': ({ position, limit }) => ({ ids: ids.slice(position, position + limit) }),
    'Email/get': (args) => ({ list: args.ids.map(email) }),
    'AccessEvent/export': ({ signed }) => ({ file: signed ? 'dHJhY2U=' : '' }),
  });
  /** @type {[string, any[]][]} */
  const acts = [];
  const act = async (/** @type {string} */ verb, /** @type {any[]} */ values) => { acts.push([verb, values]); return { written: 70, unopened: 0 }; };
  /** @type {any} */
  const opened = { handle: 'm_1', epoch: 3, epochs: [2, 3] };
  const leaving = new Leaving({ api, accountId: ACCOUNT, folders: [/** @type {any} */ ({ id: 'f1', name: '', role: 'inbox' })], prove: async () => {}, opened: async () => opened, act });
  assert.deepEqual([leaving.isFor(ACCOUNT), leaving.isFor('b'.repeat(32))], [true, false]);
  /** @type {number[]} */
  const progress = [];
  assert.deepEqual(await leaving.handOver((done) => progress.push(done)), { written: 70, unopened: 0 });
  assert.deepEqual(acts[0][1][0].certificates.map((/** @type {any} */ one) => one.epoch), [2]);
  const handed = acts.filter(([verb]) => verb === 'putExport').flatMap(([, [messages]]) => messages);
  assert.deepEqual(handed.map((/** @type {any} */ one) => one.id), ids);
  assert.deepEqual([handed[0].folder, Buffer.from(handed[0].sealed).toString()], ['Inbox', 'blob0']);
  assert.deepEqual(progress, [0, 32, 64, 70]);
  assert.deepEqual(acts.at(-1)?.[0], 'endExport');
});
