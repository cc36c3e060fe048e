/**
 * The one object the pages talk to: who is here, whether the mailbox is open, its folders, lists, messages and drafts.
 * Everything with keys runs in workers; locking terminates them, and with them goes all that was decrypted.
 */
import { ApiError } from './api.js';
import { Push } from './push.js';
import { Locked } from './shown-mailbox.js';
import { Switcher } from './mailbox-switch.js';
import { isOnlyWork } from './work.js';
import { forgetCard, lastCard, rememberEntrance } from './workroom.js';

/** @typedef {import('../pages/store-types.js').StoreFace} StoreFace */
/** @typedef {import('./membership-acts.js').MembershipActs} MembershipActs */
/** @typedef {'card-removed'|'locked'|'expired'|'bridge-stopped'|'idle'|'logged-out'|'screen-locked'|'suspended'|'module-crashed'} LockReason */

/** How long sealing what is being written may delay the lock, milliseconds. */
const SEALING_GRACE = 1_500;
/** What is heard from the threshold, and said to the pages in the same words. */
const PASSED_ON = ['bridge', 'pairing', 'cards', 'grant', 'grant-ended', 'card-seen'];
/** The card whose person the entrance lets in first, once. */
export const NEXT_CARD = 'pli-next-card';
/** Pause between two looks whether somebody else's mailbox is still open to this person, milliseconds. */
const RIGHT_ASKED_EVERY = 20_000;
/**
 * How a mailbox opens, gives place to another, and locks.
 * Events, beside those of the mailbox that is shown: `phase`, `folders`, `list` {folderId}, `online`, `drafts` (one was sealed), `draft-error` {error}, `unopened-drafts`,
 * `accounts`, `members`, `rotation` {step, done, total} while a new key is made by itself,
 * `requests` (an emergency: asked, a share given, opened, one more message read), `locked` {reason}, `card-seen` {own, other} while locked, `grant`, `grant-ended` {reason}, `bridge` (a ConnectionState), `cards`, `failure` {error} of something nobody waits for.
 */
export class Store extends Switcher {
  online = true;
  /** What `pli-bridge export` named the last time; each command makes a new one. @type {{mailboxId: string} | null} */ exportWanted = null;
  /** @type {LockReason | ''} */ lockReason = '';
  #push = new Push();
  /** @type {Promise<void> | null} */ #starting = null;
  /** @type {Promise<void> | null} */ #locking = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #watching;

