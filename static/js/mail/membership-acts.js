/**
 * What people do with a mailbox's members and keys. Each is one act with one signature: the agent makes it from the log as it
 * stands, the server checks and appends it. Where the log moved on meanwhile, it is made once more from what it says now.
 */
import { fromBase64, toBase64 } from '../cms/octets.js';
import { createPasskey } from '../keys/webauthn.js';
import { outcome } from './api.js';
import { carryOver } from './carry-over.js';
import { MembershipMeans } from './membership-means.js';
import { cardOnly, CardMissing, cardPerson, ending, grantTo, historyOf, now, settingsOf } from './new-grants.js';
import { rotationHands } from './rotation-hands.js';
import { rotate } from './rotation.js';

/** @typedef {import('../keys/agent.js').Evidence} Evidence */
/** @typedef {import('../keys/agent.js').Member} Member */
/** @typedef {import('../keys/agent.js').NewGrant} NewGrant */
/** @typedef {import('../keys/agent.js').Role} Role */
/** @typedef {'member'|'replacement'|'duty'|'secretary'|'officer'} Profile what the server knows a member as */
/** @typedef {Member & {own: boolean, profile?: Profile, folders?: string[], lastSeenAt?: string | null}} MemberRow own: of the person who is here; folders: [] for all */
/** @typedef {{idType: string, idValue: string, name: string}} PersonName */
/** @typedef {import('./new-grants.js').CardPerson} CardPerson */
/** @typedef {import('./new-grants.js').Settings} Settings */

/**
 * @typedef {object} DelegationOrder
 * @property {PersonName} person
 * @property {Role} role
 * @property {Profile} profile
 * @property {string} notBefore RFC 3339
 * @property {string | null} notAfter
 * @property {string[]} folders ids; [] for all
 * @property {'all'|'now'} history now: only mail from now on, which takes a new key
 * @property {boolean} [confidential]
 */
/** @typedef {{id: string, state: 'pending'|'ready'|'done'|'refused', role: Role, profile: Profile, notBefore: string, notAfter: string | null, folders: string[], history: 'all'|'now'} & PersonName} Invitation */
/** @typedef {{kind: 'officers'|'breakGlass', threshold: number, minutes: number, messages: number, holders: PersonName[]}} OfficersOrder */
/**
 * @typedef {object} RecoveryShow
 * @property {(url: string, giveUp: () => Promise<void>) => void} onSheet the bridge's own page, to be opened in a new tab; it is checked
 *   there. Until it was, `giveUp` ends the waiting, for which every other act of this mailbox waits
 * @property {(code: string) => Promise<void>} onCode without bridge: shown here once; resolves when typed back, rejects when given up
 */

/** @typedef {import('./open-mailboxes.js').RenewedKeys} RenewedKeys */

/** A rotation that cannot go on because of a member who has nothing to do with it. */
const HELD_UP = Object.freeze(['holder-refused', 'card-unknown']);

export class MembershipActs {
  #means;
  /** @type {Promise<unknown>} one act after the other: each stands on the log that the one before left */ #acting = Promise.resolve();

  /** @param {import('./membership-means.js').Places} places */
  constructor(places) {
    this.#means = new MembershipMeans(places);
  }

  // Who is a member

