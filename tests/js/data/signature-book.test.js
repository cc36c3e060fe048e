import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../static/js/mail/api.js';
import { fitTogether, signLetters } from '../../../static/js/mail/letter-signing.js';
import { SignatureBook } from '../../../static/js/mail/signature-book.js';

const BOB = { name: '', address: 'bob@pli.example' };

/** @param {string} subject @returns {any} */
const draft = (subject, members = {}) => ({ to: [BOB], cc: [], bcc: [], subject, text: 'text', inReplyTo: '', references: '', attachments: [], ...members });

/** @param {string} id @param {any} [members] @returns {any} */
const letter = (id, members = {}) => ({
  id, objectId: `draft-${id}`, version: 1, state: 'prepared', preparedBy: 'Léa Simon', isMine: false, preparedAt: '', updatedBy: '', updatedAt: '',
  noteObjectId: null, emailId: null, failure: null, draft: draft(`Letter ${id}`), note: null, ...members,
});

/** A book that takes every step, but for what `refused` says of a letter. @param {Record<string, string>} [refused] */
function bookOf(refused = {}) {
  /** @type {string[]} */
  const steps = [];
  /** @param {string} name @returns {(letter: any, more?: string) => Promise<void>} */
  const step = (name) => async ({ id, version }, more = '') => {
    if (refused[id] && name === 'claim') throw new ApiError(refused[id]);
    steps.push([name, id, name === 'claim' ? version : more].filter((part) => part !== '').join(' '));
  };
  return /** @type {any} */ ({ steps, claim: step('claim'), finish: step('finish'), fail: step('fail') });
}

/**
 * A counter at which `submit` decides what becomes of each letter.
 * @param {{missing?: string, submit?: (subject: string) => void}} [how] missing: a recipient without certificate
 */
function counterOf({ missing = '', submit = () => {} } = {}) {
  /** @type {any[]} */
  const signed = [];
  const call = async (/** @type {string} */ method, /** @type {any} */ { create }) => {
    if (method === 'Identity/get') return { list: [{ id: 'i', email: 'alice@pli.example' }] };
    if (method === 'Email/import') return { created: { copy: { id: `sent-${at}` } } };
    if (create?.submission) submit(signed[at].draft.subject);
    return { created: { submission: {} } };
  };
  let at = -1;
  const counter = {
    api: { call, upload: async () => 'blob' }, accountId: 'a', address: 'alice@pli.example', fromName: 'Alice Martin', sentFolder: 'sent',
    recipients: {
      remember: async () => {},
      require: async (/** @type {string[]} */ addresses) => {
        if (addresses.includes(missing)) throw Object.assign(new Error('no'), { code: 'recipient-without-certificate' });
        return addresses.map((address) => ({ address, key: {} }));
      },
    },
    sign: async (/** @type {any[]} */ orders) => void signed.push(...orders),
    finish: async (/** @type {number} */ place) => {
      at = place;
      return { wires: [{ rcptTo: ['bob@pli.example'], bytes: new Uint8Array(1) }], copy: new Uint8Array(1), summary: new Uint8Array(1), messageId: '<1>', date: '2026-11-22T09:00:00.000Z', epoch: 1 };
    },
  };
  return { counter: /** @type {any} */ (counter), signed };
}

test('all letters are signed in one go, each is claimed as it was read, leaves and is marked', async () => {
  const [book, { counter, signed }] = [bookOf(), counterOf()];
  /** @type {string[]} */
  const steps = [];
  const outcomes = await signLetters(counter, book, [letter('a'), letter('b', { version: 3 })], { onStep: ({ step, done, total }) => steps.push(`${step} ${done}/${total}`) });
  assert.deepEqual(outcomes.map(({ id, state }) => [id, state]), [['a', 'signed'], ['b', 'signed']]);
  assert.deepEqual(book.steps, ['claim a 1', 'finish a sent-0', 'claim b 3', 'finish b sent-1']);
  assert.deepEqual(signed.map(({ draft: { subject } }) => subject), ['Letter a', 'Letter b']);
  assert.deepEqual(steps, ['checking 0/2', 'checking 1/2', 'signing 0/2', 'sending 0/2', 'sending 1/2']);
});

