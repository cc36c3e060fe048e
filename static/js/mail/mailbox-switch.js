/** How another mailbox takes the place of the one shown: one after the other, and the one before is there again where the other does not open. */
import { Desk } from './desk.js';

/** Who extends it opens the first mailbox, and locks. */
export class Switcher extends Desk {
  /** Whether nothing may be shown. @protected @returns {boolean} */
  get closing() {
    throw new Error('who extends a Switcher says when it closes');
  }

  /**
   * Shows what was opened.
   * @protected
   * @param {import('./entrance.js').Opened} _opened
   * @returns {Promise<void>}
   */
  async take(_opened) {
    throw new Error('who extends a Switcher takes what it opens');
  }

  /**
   * Another mailbox of this person: the card that is open opens it without a PIN, a passkey asks for its gesture.
   * @param {string} accountId
   */
  switchTo(accountId) {
    return this.#instead(async () => {
      const known = await this.threshold.workroom.call('known', [accountId]);
      return known ? this.#again(known) : this.openOther(accountId);
    }, accountId);
  }

  /**
   * Something else takes the place of the mailbox shown, one after the other; if it does not open, that one is there again.
   * @param {() => Promise<import('./entrance.js').Opened>} open
   * @param {string} [accountId] where it is known beforehand
   */
  #instead(open, accountId) {
    const switching = this.switching.catch(() => {}).then(() => (accountId === this.mailboxes.current ? undefined : this.#show(open)));
    this.switching = switching;
    return switching;
  }

  /** @param {() => Promise<import('./entrance.js').Opened>} open */
  async #show(open) {
    const before = this.mailboxes.current;
    await this.leave();
    try {
      await this.take(await open());
    } catch (error) {
      await this.#return(before);
      throw error;
    }
  }

  /** @protected @param {string} accountId */
  async openOther(accountId) {
    const door = await this.threshold.door();
    if (!door.ready) await this.threshold.present(door, () => this.mailboxes.read());
    return door.openMailbox(accountId);
  }

  /** The mailbox that was there is shown again, unless all was locked meanwhile. @param {string} accountId */
  async #return(accountId) {
    if (this.closing) return;
    const known = await this.threshold.workroom.call('known', [accountId]);
    if (known) await this.take(this.#again(known));
  }

  /** One that is open in the agent already. @param {import('../keys/agent.js').OpenedMailbox} opened @returns {import('./entrance.js').Opened} */
  #again(opened) {
    return { level: 'full', keyChangeDue: false, members: [], ...opened, bridge: this.session?.bridge ?? true };
  }

  /**
   * An inbox of the list that waits for this person: it is opened with the card, while the one shown stays, and then shown.
   * @param {import('./accounts.js').AwaitedInbox} inbox
   */
  async openInbox(inbox) {
    const { name, rppsNumber, profession, level } = /** @type {import('../pages/store-types.js').Session} */ (this.session).person;
    const person = { name, idType: rppsNumber ? 'RPPS' : '', idValue: rppsNumber, profession, level };
    const door = await this.threshold.door();
    if (!door.ready) await this.threshold.present(door, () => this.mailboxes.read());
    const opened = await door.openInbox(inbox, person, () => this.prove());
    await this.mailboxes.read();
    await this.#instead(async () => opened);
  }

  /**
   * The mailbox that was asked for, in the place of the one shown: to read, for a while.
   * @param {import('./emergency.js').RecoveryRequest} request with enough shares
   */
  async openWithShares(request) {
    const officer = await (await this.emergency()).begin(request);
    await this.mailboxes.read();
    await this.#instead(async () => (await this.threshold.door()).openWithShares(request.accountId, officer));
  }
}
