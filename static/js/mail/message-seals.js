/**
 * Another seal for stored messages: for the owners alone (marked as confidential), for everybody again, or under a newer key.
 * Bytes go from the server to the crypto worker and back; nothing is decrypted here. Each step may be cut off: what is done
 * again afterwards is either the same or not yet in force.
 */
import { toBase64 } from '../cms/octets.js';
import { ApiError } from './api.js';

/** @typedef {import('./list.js').EmailRecord} EmailRecord */
/** @typedef {{former: string, blobId: string, confidential: boolean, sealedSummary?: string, epoch?: number}} NewSeal of `Email/reseal` (docs/API.md) */

/** Lists that others wrote meanwhile, before giving up. */
const MAX_MEETINGS = 4;

export class MessageSeals {
  /**
   * @param {object} places
   * @param {import('./api.js').Api} places.api
   * @param {string} places.accountId
   * @param {Pick<import('./workroom.js').Workroom, 'call'>} places.room
   * @param {import('./list.js').MessageList} places.list
   */
  constructor(places) {
    this.places = places;
  }

  /** For the owners alone: its row first leaves the list that everybody reads. @param {string} id */
  async conceal(id) {
    const { room, list } = this.places;
    const record = await list.fresh(id);
    const { bytes, epoch } = await this.#sealed('sealForOwners', record);
    const seal = { former: record.blobId, blobId: await this.#upload(bytes), confidential: true };
    await room.call('shiftRow', [id, { class: 'confidential', epoch }]);
    for (let meeting = 0; ; meeting++) {
      await list.flush();
      const refused = await this.replace({ [id]: seal });
      if (!refused.has(id)) return;
      if (!isListed(refused.get(id)) || meeting === MAX_MEETINGS) throw failure(refused.get(id));
    }
  }

  /** For everybody with a right to its epoch. @param {string} id */
  async reveal(id) {
    const { room, list } = this.places;
    const record = await list.fresh(id);
    const refused = await this.replace({ [id]: await this.anew(record, record.epoch) });
    if (refused.has(id)) throw failure(refused.get(id));
    await room.call('shiftRow', [id, { class: 'pack', epoch: record.epoch }]);
    await list.flush();
  }

  /** @param {EmailRecord} record @param {number} epoch that its members open @returns {Promise<NewSeal>} uploaded, not yet in force */
  async anew(record, epoch) {
    const { bytes, summary } = await this.#sealed('sealForMembers', record, epoch);
    const blobId = await this.#upload(bytes);
    return { former: record.blobId, blobId, confidential: false, sealedSummary: toBase64(summary), epoch };
  }

  /** @param {Record<string, NewSeal>} update by message id @returns {Promise<Map<string, any>>} what was refused, with its SetError */
  async replace(update) {
    const { api, accountId, list } = this.places;
    const { notUpdated } = await api.call('Email/reseal', { accountId, update });
    list.forget();
    return new Map(Object.entries(notUpdated ?? {}));
  }

  /** @param {'sealForOwners'|'sealForMembers'} method @param {EmailRecord} record @param {...any} rest @returns {Promise<any>} */
  async #sealed(method, { id, blobId, epoch }, ...rest) {
    const { api, accountId, room } = this.places;
    const bytes = await api.download(accountId, blobId);
    return room.call(method, [{ id, bytes, epoch }, ...rest], { transfer: [bytes.buffer] });
  }

  /** @param {Uint8Array} bytes */
  #upload(bytes) {
    return this.places.api.upload(this.places.accountId, bytes);
  }
}

/** Its row stands in the list of everybody again: somebody wrote that list meanwhile. @param {any} refused */
const isListed = ({ type, properties = [] }) => type === 'invalidProperties' && properties.includes('packId');

/** @param {any} refused a SetError */
const failure = (refused) => new ApiError(refused.type, refused);