test('whoever prepared a letter stands in nothing that is signed', async () => {
  const { counter, signed } = counterOf();
  await signLetters(counter, bookOf(), [letter('a')]);
  assert.equal(signed[0].fromName, 'Alice Martin');
  assert.ok(!JSON.stringify(signed).includes('Léa'));
});

test('a letter changed between review and signing stays, and the others leave', async () => {
  const [book, { counter }] = [bookOf({ a: 'stateMismatch' }), counterOf()];
  const outcomes = await signLetters(counter, book, [letter('a'), letter('b')]);
  assert.deepEqual(outcomes.map(({ id, state }) => [id, state]), [['a', 'changed'], ['b', 'signed']]);
  assert.deepEqual(book.steps, ['claim b 1', 'finish b sent-1']);
});

test('a failure of one does not stop the others, and is told', async () => {
  const submit = (/** @type {string} */ subject) => { if (subject === 'Letter a') throw new ApiError('overQuota'); };
  const [book, { counter }] = [bookOf(), counterOf({ submit })];
  const outcomes = await signLetters(counter, book, [letter('a'), letter('b')]);
  assert.deepEqual(outcomes.map(({ state, failure }) => [state, failure]), [['failed', 'overQuota'], ['signed', '']]);
  assert.deepEqual(book.steps, ['claim a 1', 'fail a overQuota', 'claim b 1', 'finish b sent-1']);
});

test('a letter that cannot leave is not even signed', async () => {
  const [book, { counter, signed }] = [bookOf(), counterOf({ missing: 'nobody@x.example' })];
  const nobody = draft('to nobody', { to: [{ name: '', address: 'nobody@x.example' }] });
  const outcomes = await signLetters(counter, book, [letter('a', { draft: nobody }), letter('b', { draft: null }), letter('c')]);
  assert.deepEqual(outcomes.map(({ state, failure }) => [state, failure]), [['failed', 'recipient-without-certificate'], ['failed', 'unreadable'], ['signed', '']]);
  assert.deepEqual(signed.map(({ draft: { subject } }) => subject), ['Letter c']);
});

test('what was under way when the server went away is not called a failure', async () => {
  const submit = () => { throw new ApiError('offline'); };
  const [book, { counter }] = [bookOf(), counterOf({ submit })];
  assert.deepEqual((await signLetters(counter, book, [letter('a')])).map(({ state }) => state), ['unknown']);
  assert.deepEqual(book.steps, ['claim a 1']);
});

test('a declined list sends nothing', async () => {
  const [book, { counter }] = [bookOf(), counterOf()];
  counter.sign = async () => { throw Object.assign(new Error('no'), { code: 'USER_CANCELLED' }); };
  await assert.rejects(signLetters(counter, book, [letter('a'), letter('b')]), { code: 'USER_CANCELLED' });
  assert.deepEqual(book.steps, []);
});

test('a 51st letter, or too many octets, are not signed in one go', async () => {
  const many = Array.from({ length: 51 }, (_, index) => letter(String(index)));
  assert.equal(fitTogether(many.slice(1)), true);
  assert.equal(fitTogether(many), false);
  const { counter, signed } = counterOf();
  await assert.rejects(signLetters(counter, bookOf(), many), { code: 'too-many-letters' });
  assert.deepEqual(signed, []);
  const heavy = (/** @type {string} */ id) => letter(id, { draft: draft(id, { attachments: [{ name: 'x', type: 'x/x', bytes: { length: 20_000_000 } }] }) });
  assert.deepEqual([fitTogether([heavy('a')]), fitTogether([heavy('a'), heavy('b'), heavy('c')])], [true, false]);
});

