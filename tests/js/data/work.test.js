import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { isOnlyWork, Work } from '../../../static/js/mail/work.js';

const ALICE = { id: 'a', name: 'Alice Martin', mayAnswer: true, isMe: true };
const BOB = { id: 'b', name: 'Bob Garnier', mayAnswer: true, isMe: false };
const NOTHING = { assignedTo: null, answeringBy: null, answeringSince: null, answeringLeft: 0, doneBy: null, doneAt: null };

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
afterEach(() => mock.timers.reset());

/** A server with one message that knows its work, and counts what it is asked. */
class Server {
  state = 1;
  /** @type {any} */ row = { id: 'm', ...NOTHING };
  people = [ALICE, BOB];
  /** @type {[string, any][]} */ asked = [];

  /** @param {string} method @param {any} values */
  async call(method, values) {
    this.asked.push([method, values]);
    if (method === 'Work/changes') return { created: [], updated: ['m'], destroyed: [], hasMoreChanges: false, newState: String(this.state) };
    if (method === 'Work/get') return { list: [this.row], notFound: [], people: this.people, state: String(this.state) };
    return this.set(values.update.m);
  }

  /** @param {any} patch */
  set({ answering, insteadOf, assignedTo, done }) {
    const { answeringBy } = this.row;
    if (answering && answeringBy && answeringBy !== 'a' && answeringBy !== insteadOf) return { notUpdated: { m: { type: 'beingAnswered' } } };
    this.state += 1;
    if (answering !== undefined) Object.assign(this.row, { answeringBy: answering ? 'a' : null, answeringLeft: answering ? 300 : 0 });
    if (assignedTo !== undefined) this.row.assignedTo = assignedTo;
    if (done !== undefined) this.row.doneBy = done ? 'a' : null;
    return { updated: { m: null } };
  }

  /** What was said, without what was only asked. */
  get said() {
    return this.asked.filter(([method]) => method === 'Work/set').map(([, { update }]) => update.m);
  }
}

/** @returns {{server: any, work: Work, clock: {now: number}}} */
function opened() {
  const [server, clock] = [new Server(), { now: 0 }];
  const work = new Work(server, 'account', () => clock.now);
  work.take({ list: [server.row], notFound: [], people: server.people, state: '1' });
  return { server, work, clock };
}

test('what nobody touched is nobody’s', () => {
  const { work } = opened();
  assert.deepEqual(work.of('another'), { assignedTo: null, answering: null, answeringSince: null, done: null, doneAt: null });
  assert.equal(work.mayAnswer, true);
});

test('a colleague’s word is heard by what changed', async () => {
  const { server, work } = opened();
  Object.assign(server.row, { assignedTo: 'a', answeringBy: 'b', answeringLeft: 300, answeringSince: '2026-11-22T10:00:00Z' });
  await work.follow();
  assert.deepEqual([work.of('m').assignedTo, work.of('m').answering, work.of('m').answeringSince], [ALICE, BOB, '2026-11-22T10:00:00Z']);
  assert.deepEqual(server.asked.map((/** @type {[string, any]} */ [method]) => method), ['Work/changes', 'Work/get']);
});

test('an answer that nobody speaks of any more ends by itself', () => {
  const { server, work, clock } = opened();
  const heard = mock.fn();
  work.addEventListener('change', heard);
  work.take({ list: [{ ...server.row, answeringBy: 'b', answeringLeft: 10 }], notFound: [], people: server.people, state: '1' });
  clock.now = 9_999;
  assert.equal(work.of('m').answering?.id, 'b');
  clock.now = 10_001;
  mock.timers.tick(10_001);
  assert.equal(work.of('m').answering, null);
  assert.equal(heard.mock.callCount(), 1);
});

test('who writes says so again, and once more that it is over', async () => {
  const { server, work } = opened();
  await work.begin('m');
  mock.timers.tick(120_000);
  await work.end();
  mock.timers.tick(600_000);
  assert.deepEqual(server.said, [{ answering: true }, { answering: true }, { answering: false }]);
});

test('an answer is taken over only from the colleague one was shown', async () => {
  const { server, work } = opened();
  Object.assign(server.row, { answeringBy: 'b', answeringLeft: 300 });
  await assert.rejects(work.begin('m'), { code: 'beingAnswered' });
  assert.equal(work.of('m').answering?.id, 'b', 'and one knows now who it is');
  await work.begin('m', 'b');
  assert.deepEqual(work.of('m').answering, ALICE);
  await work.end();
});

test('whoever is relieved hears by whom, and says nothing more', async () => {
  const { server, work } = opened();
  /** @type {any[]} */ const taken = [];
  work.addEventListener('taken', (event) => taken.push(/** @type {CustomEvent} */ (event).detail.by));
  await work.begin('m');
  Object.assign(server.row, { answeringBy: 'b', answeringLeft: 300 });
  await work.follow();
  mock.timers.tick(600_000);
  await work.end();
  assert.deepEqual([taken, server.said.length], [[BOB], 1]);
});

test('assigning and ending are said of one message', async () => {
  const { server, work } = opened();
  await work.assign('m', 'b');
  await work.finish('m', true);
  assert.deepEqual([work.of('m').assignedTo, work.of('m').done], [BOB, ALICE]);
  await work.assign('m', null);
  assert.deepEqual(server.said, [{ assignedTo: 'b' }, { done: true }, { assignedTo: null }]);
});

test('who has left is named and given nothing', () => {
  const { server, work } = opened();
  work.take({ list: [{ ...server.row, doneBy: 'b' }], notFound: [], people: [ALICE], state: '2' });
  assert.equal(work.of('m').done?.name, 'Bob Garnier');
  assert.deepEqual(work.colleagues, [ALICE]);
});

test('a reader answers nothing', () => {
  const { server, work } = opened();
  work.take({ list: [], notFound: ['m'], people: [{ ...ALICE, mayAnswer: false }, BOB], state: '2' });
  assert.equal(work.mayAnswer, false);
  assert.equal(server.asked.length, 0);
});

test('news of work alone is told from other news', () => {
  assert.deepEqual([isOnlyWork({ Work: '3' }), isOnlyWork({ Work: '3', Email: '2' }), isOnlyWork({ Email: '2' })], [true, false, false]);
});
