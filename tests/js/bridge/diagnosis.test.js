import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardTrouble, diagnose, nothingKnown } from '../../../static/js/bridge/diagnosis.js';
import { redacted, reportText } from '../../../static/js/bridge/report.js';

const STATUS = Object.freeze({
  version: '0.1.0', protocol: 'pli-bridge.1', readers: [{ id: 'r_1', name: 'Twin Reader 00 00', pinpad: false }],
  modules: [{ id: 'opensc', state: 'ready' }], mailboxes: [{ handle: 'm_1', address: 'alice@pli.example', until: null }],
});
const CARD = Object.freeze({
  card: 'c_1f2e3d', reader: 'Twin Reader 00 00', label: 'CPS Alice Martin', state: /** @type {const} */ ('ready'), tries: 3,
  keys: [{ key: 'k', use: /** @type {const} */ ('authentication'), algorithms: ['RS256'], spki256: '', always: false }],
});

/** @param {Partial<import('../../../static/js/bridge/diagnosis.js').Facts>} known */
const facts = (known) => ({ ...nothingKnown(), ...known });
/** @param {Partial<import('../../../static/js/bridge/diagnosis.js').Facts>} known */
const ready = (known) => facts({ permission: 'granted', connection: 'ready', status: STATUS, cards: [CARD], port: 28610, roundTrip: 0.8, ...known });
const failed = (/** @type {string} */ code, known = {}) => facts({ connection: 'failed', failure: { code, data: {} }, ...known });
const holder = (/** @type {number} */ port, /** @type {any} */ kind, /** @type {string[]} */ protocols = []) => ({ port, kind, protocols });

