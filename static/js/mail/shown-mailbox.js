/**
 * The mailbox that is shown, whose it is and who is looking at it: what stands in it, and the care for its keys. Who extends it
 * works in it, and opens, changes and locks it.
 */
import { PORTS } from '../bridge/messages.js';
import { fromBase64 } from '../cms/octets.js';
import { Accounts } from './accounts.js';
import { Api, CAPABILITIES } from './api.js';
import { Threshold } from './threshold.js';
import { lastCard } from './workroom.js';

/** @typedef {import('../pages/store-types.js').Session} Session */
/** @typedef {import('../pages/store-types.js').Folder} Folder */
/** @typedef {import('./membership-acts.js').MemberRow} MemberRow */
/** @typedef {import('./membership-acts.js').MembershipActs} MembershipActs */
/** @typedef {'starting'|'signed-out'|'locked'|'opening'|'open'} Phase */

/** What only an open mailbox needs. */
async function inside() {
  const [{ furnish }, { KeyCare }] = await Promise.all([import('./furniture.js'), import('./key-care.js')]);
  return { furnish, KeyCare };
}

/** Something was asked of a mailbox that is not open. */
export class Locked extends Error {
  code = 'locked';
}

/** Events: `folders`, `list`, `letters` (the signature book was read), `members`, `drafts`, `draft-error` {error}, `unopened-drafts`, `rotation` {step, done, total} | {failed}, `lapsed`, `work`, `work-taken` {by}, `failure` {error}. */
export class ShownMailbox extends EventTarget {
  /** @type {Session | null} */ session = null;
  /** @type {Phase} */ phase = 'starting';
  /** @type {Folder[]} */ folders = [];
  /** Of the open mailbox, as its signed log says. @type {MemberRow[]} */ members = [];
  /** What may be done with them. @type {MembershipActs | null} */ acts = null;
  /** Who waited for a confirmation in a mailbox whose key was changed here, until it was noted. @type {{address: string, names: string[]}[]} */ lapsed = [];
  /** Where the server lets its pages look for a bridge. @type {readonly number[]} */ bridgePorts = PORTS;
  /** @protected */ api = new Api();
  /** @protected */ mailboxes = new Accounts(this.api);
  /** @protected */ threshold = new Threshold(this.api, {
    ports: () => this.bridgePorts,
    locked: () => this.phase === 'locked',
    answers: { directory: (address) => this.#directory(address), known: (address) => this.require().reading.known(address) },
  });
  /** What stands in the open mailbox. @protected @type {import('./furniture.js').Furniture | null} */ parts = null;
  /** @type {import('./key-care.js').KeyCare | null} */ #care = null;
  /** How often a mailbox was left. */ #left = 0;

  /** While the card works. @protected */
  prepareFurniture() {
    void inside().catch(() => {});
  }

  /**
   * Shows a mailbox, with nothing in it yet that is read from its messages.
   * @protected
   * @param {import('./entrance.js').Opened} opened
   * @param {() => Promise<import('./entrance.js').Opened>} reopen by its newest grant
   * @throws {Locked} where all was locked meanwhile: nothing of it is shown then
   */
  async furnish(opened, reopen) {
    const { mailboxId, address, identity, bridge, role, level, until, keyChangeDue } = opened;
    const left = this.#left;
    const { workroom } = this.threshold;
    this.mailboxes.current = mailboxId;
    const [{ furnish, KeyCare }, person] = await Promise.all([inside(), this.#person(identity)]);
    if (left !== this.#left) throw new Locked('The mailbox was locked');
    const news = { learnt: () => this.tell('list', {}), epoch: opened.epoch, newer: () => void this.#care?.follow(), onlyReads: opened.level === 'recovery', shared: !this.mailboxes.own };
    const parts = furnish(this.api, mailboxId, workroom, news);
    this.parts = parts;
    if (this.session?.mailbox.id !== mailboxId) this.folders = [];
    this.session = { person, mailbox: { id: mailboxId, address, name: identity.name }, bridge, role, level, until, keyChangeDue, ...this.mailboxes.tasks };
    await this.#begin(parts);
    this.#careFor(new KeyCare({
      api: this.api, accountId: mailboxId, room: parts.room, parts, opened,
      card: () => (bridge ? lastCard() : undefined), prove: () => this.prove(), reopen,
    }));
  }

  /** @param {import('./furniture.js').Furniture} parts @throws {Locked} it was left already */
  async #begin(parts) {
    const { list, drafts, book, work } = parts;
    // What is heard of a mailbox that was left is not said of the one that is shown.
    const tell = (/** @type {string} */ event, /** @type {any} */ detail) => void (parts === this.parts && this.tell(event, detail));
    const failed = (/** @type {unknown} */ error) => tell('failure', { error });
    book.addEventListener('change', () => tell('letters', {}));
    book.read().catch(failed);
    work?.addEventListener('change', () => tell('work', {}));
    work?.addEventListener('taken', (event) => tell('work-taken', /** @type {CustomEvent} */ (event).detail));
    // Also of one that is being left: the page notes which draft is to open again.
    drafts.addEventListener('saved', () => void ((parts === this.parts || !this.parts) && this.tell('drafts', {})));
    drafts.addEventListener('restored', () => tell('unopened-drafts', {}));
    drafts.addEventListener('error', (event) => tell('draft-error', { error: /** @type {CustomEvent} */ (event).detail }));
    list.loadPacks().catch(failed);
    drafts.restore().catch(failed);
    if (!(await this.#showFolders(parts))) throw new Locked('The mailbox was locked');
  }

  /** @param {import('./furniture.js').Furniture} parts @returns {Promise<boolean>} false: another mailbox, or none, was shown before the answer came */
  async #showFolders(parts) {
    const folders = await parts.list.folders();
    if (parts === this.parts) this.folders = folders;
    return parts === this.parts;
  }

  /** What is due about the keys is done, as far as this person may. @protected */
  keepKeys() {
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
      this.tell('members', {});
    });
    on('renewed', (changes) => {
      if (this.session) this.session = { ...this.session, ...changes };
      this.tell('list', {});
    });
    const address = this.session?.mailbox.address ?? '';
    care.addEventListener('lapsed', (heard) => this.#noteLapsed({ address, names: /** @type {CustomEvent} */ (heard).detail.map((/** @type {MemberRow} */ { name }) => name) })); // also of one that is left
    on('rotation', (progress) => this.tell('rotation', progress));
    on('failure', (error) => this.tell('failure', { error }));
  }

  /** @param {{address: string, names: string[]}} lapsed */
  #noteLapsed(lapsed) {
    if (this.session) this.lapsed = [...this.lapsed, lapsed];
    this.tell('lapsed', {});
  }

