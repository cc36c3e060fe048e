import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { useLanguage } from '../../../static/js/i18n.js';
import {
  formatListDate, formatSize, initials, peopleNames, personHue, personName, plainLine, subjectText,
} from '../../../static/js/viewers/format.js';

const NOW = new Date(2026, 10, 21, 22, 0);
const at = (/** @type {number[]} */ ...parts) => new Date(...(/** @type {[number, number, number, number, number]} */ (parts))).toISOString();

afterEach(() => useLanguage('en'));

test('a date is an hour today, a weekday this week, then a day, then a day with its year', () => {
  assert.match(formatListDate(at(2026, 10, 21, 9, 5), NOW), /^0?9:05/);
  assert.equal(formatListDate(at(2026, 10, 19, 9, 5), NOW), 'Thu');
  assert.equal(formatListDate(at(2026, 2, 1, 9, 5), NOW), 'Mar 1');
  assert.equal(formatListDate(at(2024, 2, 1, 9, 5), NOW), 'Mar 1, 2024');
});

test('a date that is none shows nothing', () => {
  assert.equal(formatListDate(null, NOW), '');
  assert.equal(formatListDate('yesterday', NOW), '');
});

test('a date is written in French for a French reader', async () => {
  await useLanguage('fr');
  assert.equal(formatListDate(at(2026, 10, 19, 9, 5), NOW), 'jeu.');
  assert.equal(formatListDate(at(2026, 10, 21, 9, 5), NOW), '09:05');
});

test('sizes use decimal units and the reader’s notation', async () => {
  assert.equal(formatSize(0), '0 bytes');
  assert.equal(formatSize(999), '999 bytes');
  assert.equal(formatSize(1_500), '1.5 kB');
  assert.equal(formatSize(20_400_000), '20 MB');
  await useLanguage('fr');
  assert.equal(formatSize(1_500).replace(/\s/g, ' '), '1,5 ko');
});

test('characters that turn or hide text never reach a line', () => {
  assert.equal(plainLine('Dr\u202eecila\u202c  Morel\u0000'), 'Drecila Morel');
  assert.equal(plainLine('a\u200bb'), 'ab');
  assert.equal(subjectText('\u200b \u202e'), '(no subject)');
});

test('a person without a name is shown by address', () => {
  assert.equal(personName({ name: '\u200b', address: 'a@b.example' }), 'a@b.example');
  assert.equal(peopleNames([]), '(nobody)');
});

test('initials leave titles out and survive anything', () => {
  assert.equal(initials({ name: 'Dr Bob Garnier', address: 'x@y.example' }), 'BG');
  assert.equal(initials({ name: '', address: 'secretariat@y.example' }), 'SE');
  assert.equal(initials({ name: '😀', address: '' }), '😀');
  assert.equal(initials({ name: '', address: '' }), '?');
});

test('an address keeps its colour whatever its case', () => {
  assert.equal(personHue({ name: '', address: 'A@B.example' }), personHue({ name: 'x', address: 'a@b.example' }));
});
