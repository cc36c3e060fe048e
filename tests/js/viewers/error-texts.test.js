import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import './no-dom.js';
import { LANGUAGES, useLanguage } from '../../../static/js/i18n.js';
import { errorCode, errorText, KNOWN_CODES } from '../../../static/js/viewers/error-texts.js';

const document = (/** @type {string} */ name) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const GENERIC = errorText({}).title;

/** Errors of the developer, not of the person: the generic sentence is the right one. */
const OURS = new Set(['PARSE_ERROR', 'INVALID_REQUEST', 'METHOD_NOT_FOUND', 'INVALID_PARAMS']);

test('every bridge error of PROTOCOL.md has words of its own', () => {
  const section = document('PROTOCOL.md').split('## Errors')[1].split('## ')[0];
  const names = (section.match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? []).filter((name) => !OURS.has(name));
  assert.ok(names.length > 20);
  for (const name of names) assert.notEqual(errorText({ data: { name } }).title, GENERIC, name);
});

test('every login error of API.md has words of its own', () => {
  const section = document('API.md').split('\nCodes:')[1].split('\n\n')[0];
  for (const [, code] of section.matchAll(/`([a-z-]+)`/g)) assert.notEqual(errorText({ code }).title, GENERIC, code);
});

test('each error says what to do next, in both languages', async () => {
  for (const language of LANGUAGES) {
    await useLanguage(language);
    for (const code of KNOWN_CODES) {
      const { title, next } = errorText({ code });
      assert.ok(title.length > 5 && next.length > 5, `${language} ${code}`);
    }
  }
  await useLanguage('en');
});

test('a wrong PIN names the tries that are left', () => {
  assert.match(errorText({ code: -32021, data: { name: 'PIN_INCORRECT', tries: 2 } }).next, /^2 tries/);
});

test('a wrong PIN that leaves the last try sends to the person’s own command', () => {
  const { next, retry } = errorText({ code: -32021, data: { name: 'PIN_INCORRECT', tries: 1 } });
  assert.match(next, /does not use the last try.*pli-bridge pin --last-try/);
  assert.equal(retry, false);
});

test('a card with one try left sends to the same command', () => {
  assert.match(errorText({ data: { name: 'PIN_LAST_TRY' } }).next, /pli-bridge pin --last-try/);
});

test('a blocked PIN cannot be tried again', () => {
  assert.equal(errorText({ data: { name: 'PIN_LOCKED' } }).retry, false);
});

test('anything thrown gets a sentence', () => {
  for (const thrown of [null, undefined, 'x', new TypeError('x'), { code: 7 }]) assert.equal(errorText(thrown).title, GENERIC);
  assert.equal(errorCode(null), '');
});

test('a share that is refused for the age of its request is not asked for again', async () => {
  const refused = (/** @type {string} */ reason) => errorText({ data: { name: 'SHARE_REFUSED', reason, index: 1 } });
  for (const language of LANGUAGES) {
    await useLanguage(language);
    assert.equal(refused('expired').retry, false);
    assert.equal(refused('commitment').retry, true);
    assert.notEqual(refused('expired').title, refused('commitment').title);
  }
  await useLanguage('en');
});

test('what is another person’s says so of cards, passkeys and codes; lost and revoked holders say what to do', async () => {
  const act = (/** @type {string} */ reason) => errorText({ code: 'actRefused', data: { reason } }).next;
  const fallback = act('no-such-reason');
  for (const word of ['card', 'passkey', 'recovery code']) assert.match(act('identity-changed'), new RegExp(word));
  for (const reason of ['holder-blocked', 'holder-revoked', 'holder-left', 'owner-ended']) {
    assert.notEqual(act(reason), fallback, reason);
    assert.equal(errorText({ data: { name: 'GRANT_REFUSED', reason } }).next, act(reason));
  }
  assert.match(act('owner-ended'), /logs in with a new card/);
});

test('each rule of an establishment that refuses an act has words of its own, in both languages', async () => {
  const reasons = [...new Set([...document('API.md').matchAll(/`(tenant-[a-z-]+)`/g)].map(([, reason]) => reason))];
  assert.equal(reasons.length, 4);
  for (const language of LANGUAGES) {
    await useLanguage(language);
    const general = errorText({ code: 'actRefused', data: { reason: 'malformed' } }).next;
    const said = new Set(reasons.map((reason) => errorText({ code: 'actRefused', data: { reason } }).next));
    assert.equal(said.size, 4, language);
    assert.equal(said.has(general), false, language);
  }
  await useLanguage('en');
});

test('the limit of an emergency is named, not the card', () => {
  const { title, retry } = errorText({ data: { name: 'KEY_USE_DENIED', reason: 'session-limit' } });
  assert.match(title, /as many messages as this emergency allows/);
  assert.equal(retry, false);
});

test('what holds a new key up names everybody, and what to do for each', () => {
  const said = (/** @type {object} */ data) => errorText({ code: 'holder-refused', data });
  assert.match(said({ names: ['Bob'], reason: 'certificate-expired', waiting: [] }).title, /the card of Bob cannot/);
  const both = said({ names: ['Bob', 'Carol'], reason: 'certificate-expired', waiting: [] });
  assert.match(`${both.title} ${both.next}`, /the cards of Bob, Carol cannot .* End the access of Bob, Carol as well/);
  const mixed = said({ names: ['Bob', 'Carol'], reason: 'certificate-expired', waiting: ['Bob'] }).next;
  assert.match(mixed, /End the access of Carol as well.* For Bob, your administrator/);
  assert.doesNotMatch(said({ names: ['Bob', 'Carol'], reason: 'revocation-unknown', waiting: ['Bob', 'Carol'] }).next, /End the access/);
});