/** Each state of a desk, with the first thing that is not right. @type {[string, import('../../../static/js/bridge/diagnosis.js').Facts, string, string, string][]} */
const DESKS = [
  ['all is well', ready({}), 'well', 'card', 'good'],
  ['the browser has not been asked', facts({ permission: 'prompt' }), 'permission-needed', 'browser', 'ask'],
  ['nothing was tried, nothing will be asked', facts({ permission: 'granted' }), 'look', 'bridge', 'ask'],
  ['the browser was told no', facts({ permission: 'denied' }), 'bridge-blocked', 'browser', 'bad'],
  ['the browser was told no while looking', failed('bridge-blocked'), 'bridge-blocked', 'browser', 'bad'],
  ['the browser is asking', facts({ connection: 'asking', permission: 'prompt' }), 'asking', 'browser', 'wait'],
  ['WebKit', facts({ way: 'relay' }), 'relay-needed', 'browser', 'ask'],
  ['denied, and the other way chosen', facts({ way: 'relay', permission: 'denied' }), 'relay-needed', 'browser', 'ask'],
  ['no window', failed('relay-blocked', { way: 'relay' }), 'relay-blocked', 'browser', 'bad'],
  ['window closed', failed('relay-closed', { way: 'relay' }), 'relay-closed', 'browser', 'bad'],
  ['private window', failed('bridge-no-storage'), 'bridge-no-storage', 'browser', 'bad'],
  ['looking', facts({ connection: 'searching' }), 'searching', 'bridge', 'wait'],
  ['connected, nothing said yet', ready({ status: null, cards: null }), 'searching', 'bridge', 'wait'],
  ['nobody listens', failed('bridge-absent', { holders: [holder(28610, 'closed')] }), 'bridge-absent', 'bridge', 'bad'],
  ['a mute program on a port', failed('bridge-absent', { holders: [holder(28610, 'silent'), holder(28611, 'closed')] }), 'port-taken', 'bridge', 'bad'],
  ['a program that answers', failed('bridge-refused', { holders: [holder(28610, 'stranger')] }), 'bridge-refused', 'bridge', 'bad'],
  ['not paired', failed('bridge-not-paired'), 'bridge-not-paired', 'bridge', 'ask'],
  ['another bridge', failed('bridge-changed'), 'bridge-changed', 'bridge', 'ask'],
  ['pairing refused', failed('pairing-refused'), 'pairing-refused', 'bridge', 'ask'],
  ['digits to compare', facts({ connection: 'pairing', digits: '402 917' }), 'pairing', 'bridge', 'ask'],
  ['a protocol of another time', failed('bridge-old'), 'bridge-old', 'bridge', 'bad'],
  ['a version of another time', ready({ status: { ...STATUS, version: '0.0.9' } }), 'bridge-old', 'bridge', 'bad'],
  ['no driver', ready({ status: { ...STATUS, modules: [{ id: 'cps', state: 'missing' }] }, cards: [] }), 'MODULE_MISSING', 'reader', 'bad'],
  ['no driver, said by the list', ready({ cards: null, cardFailure: { code: 'MODULE_MISSING', data: { help: 'x' } } }), 'MODULE_MISSING', 'reader', 'bad'],
  ['a driver that hangs', ready({ cards: null, cardFailure: { code: 'MODULE_CRASHED', data: {} } }), 'MODULE_CRASHED', 'reader', 'bad'],
  ['no reader', ready({ status: { ...STATUS, readers: [] }, cards: [] }), 'NO_READER', 'reader', 'bad'],
  ['no reader, said by the list', ready({ cards: [], cardFailure: { code: 'NO_READER', data: {} } }), 'NO_READER', 'reader', 'bad'],
  ['no card', ready({ cards: [] }), 'NO_CARD', 'card', 'bad'],
  ['no card, said by the list', ready({ cards: [], cardFailure: { code: 'NO_CARD', data: {} } }), 'NO_CARD', 'card', 'bad'],
  ['an unknown card', ready({ cards: [], cardFailure: { code: 'CARD_UNSUPPORTED', data: { atr: '3B' } } }), 'CARD_UNSUPPORTED', 'card', 'bad'],
  ['another program holds it', ready({ cards: [], cardFailure: { code: 'CARD_IN_USE', data: { process: 'jfse' } } }), 'CARD_IN_USE', 'card', 'bad'],
  ['another program holds it since it was read', ready({ status: { ...STATUS, readers: [{ ...STATUS.readers[0], card: 'in-use', process: 'jfse' }] } }), 'CARD_IN_USE', 'card', 'bad'],
  ['another program holds one of two', ready({ status: { ...STATUS, readers: [{ ...STATUS.readers[0], card: 'in-use' }] }, cards: [CARD, { ...CARD, reader: 'Other Reader' }] }), 'well', 'card', 'good'],
  ['a card without keys', ready({ cards: [{ ...CARD, state: 'unsupported', keys: [] }] }), 'CARD_UNSUPPORTED', 'card', 'bad'],
  ['PIN blocked', ready({ cards: [{ ...CARD, state: 'pin-locked', tries: 0 }] }), 'PIN_LOCKED', 'card', 'bad'],
  ['last try', ready({ cards: [{ ...CARD, state: 'last-try', tries: 1 }] }), 'PIN_LAST_TRY', 'card', 'bad'],
  ['one of two cards will do', ready({ cards: [{ ...CARD, state: 'pin-locked' }, CARD] }), 'well', 'card', 'good'],
  ['one of two drivers will do', ready({ status: { ...STATUS, modules: [{ id: 'cps', state: 'missing' }, { id: 'opensc', state: 'ready' }] } }), 'well', 'card', 'good'],
  ['software cards without a reader', ready({ status: { ...STATUS, readers: [] } }), 'well', 'card', 'good'],
];

for (const [name, known, code, link, tone] of DESKS) {
  test(`${name}: ${code}`, () => {
    const found = diagnose(known);
    assert.deepEqual([found.code, found.link, found.tone], [code, link, tone]);
  });
}