  /** Whoever is here knows whom to propose again. */
  forgetLapsed() {
    this.lapsed = [];
    this.tell('lapsed', {});
  }

  /** Who is here: in a mailbox of somebody else that is not whom the mailbox belongs to. @param {import('../keys/agent.js').Identity} identity of the mailbox */
  async #person({ name, idType, idValue, profession, level }) {
    const { own } = this.mailboxes;
    const before = this.session?.person;
    if (!own && before) return before;
    const known = own ? null : (await this.api.session()).capabilities[CAPABILITIES.keys]?.person;
    return known ?? { name, rppsNumber: idType === 'RPPS' ? idValue : '', profession, level };
  }

  /** Seals what is being written and learnt in the mailbox that is left. @protected */
  async leave() {
    const parts = this.parts;
    this.parts = null;
    this.#left += 1;
    if (!parts) return;
    await Promise.allSettled([parts.drafts.leave(), parts.list.flush(), parts.reports.flush(), parts.work?.leave()]);
    parts.list.stop();
  }

  /** Nobody is here any more. @protected */
  clear() {
    this.session = null;
    this.folders = [];
    this.members = [];
    this.acts = null;
    this.lapsed = [];
    this.#care = null;
  }

  /** @protected @returns {import('./furniture.js').Furniture} @throws {Locked} */
  require() {
    if (!this.parts) throw new Locked('The mailbox is locked');
    return this.parts;
  }

  /** The server asks once more who is there. @protected */
  prove() {
    return this.threshold.prove(this.session?.bridge ?? false);
  }

  /** @protected */
  async readFolders() {
    if (this.parts && (await this.#showFolders(this.parts))) this.tell('folders', {});
  }

  /** @param {string} address what opening a message asks about its sender */
  async #directory(address) {
    const [entry] = (await this.parts?.recipients.lookup([address])) ?? [];
    if (!entry) return null;
    const { rppsNumber, level, signatureCertificate, chain = [], ocsps = [] } = entry;
    const certificate = signatureCertificate ? fromBase64(signatureCertificate) : null;
    return { rppsNumber, level, signatureCertificate: certificate, chain: chain.map(fromBase64), ocsps: ocsps.map(fromBase64) };
  }

  /**
   * @protected
   * @param {string} event
   * @param {any} detail
   */
  tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
