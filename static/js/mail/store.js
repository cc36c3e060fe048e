/**
 * The one object the pages talk to: who is here, whether the mailbox is open, its folders, lists, messages and drafts.
 * Everything with keys runs in workers; locking terminates them, and with them goes all that was decrypted.
 */
import { PORTS } from '../bridge/messages.js';
import { usualWay } from '../bridge/way.js';
import { fromBase64 } from '../cms/octets.js';
import { accountsOf, readUnread, withNews } from './accounts.js';
import { Api, ApiError, CAPABILITIES } from './api.js';
import { CardGrant } from './card-grant.js';
import { Push } from './push.js';
import { forgetCard, lastCard, lastEntrance, lastPort, rememberEntrance, Workroom } from './workroom.js';

/** @typedef {import('../pages/store-types.js').StoreFace} StoreFace */
/** @typedef {import('../pages/store-types.js').Session} Session */
/** @typedef {import('../pages/store-types.js').Folder} Folder */
/** @typedef {import('../pages/store-types.js').Account} Account */
/** @typedef {import('./membership-acts.js').MemberRow} MemberRow */
/** @typedef {import('./membership-acts.js').MembershipActs} MembershipActs */
/** @typedef {import('../pages/store-types.js').Draft} Draft */
/** @typedef {'starting'|'signed-out'|'locked'|'opening'|'open'} Phase */
/** @typedef {'card-removed'|'locked'|'expired'|'bridge-stopped'|'idle'|'logged-out'|'screen-locked'|'suspended'|'module-crashed'} LockReason */

/** How long sealing what is being written may delay the lock, milliseconds. */
const SEALING_GRACE = 1_500;
/** The card whose person the entrance lets in first, once. */
export const NEXT_CARD = 'pli-next-card';
/** Pause between two looks whether somebody else's mailbox is still open to this person, milliseconds. */
const RIGHT_ASKED_EVERY = 20_000;
/** How long a bridge that is going away may take to confirm, milliseconds. */
const LOCKING_GRACE = 300;

/** What only an open mailbox needs. */
async function inside() {
  const [{ furnish }, { KeyCare }] = await Promise.all([import('./furniture.js'), import('./key-care.js')]);
  return { furnish, KeyCare };
}

/** Something was asked of a mailbox that is not open. */
class Locked extends Error {
  code = 'locked';
}

/**
 * Events: `phase`, `folders`, `list` {folderId}, `online`, `drafts` (one was sealed), `draft-error` {error},
 * `accounts`, `members`, `rotation` {step, done, total} while a new key is made by itself,
 * `locked` {reason}, `card-seen` {own, other} while locked, `grant`, `grant-ended` {reason}, `bridge` (a ConnectionState), `cards`, `failure` {error} of something nobody waits for.
 */
export class Store extends EventTarget {
  /** @type {Session | null} */ session = null;
  /** @type {Phase} */ phase = 'starting';
  /** @type {Folder[]} */ folders = [];
  /** The person's mailboxes, his own first. @type {Account[]} */ accounts = [];
  /** Of the open mailbox, as its signed log says. @type {MemberRow[]} */ members = [];
  /** What may be done with them. @type {MembershipActs | null} */ acts = null;
  /** @type {import('../bridge/client.js').ConnectionState} */ bridge = 'idle';
  /** Where the server lets its pages look for a bridge. @type {readonly number[]} */ bridgePorts = PORTS;
  online = true;
  /** What `pli-bridge export` named the last time; each command makes a new one. @type {{mailboxId: string} | null} */ exportWanted = null;
  /** @type {LockReason | ''} */ lockReason = '';
  #api = new Api();
  #push = new Push();
  /** @type {string} */ #accountId = '';
  /** @type {import('./key-care.js').KeyCare | null} */ #care = null;
  /** @type {Workroom | null} */ #room = null;
  /** @type {import('./entrance.js').Entrance | null} */ #entrance = null;
  /** @type {import('./furniture.js').Furniture | null} */ #parts = null;
  /** @type {CardGrant | null} */ #grant = null;
  /** @type {import('./card-watch.js').CardWatch | null} */ #watch = null;
  /** Why the card was closed: the mailbox follows a moment later. */ #grantEnd = '';
  /** @type {Promise<void> | null} */ #starting = null;
  /** @type {Promise<void> | null} */ #locking = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #watching;

