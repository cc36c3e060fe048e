import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recipients } from '../../../static/js/mail/recipients.js';
import { submitDraft } from '../../../static/js/mail/submit.js';

const BOB = /** @type {const} */ ({ level: 'card', idType: 'RPPS', idValue: '99900000001', name: 'Bob', profession: '' });

/** @param {string} address @param {any} [members] */
const entry = (address, members = {}) => ({ address, name: 'Bob', internal: true, state: 'ready', encryptionCertificate: 'AQ==', chain: [], binding: 'Ag==', logEntry: 'Aw==', ...members });

/** @param {(any | null)[]} entries @param {any[]} verdicts @param {any} [person] what this correspondent announced */
function desk(entries, verdicts, person = null) {
  /** @type {any[]} */ const asked = [];
  /** @type {any} */ let pins = null;
  const api = { call: async () => ({ list: entries }) };
  const objects = { find: async () => (pins ? {} : null), read: async () => pins, write: async (/** @type {any} */ _class, /** @type {any} */ _id, /** @type {any} */ content) => (pins = content) };
  const people = { person: async () => person, adopt: async () => { person.adopted = true; } };
  const validate = async (/** @type {any[]} */ items) => (asked.push(...items), verdicts);
  return { asked, recipients: new Recipients(/** @type {any} */ (api), 'a', /** @type {any} */ (objects), validate, people) };
}

/** @param {any} [identity] */
const good = (identity = BOB, spki256 = 'k1') => ({ ok: true, identity, spki256 });

test('binding and log entry go to the agent with the certificate', async () => {
  const { asked, recipients } = desk([entry('bob@pli.example')], [good()]);
  const [bob] = await recipients.check(['bob@pli.example']);
  assert.deepEqual(asked[0], { certificate: Uint8Array.of(1), chain: [], purpose: 'encrypt', address: 'bob@pli.example', binding: Uint8Array.of(2), logEntry: Uint8Array.of(3) });
  assert.deepEqual([bob.state, bob.pin, bob.key?.internal], ['ready', 'first', true]);
});

test('OCSP responses of the directory entry go with its certificate', async () => {
  const { asked, recipients } = desk([entry('bob@pli.example', { ocsps: ['BA=='] }), entry('ada@pli.example', { ocsps: [] })], [good(), good()]);
  await recipients.check(['bob@pli.example', 'ada@pli.example']);
  assert.deepEqual(asked.map(({ ocsps }) => ocsps), [[Uint8Array.of(4)], undefined]);
});

test('first contact, then the same, then somebody else: blocked until accepted [CO4]', async () => {
  const verdicts = [good()];
  const { recipients } = desk([entry('bob@pli.example')], verdicts);
  await recipients.remember(await recipients.require(['bob@pli.example']));
  assert.equal((await recipients.check(['BOB@pli.example']))[0].pin, 'same');
  verdicts[0] = good({ ...BOB, idValue: '99900000002' });
  const refused = await recipients.require(['bob@pli.example']).catch((error) => error);
  assert.equal(refused.code, 'identity-changed');
  await recipients.remember(refused.recipients);
  assert.equal((await recipients.require(['bob@pli.example']))[0].pin, 'same');
});

test('a swapped certificate is refused by name', async () => {
  const { recipients } = desk([entry('bob@pli.example')], [{ ok: false, error: 'certificate-untrusted', reason: 'x' }]);
  const refused = await recipients.require(['bob@pli.example']).catch((error) => error);
  assert.deepEqual([refused.code, refused.data], ['recipient-refused', { addresses: ['bob@pli.example'], reason: 'certificate-untrusted' }]);
});

for (const [name, given] of /** @type {[string, any][]} */ ([
  ['unknown', null],
  ['without certificate', entry('x@y.example', { state: 'no-certificate', encryptionCertificate: null })],
  ['revoked', entry('x@y.example', { state: 'revoked' })],
])) {
  test(`a recipient ${name} is named, and nothing is validated`, async () => {
    const { asked, recipients } = desk([given], []);
    await assert.rejects(recipients.require(['x@y.example']), { code: 'recipient-without-certificate' });
    assert.deepEqual(asked, []);
  });
}

const DENIS = 'denis@partner.example';
/** @param {any} [members] */
const announced = (members = {}) => ({ certificate: 'BQ==', chain: ['Bg=='], capabilities: ['aes-256-gcm'], adopted: true, seen: '2026-11-01T10:00:00Z', images: false, ...members });
const outsider = good({ level: 'software', idType: '', idValue: '', name: 'Denis Garnier', profession: '' });

test('who announced a certificate himself is written to once it is adopted, validated and pinned as others', async () => {
  const { asked, recipients } = desk([null], [{ ...outsider, authority: 'Partner CA' }], announced());
  const [denis] = await recipients.require([DENIS]);
  assert.deepEqual(asked[0], { certificate: Uint8Array.of(5), chain: [Uint8Array.of(6)], purpose: 'encrypt', address: DENIS });
  assert.deepEqual([denis.state, denis.pin, denis.name], ['ready', 'first', 'Denis Garnier']);
  assert.deepEqual(denis.key, { certificate: Uint8Array.of(5), internal: false, capabilities: ['aes-256-gcm'] });
  assert.deepEqual(denis.announced, { seen: '2026-11-01T10:00:00Z', authority: 'Partner CA' });
});