test('what the words need comes along', () => {
  const held = { ...STATUS, readers: [{ ...STATUS.readers[0], card: /** @type {const} */ ('in-use'), process: 'jfse' }] };
  assert.equal(diagnose(ready({ status: held })).data.process, 'jfse');
  assert.deepEqual(diagnose(failed('bridge-absent', { holders: [holder(28610, 'silent')] })).data, { ports: [28610] });
  assert.equal(diagnose(ready({ cards: [], cardFailure: { code: 'CARD_IN_USE', data: { process: 'jfse' } } })).data.process, 'jfse');
  assert.equal(diagnose(ready({ status: { ...STATUS, version: '0.0.9' } })).data.version, '0.0.9');
  assert.equal(diagnose(facts({ connection: 'pairing', digits: '402 917' })).data.digits, '402 917');
  assert.equal(diagnose(ready({ status: { ...STATUS, readers: [], pcsc: 'stopped' }, cards: [] })).data.help, 'pcscd');
});

test('of several cards, that one cannot be used is known beside those that can', () => {
  const other = { ...CARD, reader: 'Other Reader' };
  const held = { ...STATUS, readers: [{ ...STATUS.readers[0], card: /** @type {const} */ ('in-use'), process: 'jfse' }] };
  const othersOf = (/** @type {any} */ known) => diagnose(ready(known)).data.others;
  assert.equal(othersOf({ cards: [CARD, other] }), 0);
  assert.equal(othersOf({ cards: [CARD, { ...other, state: 'pin-locked' }] }), 1);
  assert.equal(othersOf({ status: held, cards: [CARD, other] }), 1);
  assert.deepEqual(cardTrouble({ ...CARD, state: 'last-try', tries: 1 }, STATUS), { code: 'PIN_LAST_TRY', data: { tries: 1 } });
  assert.deepEqual(cardTrouble(CARD, held), { code: 'CARD_IN_USE', data: { process: 'jfse' } });
  assert.equal(cardTrouble(CARD, STATUS), null);
});

test('versions compare by number', () => {
  const oldness = (/** @type {string} */ version) => diagnose(ready({ status: { ...STATUS, version } })).code;
  for (const version of ['0.1.0', '0.1', '0.1.1', '0.10.0', '1.0.0', '0.2.0.dev1']) assert.equal(oldness(version), 'well', version);
  for (const version of ['0.0.99', '0.0', '', 'x']) assert.equal(oldness(version), 'bridge-old', version);
});

const PAGE = { origin: 'https://mail.pli.example', userAgent: 'Browser/1', release: 'abc', now: new Date(0) };

test('the report tells devices and programs, and nothing that tells who the person is', () => {
  const serial = { ...STATUS, readers: [{ id: 'r_1', name: 'Gemalto PC Twin Reader (4B2F9A01C3) 00 00', pinpad: true }] };
  const known = ready({ status: serial, holders: [holder(28611, 'stranger')] });
  const text = reportText(known, diagnose(known), PAGE);
  for (const word of ['Alice', 'Martin', 'c_1f2e3d', 'm_1', 'alice@', '4B2F9A01C3', '402 917']) assert.ok(!text.includes(word), word);
  for (const word of ['well (card)', '0.1.0', 'Twin Reader (#) 00 00 (pinpad)', 'opensc ready', 'RS256', 'port 28611: stranger', '0.8 ms', 'Browser/1']) assert.ok(text.includes(word), word);
});

test('the report of a bridge that is not there', () => {
  const known = failed('bridge-absent', { holders: [holder(28610, 'closed')] });
  assert.match(reportText(known, diagnose(known), PAGE), /^connection: failed bridge-absent$/m);
});

test('slot numbers stay, serial numbers go', () => {
  assert.equal(redacted('ACS ACR38U-CCID 01 00'), 'ACS ACR38U-CCID 01 00');
  assert.equal(redacted('Reader 53001234567 00 01'), 'Reader # 00 01');
});
