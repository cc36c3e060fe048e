/** What stands in an open mailbox: its list, drafts, correspondents and recipients, each around the same sealed objects. */
import { SeenVersions } from '../keys/objects.js';
import { Correspondents } from './correspondents-object.js';
import { DeviceReports } from './device-reports.js';
import { Drafts } from './drafts.js';
import { MessageList } from './list.js';
import { MailboxRoom } from './mailbox-room.js';
import { Reading } from './reading.js';
import { Recipients } from './recipients.js';
import { SealedObjects } from './sealed.js';
import { SignatureBook } from './signature-book.js';
import { waitingObjects } from './waiting.js';
import { Work } from './work.js';

/** @typedef {{room: MailboxRoom, list: MessageList, drafts: Drafts, recipients: Recipients, objects: SealedObjects, reading: Reading, reports: DeviceReports, book: SignatureBook, work: Work | null}} Furniture work: only of an inbox that several share */

/**
 * @param {import('./api.js').Api} api
 * @param {string} mailboxId
 * @param {import('./workroom.js').Workroom} workroom with the mailbox open in it
 * @param {{learnt: () => void, epoch: number, newer: () => void, onlyReads: boolean, shared: boolean}} news learnt: opening a message taught its row something;
 *   newer: a message lies under a later epoch than the one open; onlyReads: a recovery session, which stores nothing
 * @returns {Furniture} nothing is read yet
 */
export function furnish(api, mailboxId, workroom, news) {
  const room = new MailboxRoom(workroom, mailboxId);
  const objects = new SealedObjects(api, mailboxId, sealerOf(room), seenVersions(mailboxId));
  const list = new MessageList(api, mailboxId, room, objects, news);
  const drafts = new Drafts(objects, waitingObjects(mailboxId), news);
  const correspondents = new Correspondents(objects);
  const recipients = new Recipients(api, mailboxId, objects, (items) => room.call('validate', [items]), correspondents);
  const learnt = () => {
    list.changed();
    news.learnt();
  };
  const reading = new Reading({ api, accountId: mailboxId, room, list, correspondents, learnt });
  const work = news.shared ? new Work(api, mailboxId) : null;
  list.work = work;
  const book = new SignatureBook(api, mailboxId, { objects, drafts, isOwner: !news.shared });
  return { room, list, drafts, recipients, objects, reading, reports: new DeviceReports(api, mailboxId), book, work };
}

/** @param {MailboxRoom} room @returns {import('./sealed.js').Sealer} */
function sealerOf(room) {
  return {
    seal: (name, content) => room.call('seal', [name, content]),
    prepare: (name) => room.call('prepareKeys', [[name]]),
    open: ({ class: objectClass, id, version, epoch }, bytes) => room.call('openObject', [{ class: objectClass, id, version, epoch }, bytes]),
  };
}

/**
 * Versions are numbers the server knows anyway: they may stay on this device. Each is kept by itself, for another window of this mailbox
 * keeps what it saw beside it.
 * @param {string} mailboxId
 */
export function seenVersions(mailboxId) {
  const name = `pli-versions-${mailboxId}`;
  /** @returns {Record<string, number>} */
  const kept = () => JSON.parse(localStorage.getItem(name) ?? '{}');
  return new SeenVersions(kept(), (id, version) => {
    const { [id]: before = 0, ...others } = kept();
    localStorage.setItem(name, JSON.stringify(version === null ? others : { ...others, [id]: Math.max(before, version) }));
  });
}
