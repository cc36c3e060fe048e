import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api, outcome } from '../../../static/js/mail/api.js';

/** @param {((url: string, init: any) => Response | Error)[]} answers one per request */
function server(...answers) {
  /** @type {{url: string, body: any}[]} */ const seen = [];
  /** @type {any} */
  const fetch = async (/** @type {string} */ url, /** @type {any} */ init) => {
    seen.push({ url, body: typeof init.body === 'string' ? JSON.parse(init.body) : init.body });
    const answer = answers[Math.min(seen.length, answers.length) - 1](url, init);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { api: new Api({ fetch, wait: async () => {} }), seen };
}

/** @param {any} body @param {number} [status] */
const json = (body, status = 200) => new Response(JSON.stringify(body), { status });
/** @param {any[]} methodResponses */
const jmap = (methodResponses) => () => json({ methodResponses });
const down = () => new TypeError('Failed to fetch');

test('calls of one turn travel in one request and find their answers', async () => {
  const { api, seen } = server(jmap([['Thread/get', { t: 2 }, '1'], ['Mailbox/get', { m: 1 }, '0']]));
  const answers = await Promise.all([api.call('Mailbox/get', {}), api.call('Thread/get', {})]);
  assert.deepEqual(answers, [{ m: 1 }, { t: 2 }]);
  assert.equal(seen.length, 1);
  assert.equal(seen[0].body.methodCalls.length, 2);
});

test('one method’s error does not touch its neighbour', async () => {
  const { api } = server(jmap([['error', { type: 'forbidden' }, '0'], ['Mailbox/get', { m: 1 }, '1']]));
  const [failed, fine] = await Promise.allSettled([api.call('Email/get', {}), api.call('Mailbox/get', {})]);
  assert.equal(failed.status === 'rejected' && failed.reason.code, 'forbidden');
  assert.equal(fine.status, 'fulfilled');
});

test('a read is tried again while the server is away', async () => {
  const { api, seen } = server(down, () => json({}, 503), jmap([['Email/get', { ok: true }, '0']]));
  assert.deepEqual(await api.call('Email/get', {}), { ok: true });
  assert.equal(seen.length, 3);
});

test('a write is never sent twice', async () => {
  const { api, seen } = server(down);
  await assert.rejects(api.call('EmailSubmission/set', {}), { code: 'offline' });
  assert.equal(seen.length, 1);
});

/** @type {[string, () => Response | Error, string][]} */
const FAILURES = [
  ['no answer', down, 'offline'],
  ['a server error', () => new Response('oops', { status: 500 }), 'server-error'],
  ['a stable code', () => json({ error: 'certificate-expired' }, 403), 'certificate-expired'],
  ['no session', () => new Response('', { status: 401 }), 'session-expired'],
  ['a problem document', () => json({ type: 'urn:ietf:params:jmap:error:limit', status: 413 }, 413), 'limit'],
];
for (const [name, answer, code] of FAILURES) {
  test(`${name} is ${code}`, async () => {
    await assert.rejects(server(answer).api.post('/auth/card', {}), { code });
  });
}

test('a refusal keeps what the server says of it', async () => {
  const failure = await server(() => json({ error: 'rate-limited', retryAfter: 7 }, 429)).api.post('/x').catch((error) => error);
  assert.equal(failure.data.retryAfter, 7);
});

test('what a set did to one object, or why not', () => {
  assert.deepEqual(outcome({ created: { a: { id: '1' } } }, 'created', 'a'), { id: '1' });
  assert.throws(() => outcome({ notUpdated: { a: { type: 'stateMismatch' } } }, 'updated', 'a'), { code: 'stateMismatch' });
});

/** A download of 100 octets in pieces, by an engine that fills given octets or by one that does not. @param {boolean} fills @param {number} [arriving] */
function pieces(fills, arriving = 100) {
  const body = Uint8Array.from({ length: arriving }, (_, i) => i);
  let at = 0;
  const source = {
    ...(fills && { type: 'bytes' }),
    /** @param {any} controller */
    pull(controller) {
      if (at < arriving) controller.enqueue(body.slice(at, (at += 30)));
      else controller.close();
      if (at >= arriving) controller.byobRequest?.respond(0);
    },
  };
  const stream = new ReadableStream(/** @type {any} */ (source));
  return { body, answer: () => /** @type {any} */ ({ ok: true, body: stream, headers: new Headers({ 'Content-Length': '100' }) }) };
}

for (const [engine, fills] of /** @type {[string, boolean][]} */ ([['an engine that fills our octets', true], ['another engine', false]])) {
  test(`a download in ${engine} is whole, and reports its progress`, async () => {
    const { body, answer } = pieces(fills);
    /** @type {number[][]} */ const steps = [];
    const found = await server(answer).api.download('a', 'b', { onProgress: (done, total) => steps.push([done, total]) });
    assert.deepEqual(found, body);
    assert.deepEqual([steps.at(-1), steps.length > 1], [[100, 100], true]);
  });

  test(`a download cut off in ${engine} is no longer than what came`, async () => {
    const { body, answer } = pieces(fills, 70);
    assert.deepEqual(await server(answer).api.download('a', 'b', { onProgress: () => {} }), body);
  });
}
test('a download reports its progress', async () => {
  const body = new Uint8Array(10).fill(3);
  const { api } = server(() => new Response(body, { headers: { 'Content-Length': '10' } }));
  /** @type {number[][]} */ const steps = [];
  assert.deepEqual(await api.download('a', 'b', { onProgress: (done, total) => steps.push([done, total]) }), body);
  assert.deepEqual(steps.at(-1), [10, 10]);
});