test('a certificate that nobody adopted is offered and never written to', async () => {
  const { recipients } = desk([null], [outsider], announced({ adopted: false }));
  const [denis] = await recipients.check([DENIS]);
  assert.deepEqual([denis.state, denis.key], ['offered', undefined]);
  await assert.rejects(recipients.require([DENIS]), { code: 'recipient-without-certificate' });
  await recipients.accept([denis]);
  assert.equal((await recipients.require([DENIS]))[0].pin, 'first');
});

for (const adopted of [true, false]) {
  test(`an announced certificate that cannot be proved is refused with its reason (adopted: ${adopted})`, async () => {
    const { recipients } = desk([null], [{ ok: false, error: 'act-refused', reason: 'address-mismatch' }], announced({ adopted }));
    const [denis] = await recipients.check([DENIS]);
    assert.deepEqual([denis.state, denis.error, denis.key], ['refused', 'address-mismatch', undefined]);
  });
}

test('an adopted certificate that has ended says so', async () => {
  const { recipients } = desk([null], [{ ok: false, error: 'certificate-expired', reason: '' }], announced());
  const [denis] = await recipients.check([DENIS]);
  assert.deepEqual([denis.state, Boolean(denis.announced)], ['expired', true]);
});

for (const [name, given] of /** @type {[string, any][]} */ ([
  ['a cancelled certificate', entry(DENIS, { internal: false, state: 'revoked' })],
  ['a Pli mailbox, which needs its binding', entry(DENIS, { state: 'no-certificate', encryptionCertificate: null })],
])) {
  test(`what is announced does not contradict the directory about ${name}`, async () => {
    const { asked, recipients } = desk([given], [outsider], announced());
    assert.equal((await recipients.check([DENIS]))[0].state, given.state);
    assert.deepEqual(asked, []);
  });
}

test('the certificate of the directory comes first, with what its owner’s program announced', async () => {
  const { asked, recipients } = desk([entry(DENIS, { internal: false })], [outsider], announced({ adopted: false }));
  const [denis] = await recipients.check([DENIS]);
  assert.deepEqual(asked[0].certificate, Uint8Array.of(1));
  assert.deepEqual([denis.state, denis.announced, denis.key?.capabilities], ['ready', undefined, ['aes-256-gcm']]);
});

/** @param {any} [members] @returns {any} */
const draft = (members = {}) => ({ to: [{ name: '', address: 'bob@pli.example' }], cc: [], bcc: [], subject: 's', text: 't', inReplyTo: '', references: '', attachments: [], ...members });

test('nothing is prepared or uploaded for a recipient who cannot be written to', async () => {
  const { recipients } = desk([null], []);
  const counter = /** @type {any} */ ({ recipients, prepare: () => assert.fail('prepared'), api: { upload: () => assert.fail('uploaded') } });
  await assert.rejects(submitDraft(counter, draft()), { code: 'recipient-without-certificate' });
});

test('limits are refused before anything else', async () => {
  const counter = /** @type {any} */ ({});
  await assert.rejects(submitDraft(counter, draft({ to: [] })), { code: 'no-recipient' });
  await assert.rejects(submitDraft(counter, draft({ attachments: [{ name: '', type: '', bytes: { length: 60e6 } }] })), { code: 'message-too-large' });
  const many = Array.from({ length: 501 }, (_, index) => ({ name: '', address: `a${index}@b.example` }));
  await assert.rejects(submitDraft(counter, draft({ to: many })), { code: 'too-many-recipients' });
});

test('a refused submission takes its copy in “sent” back', async () => {
  const { recipients } = desk([entry('bob@pli.example')], [good()]);
  /** @type {string[]} */ const calls = [];
  const api = {
    upload: async () => 'blob',
    call: async (/** @type {string} */ method, /** @type {any} */ args) => {
      calls.push(args.destroy ? `${method} destroy` : method);
      if (method === 'Identity/get') return { list: [{ id: 'i', email: 'alice@pli.example' }] };
      if (method === 'Email/import') return { created: { copy: { id: 'm' } } };
      return { notCreated: { submission: { type: 'invalidProperties' } } };
    },
  };
  const prepared = { wires: [{ rcptTo: ['bob@pli.example'], bytes: new Uint8Array() }], copy: new Uint8Array(), summary: new Uint8Array(), date: '2026-01-01T00:00:00.000Z' };
  const counter = /** @type {any} */ ({ api, accountId: 'a', address: 'alice@pli.example', sentFolder: 's', recipients, prepare: async () => prepared });
  await assert.rejects(submitDraft(counter, draft()), { code: 'invalidProperties' });
  assert.deepEqual(calls, ['Identity/get', 'Email/import', 'EmailSubmission/set', 'Email/set destroy']);
});