  constructor() {
    super();
    /** @param {EventTarget} source @param {string} event @param {(detail: any) => void} hear */
    const on = (source, event, hear) => source.addEventListener(event, (heard) => hear(/** @type {CustomEvent} */ (heard).detail));
    on(this.#push, 'change', (changed) => void this.#heard(changed));
    on(this.#push, 'online', (online) => this.#setOnline(online));
    on(this.mailboxes, 'change', () => this.tell('accounts', {}));
    for (const event of PASSED_ON) on(this.threshold, event, (detail) => this.tell(event, detail));
    on(this.threshold, 'export-wanted', ({ mailbox }) => this.#wantExport(mailbox));
    on(this.threshold, 'session-ended', ({ reason }) => void (this.phase === 'open' && this.lock(reason)));
  }

  /** The person's mailboxes, his own first. */
  get accounts() {
    return this.mailboxes.list;
  }

  get bridge() {
    return this.threshold.bridge;
  }

  /** What the card still does without another PIN; null: it asks at the next use. */
  get grant() {
    return this.threshold.grant;
  }

  /** Whether the person is logged in at the server already; the mailbox is locked either way. */
  start() {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start() {
    if (this.phase !== 'starting') return;
    try {
      await this.mailboxes.read();
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
    return this.threshold.workroom.connectBridge();
  }

  /** Pairs this browser with the bridge, on a click: the event `pairing` has the digits to compare. */
  pairBridge() {
    return this.threshold.workroom.pairBridge();
  }

  /** What the person says of those digits. @param {boolean} same */
  agreeOnDigits(same) {
    return this.threshold.workroom.agreeOnDigits(same);
  }

  /** @returns {Promise<{cards: import('../bridge/messages.js').Card[], why?: {name: string}}>} why: where there are none */
  cards() {
    return this.threshold.workroom.call('cards');
  }

  /**
   * @param {string} card
   * @param {(step: 'pin'|'checking') => void} onStep
   */
  async logInWithCard(card, onStep) {
    const answer = await (await this.threshold.door()).logInWithCard(card, onStep);
    rememberEntrance({ card });
    return answer;
  }

  /** @param {AbortSignal} [signal] */
  async logInWithPasskey(signal) {
    await (await this.threshold.door()).logInWithPasskey(signal);
    rememberEntrance('passkey');
  }

  /**
   * A printed recovery code opens to read, for an hour.
   * @param {string} address
   * @param {string} code
   */
  async logInWithRecovery(address, code) {
    await (await this.threshold.door()).logInWithRecovery(address, code);
    rememberEntrance('code');
  }

  /**
   * @param {{name: string, address: string}} person
   * @param {AbortSignal} [signal]
   */
  async registerPasskey(person, signal) {
    const answer = await (await this.threshold.door()).registerPasskey(person, signal);
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
      await this.mailboxes.read();
      return opened;
    });
  }

  /** One card operation; with a passkey one gesture, unless the login just made it. */
  async openMailbox() {
    await this.#opening(async (door) => {
      if (!door.ready) await this.threshold.present(door, () => this.mailboxes.read());
      await this.mailboxes.read();
      return door.openMailbox(this.mailboxes.current).catch((error) => {
        door.forget();
        throw error;
      });
    });
  }

  // Other ways to its keys

  /**
   * Nothing that one's own emergency opened stays, and a member opens the mailbox by his own key again; that of another just ends.
   * @param {import('./emergency.js').RecoveryRequest} request
   */
  async endEmergency(request) {
    await (await this.emergency()).close(request);
    if (!request.mine || !request.openedAt) return;
    if (request.accountId === this.mailboxes.current) await this.#endAccount();
    else await this.threshold.workroom.call('drop', [request.accountId]);
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
      await this.mailboxes.read();
      return door.openMailbox(this.mailboxes.current);
    });
    await takePlace(/** @type {MembershipActs} */ (this.acts), await this.unlockers(), card, this.session?.person ?? null);
    await this.leave();
    const door = await this.threshold.door();
    door.chooseCard(card);
    await this.take(await door.openMailbox(this.mailboxes.current));
  }

  /** A new card, which the old one will let in: it is known from now on, and gives way. */
  async announceCard() {
    const door = await this.threshold.door();
    door.chooseCard(lastCard());
    await this.mailboxes.read();
    await door.announceCard(this.mailboxes.current);
    forgetCard();
    await this.logout();
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
    this.threshold.stopWatching();
    await this.lock('logged-out');
    await this.api.post('/auth/logout').catch(() => {});
    this.#enter('signed-out');
  }

  /** @param {LockReason} reason */
  async #lock(reason) {
    clearInterval(this.#watching);
    const known = this.threshold.presentCards(reason === 'card-removed');
    this.#push.stop();
    const list = this.parts?.list;
    await Promise.race([this.leave(), new Promise((resolve) => setTimeout(resolve, SEALING_GRACE))]);
    list?.stop();
    if (reason !== 'card-removed' && reason !== 'bridge-stopped') await this.threshold.sayLock();
    this.threshold.dismiss();
    this.clear();
    this.lockReason = reason;
    this.#enter('locked');
    this.tell('locked', { reason });
    if (reason !== 'logged-out') void this.threshold.watchCards(known);
  }

  // Inside

  /** The person's own command asks for this mailbox. @param {string} mailboxId */
  #wantExport(mailboxId) {
    this.exportWanted = { mailboxId };
    if (this.phase === 'open') this.tell('export-wanted', {});
  }

  /** @param {(door: import('./entrance.js').Entrance) => Promise<import('./entrance.js').Opened>} open */
  async #opening(open) {
    const before = this.phase;
    this.threshold.stopWatching();
    this.#enter('opening');
    this.prepareFurniture();
    try {
      await this.take(await open(await this.threshold.door()));
    } catch (error) {
      this.#enter(before === 'opening' ? 'locked' : before);
      throw error;
    }
  }

  /** An opening that ends late finds all locked. @protected */
  get closing() {
    return Boolean(this.#locking) || !['opening', 'open'].includes(this.phase);
  }

  /** @protected @param {import('./entrance.js').Opened} opened @throws {Locked} */
  async take(opened) {
    if (this.closing) throw new Locked('The mailbox was locked');
    await this.furnish(opened, () => this.openOther(opened.mailboxId));
    this.lockReason = '';
    this.mailboxes.markCurrent();
    for (const event of ['folders', 'members', 'account']) this.tell(event, {});
    this.#watchRight();
    this.#enter('open');
    if (opened.bridge) this.threshold.followCard();
    this.#push.start();
    this.keepKeys();
  }

  /** @param {Record<string, any> | null} changed by account; null: look at everything */
  async #heard(changed) {
    const { current } = this.mailboxes;
    const others = changed ? Object.keys(changed).filter((id) => id !== current && !isOnlyWork(changed[id])) : [];
    if (others.length) this.mailboxes.note(others);
    if (Object.values(changed ?? {}).some((states) => 'RecoveryRequest' in states)) this.tell('requests', {});
    if (!changed || 'SignatureBook' in (changed[current] ?? {})) await this.book?.read().catch((error) => this.#refused(error));
    if (!changed || 'Work' in (changed[current] ?? {})) await this.work?.follow().catch((error) => this.#refused(error));
    if (!changed || (current in changed && !isOnlyWork(changed[current]))) await this.#refresh();
  }

  async #refresh() {
    if (!this.parts) return;
    try {
      this.parts.list.forget();
      await this.readFolders();
      this.tell('list', {});
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

  /** A server says nothing more about a mailbox to whom it is closed: those of others are looked at again and again, shown or only listed. */
  #watchRight() {
    clearInterval(this.#watching);
    if (this.mailboxes.own && this.accounts.length === 1) return;
    const look = () => (this.mailboxes.own ? this.mailboxes.read() : this.readFolders());
    this.#watching = setInterval(() => void look().catch((error) => this.#refused(error)), RIGHT_ASKED_EVERY);
  }

  /** The right to the mailbox that is shown has ended: nothing of it stays, and the person's own takes its place. */
  async #endAccount() {
    const ended = this.mailboxes.shown;
    const next = this.accounts.find(({ id }) => id !== this.mailboxes.current)?.id;
    if (!ended || !next) return this.lock('locked');
    await this.switchTo(next);
    await this.threshold.workroom.call('drop', [ended.id]);
    await this.mailboxes.read();
    this.tell('account-ended', { account: ended });
    return undefined;
  }

  /** @param {boolean} online */
  #setOnline(online) {
    // What could not be stored meanwhile: a draft is on this device only, and would be until the next key.
    if (online && !this.online) void this.parts?.drafts.flush().catch(() => {});
    this.online = online;
    this.tell('online', { online });
  }

  /** @param {import('./shown-mailbox.js').Phase} phase */
  #enter(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    this.tell('phase', { phase });
  }
}

/** @type {Store & StoreFace} */
export const store = /** @type {any} */ (new Store());