  constructor() {
    super();
    this.#push.addEventListener('change', (event) => void this.#heard(/** @type {CustomEvent} */ (event).detail));
    this.#push.addEventListener('online', (event) => this.#setOnline(/** @type {CustomEvent} */ (event).detail));
  }

  /** Whether the person is logged in at the server already; the mailbox is locked either way. */
  start() {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start() {
    if (this.phase !== 'starting') return;
    try {
      await this.#readSession();
      this.#enter('locked');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#enter('signed-out');
      if (error.code !== 'session-expired') throw error;
    }
  }

  // Entrance

  /** Looks for the bridge; the browser may ask the person. Throws one of CONNECTION_ERRORS. */
  connectBridge() {
    return this.#workroom().connectBridge();
  }

  /** Pairs this browser with the bridge, on a click: the event `pairing` has the digits to compare. */
  pairBridge() {
    return this.#workroom().pairBridge();
  }

  /** What the person says of those digits. @param {boolean} same */
  agreeOnDigits(same) {
    return this.#workroom().agreeOnDigits(same);
  }

  /** @returns {Promise<{cards: import('../bridge/messages.js').Card[], why?: {name: string}}>} why: where there are none */
  cards() {
    return this.#workroom().call('cards');
  }

  /**
   * @param {string} card
   * @param {(step: 'pin'|'checking') => void} onStep
   */
  async logInWithCard(card, onStep) {
    const answer = await (await this.#door()).logInWithCard(card, onStep);
    rememberEntrance({ card });
    return answer;
  }

  /** @param {AbortSignal} [signal] */
  async logInWithPasskey(signal) {
    await (await this.#door()).logInWithPasskey(signal);
    rememberEntrance('passkey');
  }

  /**
   * A printed recovery code opens to read, for an hour.
   * @param {string} address
   * @param {string} code
   */
  async logInWithRecovery(address, code) {
    await (await this.#door()).logInWithRecovery(address, code);
  }

  /**
   * @param {{name: string, address: string}} person
   * @param {AbortSignal} [signal]
   */
  async registerPasskey(person, signal) {
    const answer = await (await this.#door()).registerPasskey(person, signal);
    rememberEntrance('passkey');
    return answer;
  }

  /**
   * @param {string} address
   * @param {(step: 'keys'|'consent'|'completing') => void} onStep
   */
  async openAccount(address, onStep) {
    await this.#opening(async (door) => {
      const opened = await door.openAccount(address, onStep);
      await this.#readSession();
      return opened;
    });
  }

  /** One card operation; with a passkey one gesture, unless the login just made it. */
  async openMailbox() {
    await this.#opening(async (door) => {
      if (!door.ready) await this.#present(door);
      await this.#readSession();
      return door.openMailbox(this.#accountId).catch((error) => {
        door.forget();
        throw error;
      });
    });
  }

  // Several mailboxes

  /**
   * Another mailbox of this person: the card that is open opens it without a PIN, a passkey asks for its gesture.
   * @param {string} accountId
   */
  switchTo(accountId) {
    const switching = this.#switching.catch(() => {}).then(() => this.#switchTo(accountId));
    this.#switching = switching;
    return switching;
  }

  /** Until then a list is neither of the one mailbox nor of the other. @type {Promise<void>} */ #switching = Promise.resolve();

  /** @param {string} accountId */
  async #switchTo(accountId) {
    if (accountId === this.#accountId) return;
    const room = this.#workroom();
    await this.#leaveParts();
    try {
      const known = await room.call('use', [accountId]);
      await this.#furnish(known ? this.#again(known) : await this.#openOther(accountId));
    } catch (error) {
      await this.#return(error);
    }
  }

