// Rosters of on-call duty: the slots to come, and the lines of a text that could not be read.
import { t, tn } from '../i18n.js';
import { currentTimeZone, dateFormat, isElsewhere, zoneName } from '../time-zone.js';
import { html, nothing } from '../viewers/lit.js';
import { noticeView } from '../viewers/notice.js';

/** @typedef {import('../mail/rosters.js').DutySlot} DutySlot */
const SHOWN = 8;

/** @param {DutySlot} slot @returns {string} */
export function slotText({ starts, ends }) {
  const format = dateFormat({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  return format.formatRange(new Date(starts), new Date(ends));
}

/** Whose clock is meant, where it is not the one beside the reader. */
export const zoneView = () => (isElsewhere(new Date()) ? html`<p class="field-help" data-zone=${currentTimeZone()}>${t('All times: {zone}', { zone: zoneName() })}</p>` : nothing);

/** @param {readonly DutySlot[]} slots */
const slotList = (slots) => html`<ul role="list" class="slots">${slots.map((slot) => html`<li class="slot"><span class="slot-when">${slotText(slot)}</span><span class="slot-who">${slot.name || slot.rppsNumber}</span></li>`)}</ul>`;

/** Those that are not over. @param {{slots: readonly DutySlot[], remove: ((rosterId: string) => void) | null, now?: Date}} rosters */
export function rosterView({ slots, remove, now = new Date() }) {
  const coming = slots.filter(({ ends }) => Date.parse(ends) > now.getTime());
  if (!coming.length) return nothing;
  const rosters = [...new Set(coming.map(({ rosterId }) => rosterId))];
  return html`<section class="place-section" aria-labelledby="roster-title"><h3 class="place-subtitle" id="roster-title">${t('On call')}</h3>
    ${rosters.map((id) => rosterOf(coming.filter(({ rosterId }) => rosterId === id), remove))}</section>`;
}

/** @param {readonly DutySlot[]} slots @param {((rosterId: string) => void) | null} remove */
const rosterOf = (slots, remove) => html`${zoneView()}
  ${slotList(slots.slice(0, SHOWN))}
  ${slots.length > SHOWN ? html`<details class="slots-more"><summary>${tn('{n} more slot', '{n} more slots', slots.length - SHOWN)}</summary>${slotList(slots.slice(SHOWN))}</details>` : nothing}
  ${remove ? html`<button type="button" class="button small quiet" data-action="remove-roster" @click=${() => remove(slots[0]?.rosterId ?? '')}>${t('Remove this roster')}</button>` : nothing}`;

/** What was read of a text before anybody gets access. @param {import('../mail/rosters.js').RosterReading} reading */
export const readingView = ({ slots, refused }) => html`
  ${refused.length ? noticeView({ tone: 'caution', role: 'alert', title: tn('{n} line was not read.', '{n} lines were not read.', refused.length), body: html`<ul class="refused-lines">${refused.map((each) => html`<li>${t('Line {line}: {reason}', { line: each.line, reason: refusedText(each.reason) })}</li>`)}</ul>` }) : nothing}
  ${slots.length ? html`<p class="field-label">${tn('{n} slot', '{n} slots', slots.length)}</p>${zoneView()}<div class="slots-preview" tabindex="0" role="region" aria-label=${t('Slots of the roster')}>${slotList(slots)}</div>`
    : noticeView({ tone: 'error', title: t('Nothing in this text can be read as a roster.'), body: t('A table needs the columns rpps, start and end; a calendar needs the RPPS number in each event.') })}`;

/** @param {string} reason @returns {string} */
export function refusedText(reason) {
  switch (reason) {
    case 'columns': return t('the columns rpps, start and end are missing');
    case 'rpps': return t('no valid RPPS number');
    case 'date': case 'dtstart-missing': case 'dtend-missing': case 'duration': case 'tzid': return t('a date or time that cannot be read');
    case 'order': return t('it ends before it starts');
    case 'too-long': return t('longer than 31 days');
    case 'too-many': return t('more than 2,000 slots');
    case 'rrule-endless': return t('it repeats without an end');
    case 'rrule-unsupported': return t('only weekly repetition is read');
    default: return t('not written as a calendar should be');
  }
}