  /** @returns {Promise<MemberRow[]>} as the signed log says, with what the server alone keeps beside it */
  async read() {
    const { evidence, grants } = await this.#means.evidence();
    const [{ members }, kept] = await Promise.all([this.#means.agent('members', evidence), this.#kept()]);
    const own = new Set(grants.map(({ bodyHash }) => bodyHash));
    const rows = members.map((/** @type {Member} */ member) => ({ ...member, own: own.has(member.bodyHash), ...kept.get(member.bodyHash) }));
    this.#means.places.changed(rows);
    return rows;
  }

  /** Profiles and folders are shown to managers only. @returns {Promise<Map<string, Partial<MemberRow>>>} */
  async #kept() {
    const { list } = await this.#means.call('Member/get', { ids: null }).catch(() => ({ list: [] }));
    return new Map(list.map((/** @type {any} */ { bodyHash, profile, folders, lastSeenAt }) => [bodyHash, { profile, folders, lastSeenAt }]));
  }

  /** Whether the server asks for a new key: what was blocked, or who left, stands in no log yet. */
  isKeyChangeDue() {
    return this.#means.isKeyChangeDue();
  }

  /** @param {Pick<PersonName, 'idType' | 'idValue'>} person @returns {Promise<CardPerson | null>} null: never used Pli; an invitation waits for the card */
  async findCard({ idType, idValue }) {
    if (idType !== 'RPPS') return null;
    return cardPerson(await this.#means.call('Directory/card', { rppsNumber: idValue }));
  }

  // Delegating

  /** @param {DelegationOrder} order @returns {Promise<'granted'|'invited'>} */
  async delegate(order) {
    const holder = await this.findCard(order.person);
    if (!holder) return this.invite(order);
    await this.#grant([grantTo(holder, order)], order);
    return 'granted';
  }

  /** @param {DelegationOrder} order for somebody whose card has never been here @returns {Promise<'invited'>} */
  async invite({ person: { idValue, name }, role, profile, notBefore, notAfter, folders, history }) {
    const create = { invitation: { rppsNumber: idValue, name, role, profile, notBefore, notAfter, folders, history } };
    outcome(await this.#means.call('Invitation/set', { create }), 'created', 'invitation');
    return 'invited';
  }

  /** @returns {Promise<Invitation[]>} */
  async invitations() {
    const { list } = await this.#means.call('Invitation/get', { ids: null });
    return list.map((/** @type {any} */ { rppsNumber, ...each }) => ({ ...each, idType: 'RPPS', idValue: rppsNumber }));
  }

  /** @param {string} id */
  async withdraw(id) {
    await this.#means.call('Invitation/set', { destroy: [id] });
  }

  /**
   * The invited, or those on a roster, whose card has been here: granted in one act.
   * @param {readonly (Pick<Invitation, 'role' | 'profile' | 'notBefore' | 'notAfter' | 'folders' | 'history'> & PersonName)[]} ready
   * @param {string[]} [ends] rights that these replace
   */
  async join(ready, ends = []) {
    const holders = await Promise.all(ready.map((each) => this.findCard(each)));
    const pairs = ready.flatMap((each, index) => (holders[index] ? [/** @type {const} */ ([each, holders[index]])] : []));
    const grants = pairs.map(([each, holder]) => grantTo(/** @type {CardPerson} */ (holder), each));
    if (grants.length) await this.#grant(grants, pairs.map(([each]) => each), ends);
  }

  /**
   * They lose everything at once, and the key is changed in the same act. Where a third one's card holds the new key up they lose it all the
   * same: the key stays due, and the failure says for whom.
   * @param {string[]} bodyHashes
   */
  async endDelegation(bodyHashes) {
    try {
      await this.rotate({ ends: bodyHashes });
    } catch (error) {
      if (!HELD_UP.includes(/** @type {any} */ (error).code)) throw error;
      await this.#revoke(bodyHashes);
      throw error;
    }
  }

  /** One's own right: who goes asks nobody. */
  async leave() {
    const hashes = (await this.read()).filter(({ own, state }) => own && state !== 'ended').map(({ bodyHash }) => bodyHash);
    await this.#revoke(hashes);
  }

  /** @param {string} bodyHash a manager or owner that another manager proposed */
  async confirm(bodyHash) {
    await this.#act(async (evidence) => this.#means.agent('appendLog', { evidence, kind: 'confirm', hashes: [bodyHash], ...this.#means.card() }));
  }

  /**
   * @param {MemberRow} member
   * @param {{role?: Role, notAfter?: string | null, profile?: Profile, folders?: string[]}} change
   */
  async changeRole(member, change) {
    const holder = await this.#means.cardOf(member);
    const order = { ...member, profile: /** @type {Profile} */ ('member'), folders: [], ...change };
    await this.#grant([grantTo(holder, { ...order, history: historyOf(member) })], order, [member.bodyHash]);
  }

  // Keys and unlockers

  /**
   * A new epoch for everybody who has a right.
   * @param {import('./rotation.js').RotationOrder & {settings?: Settings[]}} [order] settings: of `add`, in its order
   * @param {(progress: import('./rotation.js').RotationProgress) => void} [tell]
   * @returns {Promise<boolean>} whether there is one
   */
  rotate({ settings = [], ...order } = {}, tell) {
    return this.#alone(async () => {
      const made = await rotate(rotationHands(this.#means, order.add ?? [], settings), order, tell);
      if (made) await this.read();
      return made;
    });
  }

  /** Puts under the epoch what an interrupted rotation left under an older one. */
  carryOver() {
    const { objects, epoch } = this.#means.places;
    return this.#alone(() => carryOver(objects, epoch()));
  }

  /** The person's new card takes the old one's place. @param {string} card pseudonym of the new one @param {MemberRow} old */
  async renewCard(card, old) {
    const history = historyOf(old);
    const grants = [{ holder: { selfCard: { card } }, role: old.role, notBefore: now(), ...ending(old), history }];
    await this.#act((evidence) => this.#means.agent('makeGrants', { evidence, kind: 'certChange', grants, ends: [old.bodyHash], card }));
  }

  /** What the card's key can do, proved and kept, so that colleagues may grant to it while its holder is away. @param {string} [card] */
  async proveCard(card = this.#means.places.card()) {
    const { certificate, chain, proof } = await this.#means.ask('proveCard', card);
    const create = { card: { certificate: toBase64(certificate), chain: chain.map(toBase64), proof: toBase64(proof) } };
    outcome(await this.#means.call('Credential/set', { create }), 'created', 'card');
  }

  /** A second card of the same person. @param {string} card @param {Role} role */
  async addCard(card, role) {
    await this.#act((evidence) => this.#means.agent('makeGrants', {
      evidence, kind: 'grant', grants: [{ holder: { selfCard: { card } }, role, notBefore: now(), history: 'all' }], ...this.#means.card(),
    }));
  }

  /** Another card of the same person, which proved itself when it logged in. @param {string} reference base64 @param {Role} role */
  async admitCard(reference, role) {
    const holder = await this.#means.cardOf({ reference, name: '' });
    const grants = [grantTo(holder, { role, notBefore: now(), notAfter: null, history: 'all' })];
    await this.#act((evidence) => this.#means.agent('makeGrants', { evidence, kind: 'grant', grants, ...this.#means.card() }));
  }

  /**
   * A colleague's card is lost: from this moment on the server gives it nothing of this mailbox, and then the key is changed.
   * @param {string} bodyHash of the card's grant
   * @param {(progress: import('./rotation.js').RotationProgress) => void} [tell]
   * @returns {Promise<boolean>} whether the card logs in nowhere any more: only an administrator or a holder of shares may say that
   */
  async blockCard(bodyHash, tell) {
    const { loginBlocked } = await this.#means.call('Member/block', { bodyHash });
    await this.rotate({ ends: [bodyHash] }, tell);
    return loginBlocked;
  }

  /** @param {{name: string}} person as the passkey shows it @param {Role} role @param {AbortSignal} [signal] */
  async addPasskey({ name }, role, signal) {
    const { api } = this.#means.places;
    const options = await api.post('/auth/passkey/register/options', { name, address: '' });
    const { credentialId, prf, response } = await createPasskey(options, signal);
    await api.post('/auth/passkey/register', response);
    const grant = { holder: { passkey: { credentialId, prf, name } }, role, notBefore: now(), history: 'all' };
    await this.#act((evidence) => this.#means.agent('makeGrants', { evidence, kind: 'grant', grants: [grant], ...this.#means.card() }));
  }

  /** @param {RecoveryShow} show */
  async makeRecovery({ onSheet, onCode }) {
    await this.#alone(async () => {
      const sheet = await this.#means.agent('recoverySheet');
      if (sheet) onSheet(sheet.url, () => this.#means.agent('dropSheet', sheet.sheet).catch(() => {})); // it may be over by itself
      const { evidence } = await this.#means.evidence();
      const act = await this.#means.agent('makeRecovery', { evidence, ...(sheet && { sheet: sheet.sheet }), ...this.#means.card() });
      if (act.code) await onCode(act.code);
      // Made once: a second one would not be the code that was written down.
      await this.#means.append({ grants: [act.grant], ...act }, { loginKey: toBase64(act.loginKey) });
      await this.read();
    });
  }

