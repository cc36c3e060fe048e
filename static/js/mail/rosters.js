/** Rosters of on-call duty, which the server reads and keeps: a grant for the period says who may, a slot says when. */

import { currentTimeZone } from '../time-zone.js';

/** @typedef {{id: string, rosterId: string, rppsNumber: string, name: string, starts: string, ends: string}} DutySlot times RFC 3339 */
/** @typedef {{line: number, reason: string}} RefusedLine */
/** @typedef {{rosterId: string | null, starts: string | null, ends: string | null, slots: DutySlot[], refused: RefusedLine[]}} RosterReading rosterId: null where no line could be read */

export class Rosters {
  #api;
  #accountId;

  /** @param {Pick<import('./api.js').Api, 'call'>} api @param {string} accountId */
  constructor(api, accountId) {
    this.#api = api;
    this.#accountId = accountId;
  }

  /** @returns {Promise<DutySlot[]>} the earliest first */
  async slots() {
    return (await this.#api.call('Duty/get', { accountId: this.#accountId, ids: null })).list;
  }

  /** Nobody gains access by it alone: that takes a grant. Times are those of the establishment; without one, of this page. @param {string} text CSV or iCalendar @returns {Promise<RosterReading>} */
  async take(text) {
    const { rosterId, starts, ends, list, refused } = await this.#api.call('Duty/set', { accountId: this.#accountId, roster: text, timeZone: currentTimeZone() });
    return { rosterId, starts, ends, slots: list, refused };
  }

  /** @param {string} rosterId */
  async remove(rosterId) {
    await this.#api.call('Duty/set', { accountId: this.#accountId, destroy: [rosterId] });
  }
}

/** @param {readonly DutySlot[]} slots @returns {import('./membership-acts.js').PersonName[]} each person once, in the order of their first slot */
export function peopleOnDuty(slots) {
  const people = new Map(slots.map(({ rppsNumber, name }) => [rppsNumber, name]));
  return [...people].map(([idValue, name]) => ({ idType: 'RPPS', idValue, name: name || idValue }));
}