/** A book over a server that answers these rows and takes every step. @param {any[]} rows @param {boolean} isOwner */
function openBook(rows, isOwner) {
  /** @type {any[]} */
  const asked = [];
  const call = async (/** @type {string} */ method, /** @type {any} */ members) => {
    asked.push({ method, ...members });
    if (method === 'SignatureBook/get') return { list: rows };
    const updated = Object.fromEntries(Object.keys(members.update ?? {}).map((id) => [id, null]));
    return { created: { letter: { id: 'new' } }, updated, notDestroyed: null };
  };
  /** @type {any[]} */
  const notes = [];
  const objects = {
    list: async (/** @type {string} */ objectClass) => (objectClass === 'draft' ? rows.map(({ objectId }) => ({ id: objectId, class: 'draft', version: 7 })) : [{ id: 'n1' }]),
    read: async () => ({ v: 1, remark: 'Which dosage?' }), find: async () => ({ id: 'n1' }), version: () => 4,
    write: async (/** @type {any} */ _class, /** @type {string} */ id, /** @type {any} */ content) => void notes.push({ id, ...content }),
  };
  const drafts = { read: async (/** @type {any} */ { id }) => draft(id), save: async (/** @type {any} */ { id }) => id ?? 'fresh' };
  return { book: new SignatureBook(/** @type {any} */ ({ call }), 'a', { objects: /** @type {any} */ (objects), drafts: /** @type {any} */ (drafts), isOwner }), asked, notes };
}

test('the badge counts what waits for the person who looks', async () => {
  const rows = ['prepared', 'prepared', 'returned', 'failed', 'sending', 'signed'].map((state, index) => letter(String(index), { state }));
  for (const [isOwner, count] of /** @type {[boolean, number][]} */ ([[true, 2], [false, 2]])) {
    const { book } = openBook(rows, isOwner);
    assert.equal(book.waiting, 0);
    await book.read();
    assert.equal(book.waiting, count);
  }
});

test('letters are drafts no more until they are signed, and carry the version that was read', async () => {
  const { book, asked } = openBook([letter('a', { noteObjectId: 'n1', state: 'returned' }), letter('b', { state: 'signed', version: null })], true);
  assert.deepEqual([...(await book.drafts())], ['draft-a']);
  const [returned, signed] = await book.letters();
  assert.deepEqual([returned.version, returned.draft?.subject, returned.note?.remark], [7, 'draft-a', 'Which dosage?']);
  assert.equal(signed.draft, null);
  assert.equal(asked.filter(({ method }) => method === 'SignatureBook/get').length, 1);
  assert.equal(await book.remark('draft-a'), 'Which dosage?');
});

test('a draft is put into the book once, and put back into its letter when it was corrected', async () => {
  const { book, asked } = openBook([letter('a', { state: 'returned' })], false);
  await book.read();
  await book.prepare(draft('new', { id: undefined }));
  await book.prepare(draft('again', { id: 'draft-a' }));
  const sets = asked.filter(({ method }) => method === 'SignatureBook/set').map(({ create, update }) => create ?? update);
  assert.deepEqual(sets, [{ letter: { objectId: 'fresh', version: 4 } }, { a: { state: 'prepared', version: 4 } }]);
});

test('what the owner writes, and what was sent, are sealed notes', async () => {
  const { book, asked, notes } = openBook([letter('a')], true);
  await book.return(letter('a'), 'Which dosage?');
  await book.finish(letter('a', { draft: draft('Results', { attachments: [{ name: 'x.pdf' }] }) }), 'e1');
  assert.deepEqual(notes.map(({ id: _id, ...content }) => content), [{ v: 1, remark: 'Which dosage?' }, { v: 1, to: [BOB], subject: 'Results', attachments: ['x.pdf'] }]);
  const sets = asked.flatMap(({ method, update }) => (method === 'SignatureBook/set' ? [update.a] : []));
  assert.deepEqual(sets, [{ state: 'returned', noteObjectId: notes[0].id }, { state: 'signed', emailId: 'e1', noteObjectId: notes[1].id }]);
  assert.ok(!JSON.stringify(sets).includes('dosage'));
});