  // Officers

  /** @param {OfficersOrder} order */
  async makeOfficers({ holders, ...order }) {
    const cards = await Promise.all(holders.map((person) => this.findCard(person)));
    const missing = holders.filter((_, index) => !cards[index]).map(({ name }) => name);
    if (missing.length) throw new CardMissing(missing);
    await this.#act(
      (evidence) => this.#means.agent('makeOfficers', { evidence, ...order, holders: cards.map((card) => cardOnly(/** @type {CardPerson} */ (card))), ...this.#means.card() }),
      async ({ policy, shares }) => ({ policy: toBase64(policy), shares: shares.map(toBase64) }),
    );
  }

  /** A share of the officers' secret, given for one request. @param {{id: string, request: string, policy: string, share: string}} request base64 */
  async releaseShare({ id, request, policy, share }) {
    const order = { card: this.#means.places.card() ?? '', share: fromBase64(share), request: fromBase64(request), policy: fromBase64(policy) };
    await this.#act(
      (evidence) => this.#means.ask('releaseShare', { ...order, evidence }),
      async ({ release }) => ({ release: { requestId: id, release: toBase64(release) } }),
    );
  }

  // Inside

  /** @param {NewGrant[]} grants @param {Settings | Settings[]} settings @param {string[]} [ends] */
  async #grant(grants, settings, ends = []) {
    const each = [settings].flat();
    const make = (/** @type {Evidence} */ evidence) => this.#means.agent('makeGrants', { evidence, kind: 'grant', grants, ...(ends.length && { ends }), ...this.#means.card() });
    try {
      await this.#act(make, (act) => settingsOf(act, grants, each));
    } catch (error) {
      // Only mail from now on, while the key opens older mail: the newcomer comes with a new key.
      if (/** @type {any} */ (error).data?.reason !== 'rotation-needed') throw error;
      await this.rotate({ add: grants, ends, settings: each });
    }
  }

  /** @param {string[]} hashes */
  #revoke(hashes) {
    return this.#act(async (evidence) => this.#means.agent('appendLog', { evidence, kind: 'revoke', hashes, ...this.#means.card() }));
  }

  /** @param {(evidence: Evidence) => Promise<any>} make @param {(act: any) => Promise<object>} [extras] of Membership/append */
  #act(make, extras) {
    return this.#alone(() => this.#make(make, extras));
  }

  /** @param {(evidence: Evidence) => Promise<any>} make @param {(act: any) => Promise<object>} [extras] */
  async #make(make, extras = async () => ({})) {
    const once = async () => {
      const act = await make((await this.#means.evidence()).evidence);
      await this.#means.append(act, await extras(act));
    };
    await once().catch((error) => (error.code === 'stateMismatch' ? once() : Promise.reject(error)));
    await this.read();
  }

  /** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  #alone(act) {
    const acting = this.#acting.catch(() => {}).then(act);
    this.#acting = acting;
    return acting;
  }
}