  /** @param {string} accountId */
  async #openOther(accountId) {
    const door = await this.#door();
    if (!door.ready) await this.#present(door);
    return door.openMailbox(accountId);
  }

  /** The mailbox that was there is shown again. @param {unknown} error */
  async #return(error) {
    const known = await this.#workroom().call('use', [this.#accountId]);
    if (known) await this.#furnish(this.#again(known));
    throw error;
  }

  /** One that is open in the agent already. @param {import('../keys/agent.js').OpenedMailbox} opened @returns {import('./entrance.js').Opened} */
  #again(opened) {
    return { level: 'full', keyChangeDue: false, members: [], ...opened, bridge: this.session?.bridge ?? true };
  }

  /** What is being written and learnt in the mailbox that is left. */
  async #leaveParts() {
    const parts = this.#parts;
    this.#parts = null;
    if (!parts) return;
    await Promise.allSettled([parts.drafts.leave(), parts.list.flush(), parts.reports.flush()]);
    parts.list.stop();
  }

  // Members and keys

  /** @returns {Promise<MemberRow[]>} read from the log again */
  async readMembers() {
    return this.acts ? this.acts.read() : [];
  }

  /** Members that the server asserts and the log does not prove. */
  async claims() {
    const { unprovenMembers } = await import('./member-claims.js');
    return unprovenMembers(this.#api, this.#accountId, this.members);
  }

  /** Rosters of on-call duty of the open mailbox. */
  async rosters() {
    const { Rosters } = await import('./rosters.js');
    return new Rosters(this.#api, this.#accountId);
  }

  /** The server asks once more who is there. */
  async #prove() {
    const door = await this.#door();
    if (this.session?.bridge) await door.logInWithCard(lastCard(), () => {});
    else await door.provePasskey();
  }

  /** The person's own credentials. */
  async unlockers() {
    const { Unlockers } = await import('./unlockers.js');
    return new Unlockers(this.#api, this.#accountId);
  }

  /** What officers and colleagues open together. */
  async emergency() {
    const { Emergency } = await import('./emergency.js');
    return new Emergency({ api: this.#api, accountId: this.#accountId, room: this.#workroom(), card: lastCard, prove: () => this.#prove() });
  }

  /**
   * The mailbox that was asked for, in the place of the one shown: to read, for a while.
   * @param {import('./emergency.js').RecoveryRequest} request with enough shares
   */
  async openWithShares(request) {
    const officer = await (await this.emergency()).begin(request);
    await this.#readSession();
    await this.#leaveParts();
    try {
      await this.#furnish(await (await this.#door()).openWithShares(request.accountId, officer));
    } catch (error) {
      await this.#return(error);
    }
  }

  /**
   * The card that just logged in opens nothing yet: what opened before does so once more, and the card takes the place of the old one.
   * @param {'passkey' | {code: string} | {card: string}} by
   * @param {AbortSignal} [signal]
   */
  async renewCard(by, signal) {
    const card = lastCard();
    const { takePlace } = await import('./renewal.js');
    await this.#opening(async (door) => {
      await door.presentBeside(by, signal);
      await this.#readSession();
      return door.openMailbox(this.#accountId);
    });
    await takePlace(/** @type {MembershipActs} */ (this.acts), await this.unlockers(), card, this.session?.person ?? null);
    await this.#leaveParts();
    const door = await this.#door();
    door.chooseCard(card);
    await this.#furnish(await door.openMailbox(this.#accountId));
  }

  /** A new card, which the old one will let in: it is known from now on, and gives way. */
  async announceCard() {
    const door = await this.#door();
    door.chooseCard(lastCard());
    await this.#readSession();
    await door.announceCard(this.#accountId);
    forgetCard();
    await this.logout();
  }

  // Lists and messages

  /**
   * @param {string} folderId
   * @param {{position: number, limit: number}} range
   */
  async list(folderId, range) {
    await this.#switching.catch(() => {});
    return this.#open().list.range(folderId, range);
  }

  /** @param {string} messageId @returns {Promise<import('../pages/store-types.js').Row | null>} null: it is not here any more */
  async row(messageId) {
    await this.#switching.catch(() => {});
    return this.#open().list.row(messageId);
  }

  /**
   * @param {string} messageId
   * @param {import('./reading.js').OpeningOptions} [options]
   */
  async open(messageId, options = {}) {
    return this.#open().reading.open(messageId, options);
  }

  /**
   * An attachment that `opens`, in a view of its own.
   * @param {import('./reading.js').Openable} attachment
   * @param {string} within the message it came with
   * @param {import('./reading.js').OpeningOptions} [options]
   */
  async openSeparately(attachment, within, options = {}) {
    return this.#open().reading.openSeparately(attachment, within, options);
  }

  /** @param {import('./open.js').Harvest} harvest what a sender announced, and a person adopts for answers */
  async adopt(harvest) {
    return this.#open().reading.adopt(harvest);
  }

  /** @param {string} address whose pictures a person wants to see from now on */
  async allowImages(address) {
    return this.#open().reading.allowImages(address);
  }

  /**
   * @param {string} messageId
   * @param {Record<string, boolean>} keywords
   */
  async setKeywords(messageId, keywords) {
    await this.#open().list.setKeywords(messageId, keywords);
    await this.#readFolders();
  }

  /**
   * @param {string[]} messageIds
   * @param {string} folderId
   */
  async move(messageIds, folderId) {
    await this.#open().list.move(messageIds, folderId);
    await this.#readFolders();
    this.#tell('list', {});
  }

  /** @param {string[]} messageIds */
  async destroy(messageIds) {
    await this.#open().list.destroy(messageIds);
    await this.#readFolders();
    this.#tell('list', {});
  }

  /** @param {string} messageId what the server holds of it */
  async held(messageId) {
    return this.#api.call('Held/get', { accountId: this.#accountId, emailId: messageId });
  }

  /**
   * What this device did with a message, for the trace its owner reads.
   * @param {string} messageId
   * @param {import('./device-reports.js').DeviceAct} act
   * @param {number} [part] the attachment, by its place from 1
   */
  report(messageId, act, part) {
    this.#parts?.reports.note(messageId, act, part);
  }

  /** Who has read the open mailbox: its owner may know. */
  async trace() {
    await this.#open().reports.flush();
    const { Trace } = await import('./trace.js');
    const room = this.#workroom();
    return new Trace({ api: this.#api, accountId: this.#accountId, prove: () => this.#prove(), rows: (ids) => room.call('rows', [ids]) });
  }

  /** Handing the open mailbox over to its owner's bridge. */
  async leaving() {
    const { Leaving } = await import('./leaving.js');
    const room = this.#workroom();
    return new Leaving({
      api: this.#api, accountId: this.#accountId, folders: this.folders, prove: () => this.#prove(),
      opened: () => room.call('opened'), act: (verb, values) => room.call('act', [verb, values]),
    });
  }

  // Writing

  /**
   * @param {Draft} draft
   * @param {(progress: import('../pages/store-types.js').Progress) => void} [onProgress]
   * @param {AbortSignal} [signal]
   */
  async send(draft, onProgress, signal) {
    const { recipients, drafts } = this.#open();
    const { mailbox, person } = /** @type {Session} */ (this.session);
    const room = this.#workroom();
    const counter = {
      api: this.#api,
      accountId: this.#accountId,
      address: mailbox.address,
      fromName: person.name,
      sentFolder: this.folders.find(({ role }) => role === 'sent')?.id ?? '',
      recipients,
      prepare: (/** @type {any} */ order, /** @type {any} */ options) => room.call('prepare', [order], options),
    };
    const release = drafts.hold(draft.id);
    const { submitDraft } = await import('./submit.js');
    await submitDraft(counter, draft, { onProgress, signal }).finally(release);
    if (draft.id) await drafts.discard(draft.id).catch(() => {});
    await this.#readFolders();
    this.#tell('list', { folderId: counter.sentFolder });
  }

  /** @param {Draft} draft sealed and stored now; answers its id */
  async saveDraft(draft) {
    return this.#open().drafts.save(draft);
  }

  /** @param {Draft} draft sealed after two seconds of pause, or at once when the mailbox is locked; answers its id */
  noteDraft(draft) {
    return this.#open().drafts.note(draft);
  }

  /** @param {string} id */
  async discardDraft(id) {
    return this.#open().drafts.discard(id);
  }

  async drafts() {
    return this.#open().drafts.list();
  }

  /** @param {string} text */
  async suggest(text) {
    return this.#open().recipients.suggest(text);
  }

  /** @param {string[]} addresses */
  async lookup(addresses) {
    const entries = await this.#open().recipients.lookup(addresses);
    const { plainEntry } = await import('./recipients.js');
    return entries.map((entry) => entry && plainEntry(entry));
  }

  /**
   * What the composer says of each address before it sends: state, first contact, changed identity.
   * @param {string[]} addresses
   */
  async check(addresses) {
    return this.#open().recipients.check(addresses);
  }

  /** @param {import('../pages/store-types.js').Recipient[]} recipients whose changed identity, or announced certificate, a person has accepted */
  async accept(recipients) {
    return this.#open().recipients.accept(recipients);
  }

  // Locking

  /**
   * Seals what is being written, wipes keys and rows, and ends the workers.
   * @param {string} [reason]
   */
  lock(reason = 'locked') {
    this.#locking ??= this.#lock(/** @type {LockReason} */ (reason)).finally(() => (this.#locking = null));
    return this.#locking;
  }

  /**
   * The person whose card is there now takes this place: nothing of the one before stays in the page.
   * @param {string} card
   */
  async giveWay(card) {
    sessionStorage.clear();
    forgetCard();
    sessionStorage.setItem(NEXT_CARD, card);
    await this.logout();
  }

  async logout() {
    this.#stopWatching();
    await this.lock('logged-out');
    await this.#api.post('/auth/logout').catch(() => {});
    this.#enter('signed-out');
  }

  /** @param {LockReason} reason */
  async #lock(reason) {
    const parts = this.#parts;
    clearInterval(this.#watching);
    const known = this.#grant?.present.filter((card) => card !== lastCard() || reason !== 'card-removed') ?? [];
    this.#parts = null;
    this.#push.stop();
    const sealing = parts && Promise.allSettled([parts.drafts.leave(), parts.list.flush(), parts.reports.flush()]);
    await Promise.race([sealing, new Promise((resolve) => setTimeout(resolve, SEALING_GRACE))]);
    parts?.list.stop();
    if (reason !== 'card-removed' && reason !== 'bridge-stopped') await this.#sayLock();
    this.#dismiss();
    this.session = null;
    this.folders = [];
    this.members = [];
    this.acts = null;
    this.#care = null;
    this.lockReason = reason;
    this.#enter('locked');
    this.#tell('locked', { reason });
    if (reason !== 'logged-out') void this.#watchCards(known);
  }

  /** The bridge wipes its vault by itself when the socket closes; saying so is faster. */
  async #sayLock() {
    const saying = this.#room?.call('lock').catch(() => {});
    await Promise.race([saying, new Promise((resolve) => setTimeout(resolve, LOCKING_GRACE))]);
  }

  #dismiss() {
    this.#grant?.stop();
    this.#grant = null;
    this.#room?.dismiss();
    this.#room = null;
    this.#entrance = null;
    this.bridge = 'idle';
  }

  // Inside

  /** @returns {import('./furniture.js').Furniture} */
  #open() {
    if (!this.#parts) throw new Locked('The mailbox is locked');
    return this.#parts;
  }

  /** A mailbox that stays locked needs no door. @returns {Promise<import('./entrance.js').Entrance>} */
  async #door() {
    const { Entrance } = await import('./entrance.js');
    this.#entrance ??= new Entrance(this.#api, this.#workroom());
    return this.#entrance;
  }

  /** Started when first needed. @returns {Workroom} */
  #workroom() {
    if (this.#room) return this.#room;
    const room = new Workroom(this.#api, { directory: (address) => this.#directory(address), known: (address) => this.#open().reading.known(address) }, this.bridgePorts);
    room.addEventListener('bridge', (event) => this.#followBridge(/** @type {CustomEvent} */ (event).detail));
    room.addEventListener('pairing', (event) => this.#tell('pairing', /** @type {CustomEvent} */ (event).detail));
    room.addEventListener('cards', () => this.#tell('cards', {}));
    room.addEventListener('export-wanted', (event) => this.#wantExport(/** @type {CustomEvent} */ (event).detail.mailbox));
    room.addEventListener('grant-ended', (event) => this.#closedCard(/** @type {CustomEvent} */ (event).detail));
    room.addEventListener('session-ended', (event) => void (this.phase === 'open' && this.lock(this.#reasonOf(/** @type {CustomEvent} */ (event).detail.reason))));
    this.#room = room;
    return room;
  }

  /** The person's own command asks for this mailbox. @param {string} mailboxId */
  #wantExport(mailboxId) {
    this.exportWanted = { mailboxId };
    if (this.phase === 'open') this.#tell('export-wanted', {});
  }

  /** @param {{card: string, reason: string}} ended */
  #closedCard({ card, reason }) {
    if (card !== lastCard()) return;
    this.#grantEnd = reason;
    this.#tell('grant-ended', { reason });
  }

  /** Screen lock and sleep close the card first and say so; the mailbox is then merely locked. @param {string} reason */
  #reasonOf(reason) {
    return reason === 'locked' && this.#grantEnd ? this.#grantEnd : reason;
  }

  /** On a ward the next person puts a card in. Only where looking needs no click. @param {readonly string[]} known the cards that lay there */
  async #watchCards(known) {
    if (lastEntrance() !== 'card' || usualWay() === 'relay') return;
    const { CardWatch } = await import('./card-watch.js');
    if (this.phase !== 'locked') return;
    this.#watch = new CardWatch({ port: lastPort(), ports: this.bridgePorts, known });
    this.#watch.addEventListener('card', (event) => this.#cardSeen(/** @type {CustomEvent} */ (event).detail));
    await this.#watch.start();
  }

  /** @param {import('../bridge/messages.js').Card} put into the reader */
  #cardSeen(put) {
    const own = put.card === lastCard();
    if (this.phase === 'locked') this.#tell('card-seen', { own, other: own ? null : put });
  }

  #stopWatching() {
    this.#watch?.stop();
    this.#watch = null;
  }

  /**
   * The way in of the last time, once more; with a card the server asks for a proof only where its session has ended.
   * @param {import('./entrance.js').Entrance} door
   */
  async #present(door) {
    if (lastEntrance() === 'passkey') return door.logInWithPasskey();
    await this.connectBridge();
    const card = await this.#workroom().usualCard();
    const expired = await this.#readSession().then(() => false, (error) => error.code === 'session-expired');
    if (expired) await door.logInWithCard(card, () => {});
    else door.chooseCard(card);
  }

  /** @param {import('../bridge/client.js').ConnectionState} state */
  #followBridge(state) {
    this.bridge = state;
    this.#tell('bridge', state);
  }

  async #readSession() {
    const { primaryAccounts, accounts } = await this.#api.session();
    const ids = Object.keys(accounts);
    this.#accountId = this.#accountId in accounts ? this.#accountId : Object.values(primaryAccounts)[0] ?? ids[0] ?? '';
    this.accounts = accountsOf(accounts, this.#accountId, this.accounts);
    this.#tell('accounts', {});
  }

  /** @param {(door: import('./entrance.js').Entrance) => Promise<import('./entrance.js').Opened>} open */
  async #opening(open) {
    const before = this.phase;
    this.#stopWatching();
    this.#enter('opening');
    void inside().catch(() => {}); // while the card works
    try {
      await this.#furnish(await open(await this.#door()));
    } catch (error) {
      this.#enter(before === 'opening' ? 'locked' : before);
      throw error;
    }
  }

  /** @param {import('./entrance.js').Opened} opened */
  async #furnish(opened) {
    const { mailboxId, address, identity, bridge, role, level, until, keyChangeDue } = opened;
    const room = this.#workroom();
    this.#accountId = mailboxId;
    const { furnish, KeyCare } = await inside();
    const news = { learnt: () => this.#tell('list', {}), epoch: opened.epoch, newer: () => void this.#care?.follow() };
    const parts = furnish(this.#api, mailboxId, room, news);
    const { list, drafts } = parts;
    drafts.addEventListener('saved', () => this.#tell('drafts', {}));
    drafts.addEventListener('error', (event) => this.#tell('draft-error', { error: /** @type {CustomEvent} */ (event).detail }));
    this.#parts = parts;
    this.session = { person: await this.#person(identity), mailbox: { id: mailboxId, address, name: identity.name }, bridge, role, level, until, keyChangeDue };
    list.loadPacks().catch((error) => this.#tell('failure', { error }));
    drafts.restore().catch((error) => this.#tell('failure', { error }));
    this.folders = await list.folders();
    this.lockReason = '';
    this.#careFor(new KeyCare({
      api: this.#api, accountId: mailboxId, room, parts, opened,
      card: () => (bridge ? lastCard() : undefined), prove: () => this.#prove(), reopen: () => this.#openOther(mailboxId),
    }));
    this.#markCurrent();
    this.#enter('open');
    if (bridge && !this.#grant) this.#followGrant(room);
    this.#push.start();
    void this.#care?.keep();
  }

  /** @param {import('./key-care.js').KeyCare} care */
  #careFor(care) {
    this.#care = care;
    this.acts = care.acts;
    this.members = [];
    /** @param {string} event @param {(detail: any) => void} hear */
    const on = (event, hear) => care.addEventListener(event, (heard) => care === this.#care && hear(/** @type {CustomEvent} */ (heard).detail));
    on('members', (members) => {
      this.members = members;
      this.#tell('members', {});
    });
    on('renewed', (changes) => {
      if (this.session) this.session = { ...this.session, ...changes };
      this.#tell('list', {});
    });
    on('rotation', (progress) => this.#tell('rotation', progress));
    on('failure', (error) => this.#tell('failure', { error }));
  }

  #markCurrent() {
    this.accounts = this.accounts.map((each) => ({ ...each, current: each.id === this.#accountId, news: each.news && each.id !== this.#accountId }));
    for (const event of ['accounts', 'folders', 'members', 'account']) this.#tell(event, {});
    this.#watchRight();
    void this.#countUnread(this.accounts.filter(({ current }) => !current).map(({ id }) => id));
  }

  /** @param {readonly string[]} ids of mailboxes that are not shown */
  async #countUnread(ids) {
    const counts = await readUnread(this.#api, ids);
    this.accounts = this.accounts.map((each) => ({ ...each, unread: counts.get(each.id) ?? each.unread }));
    if (counts.size) this.#tell('accounts', {});
  }

  /** Who is here: in a mailbox of somebody else that is not whom the mailbox belongs to. @param {import('../keys/agent.js').Identity} identity of the mailbox */
  async #person({ name, idType, idValue, profession, level }) {
    const own = this.accounts.find(({ id }) => id === this.#accountId)?.isPersonal ?? true;
    const before = this.session?.person;
    if (!own && before) return before;
    const known = own ? null : (await this.#api.session()).capabilities[CAPABILITIES.keys]?.person;
    return known ?? { name, rppsNumber: idType === 'RPPS' ? idValue : '', profession, level };
  }

  /** @param {Workroom} room */
  #followGrant(room) {
    this.#grantEnd = '';
    this.#grant = new CardGrant(room);
    this.#grant.addEventListener('change', () => this.#tell('grant', {}));
  }

  /** What the card still does without another PIN; null: it asks at the next use. */
  get grant() {
    return this.#grant?.current ?? null;
  }

  /** @param {string} address what opening a message asks about its sender */
  async #directory(address) {
    const [entry] = (await this.#parts?.recipients.lookup([address])) ?? [];
    if (!entry) return null;
    const { rppsNumber, level, signatureCertificate, chain = [], ocsps = [] } = entry;
    const certificate = signatureCertificate ? fromBase64(signatureCertificate) : null;
    return { rppsNumber, level, signatureCertificate: certificate, chain: chain.map(fromBase64), ocsps: ocsps.map(fromBase64) };
  }

  /** @param {Record<string, any> | null} changed by account; null: look at everything */
  async #heard(changed) {
    const others = changed ? Object.keys(changed).filter((id) => id !== this.#accountId) : [];
    if (others.length) this.#noteNews(others);
    if (!changed || this.#accountId in changed) await this.#refresh();
  }

  /** A mailbox that is not shown, or one that this person just got. @param {string[]} ids */
  #noteNews(ids) {
    if (ids.some((id) => !this.accounts.some((each) => each.id === id))) void this.#readSession().catch(() => {});
    this.accounts = withNews(this.accounts, ids);
    this.#tell('accounts', {});
    void this.#countUnread(ids);
  }

  async #refresh() {
    if (!this.#parts) return;
    try {
      this.#parts.list.forget();
      await this.#readFolders();
      this.#tell('list', {});
    } catch (error) {
      await this.#refused(error);
    }
  }

  /** @param {unknown} error of a look at the mailbox that is shown */
  async #refused(error) {
    if (!(error instanceof ApiError)) return;
    if (error.code === 'session-expired') await this.lock('expired');
    else if (error.code === 'accountNotFound') await this.#endAccount();
  }

  /** A server says nothing more about a mailbox to whom it is closed: somebody else's is looked at again and again. */
  #watchRight() {
    clearInterval(this.#watching);
    const own = this.accounts.find(({ current }) => current)?.isPersonal ?? true;
    if (!own) this.#watching = setInterval(() => void this.#readFolders().catch((error) => this.#refused(error)), RIGHT_ASKED_EVERY);
  }

  /** The right to the mailbox that is shown has ended: nothing of it stays, and the person's own takes its place. */
  async #endAccount() {
    const ended = this.accounts.find(({ current }) => current);
    const next = this.accounts.find(({ id }) => id !== this.#accountId)?.id;
    if (!ended || !next) return this.lock('locked');
    await this.switchTo(next);
    await this.#workroom().call('drop', [ended.id]);
    await this.#readSession();
    this.#tell('account-ended', { account: ended });
    return undefined;
  }

  async #readFolders() {
    if (!this.#parts) return;
    this.folders = await this.#parts.list.folders();
    this.#tell('folders', {});
  }

  /** @param {boolean} online */
  #setOnline(online) {
    // What could not be stored meanwhile: a draft is on this device only, and would be until the next key.
    if (online && !this.online) void this.#parts?.drafts.flush().catch(() => {});
    this.online = online;
    this.#tell('online', { online });
  }

  /** @param {Phase} phase */
  #enter(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    this.#tell('phase', { phase });
  }

  /**
   * @param {string} event
   * @param {any} detail
   */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

/** @type {Store & StoreFace} */
export const store = /** @type {any} */ (new Store());
