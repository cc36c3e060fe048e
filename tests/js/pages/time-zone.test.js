import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import '../viewers/no-dom.js';
import { slotText } from '../../../static/js/pages/roster-view.js';
import { currentTimeZone, dateFormat, dayOf, isElsewhere, localOf, momentOf, useTimeZone } from '../../../static/js/time-zone.js';
import { formatEnd } from '../../../static/js/viewers/account-texts.js';
import { formatFullDate, formatListDate, formatTime } from '../../../static/js/viewers/format.js';

afterEach(() => useTimeZone(null));

test('without an establishment it is the browser’s', () => {
  useTimeZone('Indian/Reunion');
  useTimeZone(null);
  assert.equal(currentTimeZone(), Intl.DateTimeFormat().resolvedOptions().timeZone);
  assert.equal(isElsewhere(new Date()), false);
});

test('every date is the one of the establishment: at 22:30 UTC it is tomorrow in La Réunion', () => {
  const at = '2026-11-21T22:30:00Z';
  useTimeZone('Indian/Reunion');
  const now = new Date('2026-11-22T01:00:00Z');
  assert.equal(dayOf(new Date(at)), '2026-11-22');
  assert.equal(formatListDate(at, now), dateFormat({ hour: '2-digit', minute: '2-digit' }).format(new Date(at)));
  assert.match(formatListDate(at, now), /0?2:30/);
  assert.match(formatTime(at), /0?2:30/);
  assert.match(formatFullDate(at), /22/);
  assert.match(formatEnd(at, now), /0?2:30/);
  useTimeZone('America/Martinique');
  assert.match(formatFullDate(at), /21/);
  assert.match(formatTime(at), /0?6:30/);
});

test('a slot of duty is written in that zone, and so is what a form holds', () => {
  useTimeZone('Indian/Reunion');
  const slot = { id: 's', rosterId: 'r', rppsNumber: '', name: '', starts: '2026-11-28T16:00:00Z', ends: '2026-11-29T04:00:00Z' };
  assert.match(slotText(slot), /0?8:00\s?PM.*0?8:00\s?AM|20:00.*0?8:00/);
  assert.equal(localOf(new Date(slot.starts)), '2026-11-28T20:00');
  assert.equal(momentOf('2026-11-28T20:00'), '2026-11-28T16:00:00Z');
  assert.equal(momentOf('2026-11-28'), '2026-11-27T20:00:00Z');
});

for (const [zone, local, moment] of /** @type {const} */ ([
  ['Europe/Paris', '2026-03-29T01:59', '2026-03-29T00:59:00Z'],
  ['Europe/Paris', '2026-03-29T02:30', '2026-03-29T01:30:00Z'], // there is no such time: an hour later
  ['Europe/Paris', '2026-03-29T03:00', '2026-03-29T01:00:00Z'],
  ['Europe/Paris', '2026-10-25T02:30', '2026-10-25T00:30:00Z'], // twice: the first
  ['Europe/Paris', '2026-10-25T03:00', '2026-10-25T02:00:00Z'],
  ['America/St_Johns', '2026-07-01T12:00', '2026-07-01T14:30:00Z'],
  ['Pacific/Kiritimati', '2026-01-01T00:00', '2025-12-31T10:00:00Z'],
])) {
  test(`${local} in ${zone} is ${moment}`, () => {
    useTimeZone(zone);
    assert.equal(momentOf(local), moment);
  });
}
