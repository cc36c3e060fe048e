/** What a person does in the mailbox that is shown: lists and messages, writing, its members, and what is known of its use. */
import { ShownMailbox } from './shown-mailbox.js';
import { lastCard } from './workroom.js';

/** @typedef {import('../pages/store-types.js').Session} Session */
/** @typedef {import('../pages/store-types.js').Draft} Draft */
/** @typedef {import('./membership-acts.js').MemberRow} MemberRow */

export class Desk extends ShownMailbox {
  /** Until then a list is neither of the one mailbox nor of the other. @protected @type {Promise<void>} */ switching = Promise.resolve();

  // Lists and messages

  /**
   * @param {string} folderId
   * @param {{position: number, limit: number, share?: import('./work.js').Share | ''}} range
   */
  async list(folderId, range) {
    await this.switching.catch(() => {});
    return this.require().list.range(folderId, range);
  }

  /** @param {string} messageId @returns {Promise<import('../pages/store-types.js').Row | null>} null: it is not here any more */
  async row(messageId) {
    await this.switching.catch(() => {});
    return this.require().list.row(messageId);
  }

  /**
   * @param {string} messageId
   * @param {import('./reading.js').OpeningOptions} [options]
   */
  async open(messageId, options = {}) {
    const opening = this.require().reading.open(messageId, options);
    if (this.session?.level === 'recovery') void opening.finally(() => this.tell('requests', {})).catch(() => {}); // opened ones are counted
    return opening;
  }

  /**
   * An attachment that `opens`, in a view of its own.
   * @param {import('./reading.js').Openable} attachment
   * @param {string} within the message it came with
   * @param {import('./reading.js').OpeningOptions} [options]
   */
  async openSeparately(attachment, within, options = {}) {
    return this.require().reading.openSeparately(attachment, within, options);
  }

  /** @param {import('../pages/store-types.js').OpenedMessage} message to be passed on whole */
  async original(message) {
    return this.require().reading.original(message);
  }

  /** @param {import('./open.js').Harvest} harvest what a sender announced, and a person adopts for answers */
  async adopt(harvest) {
    return this.require().reading.adopt(harvest);
  }

  /** @param {string} address whose pictures a person wants to see from now on */
  async allowImages(address) {
    return this.require().reading.allowImages(address);
  }

  /**
   * @param {string} messageId
   * @param {Record<string, boolean>} keywords
   */
  async setKeywords(messageId, keywords) {
    await this.require().list.setKeywords(messageId, keywords);
    await this.readFolders();
  }

  /**
   * @param {string[]} messageIds
   * @param {string} folderId
   */
  async move(messageIds, folderId) {
    await this.require().list.move(messageIds, folderId);
    await this.readFolders();
    this.tell('list', {});
  }

  /** @param {string[]} messageIds */
  async destroy(messageIds) {
    await this.require().list.destroy(messageIds);
    await this.readFolders();
    this.tell('list', {});
  }

  /** @param {string} messageId @param {boolean} confidential for the owners alone, or for everybody who reads here */
  async setConfidential(messageId, confidential) {
    const seals = await this.seals();
    await (confidential ? seals.conceal(messageId) : seals.reveal(messageId));
    this.tell('list', {});
  }

  /** Old mail under the newest key. @returns {Promise<import('./resealing.js').Work>} */
  async resealing() {
    const { room, objects } = this.require();
    const [{ resealAll }, seals] = await Promise.all([import('./resealing.js'), this.seals()]);
    const { epoch } = await room.call('opened');
    return { epoch, run: (how) => resealAll(seals, objects, epoch, how) };
  }

  /** @protected */
  async seals() {
    const { list, room } = this.require();
    const accountId = this.mailboxes.current;
    const { MessageSeals } = await import('./message-seals.js');
    return new MessageSeals({ api: this.api, accountId, room, list });
  }

  /** @param {string} messageId what the server holds of it */
  async held(messageId) {
    return this.api.call('Held/get', { accountId: this.mailboxes.current, emailId: messageId });
  }

  /**
   * What this device did with a message, for the trace its owner reads.
   * @param {string} messageId
   * @param {import('./device-reports.js').DeviceAct} act
   * @param {number} [part] the attachment, by its place from 1
   */
  report(messageId, act, part) {
    this.parts?.reports.note(messageId, act, part);
  }

  /** Who has read the open mailbox: its owner may know. */
  async trace() {
    const { reports, room } = this.require();
    const accountId = this.mailboxes.current;
    await reports.flush();
    const { Trace } = await import('./trace.js');
    return new Trace({ api: this.api, accountId, prove: () => this.prove(), rows: (ids) => room.call('rows', [ids]) });
  }

  /** The establishment that this person administers. */
  async network() {
    const accountId = this.mailboxes.current;
    const { Network } = await import('./network.js');
    return new Network({ api: this.api, accountId, prove: () => this.prove() });
  }

  /** Handing the open mailbox over to its owner's bridge. */
  async leaving() {
    const { room } = this.require();
    const { folders, mailboxes: { current: accountId } } = this;
    const { Leaving } = await import('./leaving.js');
    return new Leaving({
      api: this.api, accountId, folders, prove: () => this.prove(),
      opened: () => room.call('opened'), act: (verb, values) => room.call('act', [verb, values]),
    });
  }

  /** Who of a shared inbox does what with its messages; null in one's own. */
  get work() {
    return this.parts?.work ?? null;
  }

  /** Whether each member of the mailbox shown has read marks of an own. @param {boolean} perPersonUnread */
  async keepReadMarks(perPersonUnread) {
    await this.api.call('Account/set', { accountId: this.mailboxes.current, perPersonUnread });
    await this.mailboxes.read();
  }

  // Writing

  /**
   * @param {Draft} draft
   * @param {(progress: import('../pages/store-types.js').Progress) => void} [onProgress]
   * @param {AbortSignal} [signal]
   */
  async send(draft, onProgress, signal) {
    const { drafts } = this.require();
    const counter = this.#counter();
    const release = drafts.hold(draft.id);
    const { submitDraft } = await import('./submit.js');
    await submitDraft(counter, draft, { onProgress, signal }).finally(release);
    if (draft.id) await drafts.discard(draft.id).catch(() => {});
    await this.readFolders();
    this.tell('list', { folderId: counter.sentFolder });
  }

  /** Where messages are handed in. */
  #counter() {
    const { mailbox, person } = /** @type {Session} */ (this.session);
    const { recipients, room } = this.require();
    return {
      api: this.api,
      accountId: this.mailboxes.current,
      address: mailbox.address,
      fromName: person.name,
      sentFolder: this.folders.find(({ role }) => role === 'sent')?.id ?? '',
      recipients,
      prepare: (/** @type {any} */ order, /** @type {any} */ options) => room.call('prepare', [order], options),
    };
  }

  /** Letters prepared here for their owner to sign; null while locked. */
  get book() {
    return this.parts?.book ?? null;
  }

  /** @param {Draft} draft that its owner is to sign */
  async prepareLetter(draft) {
    await this.require().book.prepare(draft);
    this.tell('drafts', {});
  }

  /**
   * @param {readonly import('./signature-book.js').Letter[]} letters in one consent
   * @param {Parameters<typeof import('./letter-signing.js').signLetters>[3]} [options]
   */
  async signLetters(letters, options) {
    const { book, room } = this.require();
    const { workroom } = this.threshold;
    const desk = {
      sign: (/** @type {any} */ orders) => room.call('signLetters', [orders]),
      finish: (/** @type {number} */ place) => workroom.call('finishLetter', [place]),
    };
    const counter = this.#counter();
    const { signLetters } = await import('./letter-signing.js');
    try {
      return await signLetters({ ...counter, ...desk }, book, letters, options);
    } finally {
      await book.read().catch(() => {});
      await this.readFolders();
      this.tell('list', { folderId: counter.sentFolder });
    }
  }

  /** @param {Draft} draft sealed and stored now; answers its id */
  async saveDraft(draft) {
    return this.require().drafts.save(draft);
  }

  /** @param {Draft} draft sealed after two seconds of pause, or at once when the mailbox is locked; answers its id */
  noteDraft(draft) {
    return this.require().drafts.note(draft);
  }

  /** @param {string} id */
  async discardDraft(id) {
    const { book, drafts } = this.require();
    await book.release(id);
    return drafts.discard(id);
  }

  /** Without the letters of the signature book. */
  async drafts() {
    const { book, drafts } = this.require();
    return drafts.list(await book.drafts());
  }

  /** How many drafts wait on this device and do not open now. */
  get unopenedDrafts() {
    return this.parts?.drafts.unopened.length ?? 0;
  }

  /** They are given up. */
  forgetUnopenedDrafts() {
    return this.require().drafts.forgetUnopened();
  }

  /** @param {string} text */
  async suggest(text) {
    return this.require().recipients.suggest(text);
  }

  /** @param {string[]} addresses */
  async lookup(addresses) {
    const entries = await this.require().recipients.lookup(addresses);
    const { plainEntry } = await import('./recipients.js');
    return entries.map((entry) => entry && plainEntry(entry));
  }

  /**
   * What the composer says of each address before it sends: state, first contact, changed identity.
   * @param {string[]} addresses
   */
  async check(addresses) {
    return this.require().recipients.check(addresses);
  }

  /** @param {import('../pages/store-types.js').Recipient[]} recipients whose changed identity, or announced certificate, a person has accepted */
  async accept(recipients) {
    return this.require().recipients.accept(recipients);
  }

  // Members and unlockers

  /** @returns {Promise<MemberRow[]>} read from the log again */
  async readMembers() {
    return this.acts ? this.acts.read() : [];
  }

  /** Members that the server asserts and the log does not prove. */
  async claims() {
    const { members, mailboxes: { current: accountId } } = this;
    const { unprovenMembers } = await import('./member-claims.js');
    return unprovenMembers(this.api, accountId, members);
  }

  /** Rosters of on-call duty of the open mailbox. */
  async rosters() {
    const accountId = this.mailboxes.current;
    const { Rosters } = await import('./rosters.js');
    return new Rosters(this.api, accountId);
  }

  /** The person's own credentials. */
  async unlockers() {
    const accountId = this.mailboxes.current;
    const { Unlockers } = await import('./unlockers.js');
    return new Unlockers(this.api, accountId, () => this.prove());
  }

  /** What officers and colleagues open together. */
  async emergency() {
    const accountId = this.mailboxes.current;
    const { Emergency } = await import('./emergency.js');
    return new Emergency({ api: this.api, accountId, room: this.threshold.workroom, card: lastCard, prove: () => this.prove() });
  }
}
