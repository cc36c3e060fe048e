/**
 * What people do with a mailbox's members and keys. Each is one act with one signature: the agent makes it from the log as it
 * stands, the server checks and appends it. Where the log moved on meanwhile, it is made once more from what it says now.
 */
import { fromBase64, toBase64 } from '../cms/octets.js';
import { decodeGrant, decodeGrantBody } from '../keys/formats.js';
import { createPasskey } from '../keys/webauthn.js';
import { outcome } from './api.js';
import { carryOver } from './carry-over.js';
import { evidenceOf, hashName, readKeyMaterial } from './key-material.js';
import { rotate } from './rotation.js';

/** @typedef {import('../keys/agent.js').Evidence} Evidence */
/** @typedef {import('../keys/agent.js').Member} Member */
/** @typedef {import('../keys/agent.js').Membership} Membership */
/** @typedef {import('../keys/agent.js').NewGrant} NewGrant */
/** @typedef {import('../keys/agent.js').CardHolder} CardHolder */
/** @typedef {import('../keys/agent.js').Role} Role */
/** @typedef {'member'|'replacement'|'duty'|'secretary'|'officer'} Profile what the server knows a member as */
/** @typedef {Member & {own: boolean, profile?: Profile, folders?: string[], lastSeenAt?: string | null}} MemberRow own: of the person who is here; folders: [] for all */
/** @typedef {{idType: string, idValue: string, name: string}} PersonName */
/** @typedef {CardHolder & PersonName} CardPerson somebody whose card has proved what it can do */

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
 * @property {(url: string) => void} onSheet the bridge's own page, to be opened in a new tab; it is checked there
 * @property {(code: string) => Promise<void>} onCode without bridge: shown here once; resolves when typed back, rejects when given up
 */

/**
 * @typedef {object} Places
 * @property {import('./api.js').Api} api
 * @property {string} accountId
 * @property {import('./workroom.js').Workroom} room with the mailbox open in it
 * @property {import('./sealed.js').SealedObjects} objects
 * @property {() => number} epoch of the open mailbox
 * @property {() => string | undefined} card pseudonym of the one that signs
 * @property {() => Promise<void>} prove the person shows the card once more, because the server asks for a fresh proof
 * @property {() => Promise<void>} reopen the mailbox under the newest grant
 * @property {(renewed: RenewedKeys) => Promise<void>} adopt what a new epoch changes in the open mailbox
 * @property {(members: MemberRow[]) => void} changed
 * @property {(milliseconds: number) => Promise<void>} [wait] what a test replaces
 */
/** @typedef {import('./open-mailboxes.js').RenewedKeys} RenewedKeys */

/** Waits before the very same entry is handed in again, milliseconds: the server answers it as it did. */
const AGAIN_AFTER = Object.freeze([300, 1_000, 3_000]);
const ANSWER_LOST = Object.freeze(['offline', 'server-error']);
/** Refusals of a rotation that say that a way in was lost since the list was read: its next reading leaves it out. */
const SINCE_READ = Object.freeze(['holder-blocked', 'holder-left']);
const STEP_UP = Object.freeze(['stepUpRequired', 'step-up-required']);

export class MembershipActs {
  #places;
  /** @type {Promise<unknown>} one act after the other: each stands on the log that the one before left */ #acting = Promise.resolve();

  /** @param {Places} places */
  constructor(places) {
    this.#places = places;
  }

  // Who is a member

  /** @returns {Promise<MemberRow[]>} as the signed log says, with what the server alone keeps beside it */
  async read() {
    const { evidence, grants } = await this.#evidence();
    const [{ members }, kept] = await Promise.all([this.#agent('members', evidence), this.#kept()]);
    const own = new Set(grants.map(({ bodyHash }) => bodyHash));
    const rows = members.map((/** @type {Member} */ member) => ({ ...member, own: own.has(member.bodyHash), ...kept.get(member.bodyHash) }));
    this.#places.changed(rows);
    return rows;
  }

  /** Profiles and folders are shown to managers only. @returns {Promise<Map<string, Partial<MemberRow>>>} */
  async #kept() {
    const { list } = await this.#call('Member/get', { ids: null }).catch(() => ({ list: [] }));
    return new Map(list.map((/** @type {any} */ { bodyHash, profile, folders, lastSeenAt }) => [bodyHash, { profile, folders, lastSeenAt }]));
  }

  /** Whether the server asks for a new key: what was blocked, or who left, stands in no log yet. */
  async isKeyChangeDue() {
    const { keyChangeDue = false } = await this.#call('Member/get', { ids: [] }).catch(() => ({}));
    return keyChangeDue;
  }

  /** Members of the log to whom the server gives nothing any more: a lost card, passkey or code, somebody who left. @returns {Promise<string[]>} body hashes */
  async #gone() {
    const { list } = await this.#call('Member/get', { ids: null }).catch(() => ({ list: [] }));
    return list.filter((/** @type {any} */ { state, endedAt }) => state === 'active' && endedAt).map((/** @type {any} */ { bodyHash }) => bodyHash);
  }

  /** @param {Pick<PersonName, 'idType' | 'idValue'>} person @returns {Promise<CardPerson | null>} null: never used Pli; an invitation waits for the card */
  async findCard({ idType, idValue }) {
    if (idType !== 'RPPS') return null;
    return cardPerson(await this.#call('Directory/card', { rppsNumber: idValue }));
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
    outcome(await this.#call('Invitation/set', { create }), 'created', 'invitation');
    return 'invited';
  }

  /** @returns {Promise<Invitation[]>} */
  async invitations() {
    const { list } = await this.#call('Invitation/get', { ids: null });
    return list.map((/** @type {any} */ { rppsNumber, ...each }) => ({ ...each, idType: 'RPPS', idValue: rppsNumber }));
  }

  /** @param {string} id */
  async withdraw(id) {
    await this.#call('Invitation/set', { destroy: [id] });
  }

  /** The invited whose card has been here since: granted in one act. @param {Invitation[]} ready */
  async join(ready) {
    const holders = await Promise.all(ready.map((each) => this.findCard(each)));
    const pairs = ready.flatMap((each, index) => (holders[index] ? [/** @type {const} */ ([each, holders[index]])] : []));
    const grants = pairs.map(([each, holder]) => grantTo(/** @type {CardPerson} */ (holder), each));
    if (grants.length) await this.#grant(grants, pairs.map(([each]) => each));
  }

  /** They lose everything at once, and the key is changed in the same act. @param {string[]} bodyHashes */
  async endDelegation(bodyHashes) {
    await this.rotate({ ends: bodyHashes });
  }

  /** One's own right: who goes asks nobody. */
  async leave() {
    const hashes = (await this.read()).filter(({ own, state }) => own && state !== 'ended').map(({ bodyHash }) => bodyHash);
    await this.#act(async (evidence) => this.#agent('appendLog', { evidence, kind: 'revoke', hashes, ...this.#card() }));
  }

  /** @param {string} bodyHash a manager or owner that another manager proposed */
  async confirm(bodyHash) {
    await this.#act(async (evidence) => this.#agent('appendLog', { evidence, kind: 'confirm', hashes: [bodyHash], ...this.#card() }));
  }

  /**
   * @param {MemberRow} member
   * @param {{role?: Role, notAfter?: string | null, profile?: Profile, folders?: string[]}} change
   */
  async changeRole(member, change) {
    const holder = await this.#cardOf(member);
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
      const made = await rotate(this.#hands(order.add ?? [], settings), order, tell);
      if (made) await this.read();
      return made;
    });
  }

  /** Puts under the epoch what an interrupted rotation left under an older one. */
  carryOver() {
    const { objects, epoch } = this.#places;
    return this.#alone(() => carryOver(objects, epoch()));
  }

  /** The person's new card takes the old one's place. @param {string} card pseudonym of the new one @param {MemberRow} old */
  async renewCard(card, old) {
    const history = historyOf(old);
    const grants = [{ holder: { selfCard: { card } }, role: old.role, notBefore: now(), ...ending(old), history }];
    await this.#act((evidence) => this.#agent('makeGrants', { evidence, kind: 'certChange', grants, ends: [old.bodyHash], card }));
  }

  /** What the card's key can do, proved and kept, so that colleagues may grant to it while its holder is away. @param {string} [card] */
  async proveCard(card = this.#places.card()) {
    const { certificate, chain, proof } = await this.#ask('proveCard', card);
    const create = { card: { certificate: toBase64(certificate), chain: chain.map(toBase64), proof: toBase64(proof) } };
    outcome(await this.#call('Credential/set', { create }), 'created', 'card');
  }

  /** A second card of the same person. @param {string} card @param {Role} role */
  async addCard(card, role) {
    await this.#act((evidence) => this.#agent('makeGrants', {
      evidence, kind: 'grant', grants: [{ holder: { selfCard: { card } }, role, notBefore: now(), history: 'all' }], ...this.#card(),
    }));
  }

  /** Another card of the same person, which proved itself when it logged in. @param {string} reference base64 @param {Role} role */
  async admitCard(reference, role) {
    const holder = await this.#cardOf({ reference, name: '' });
    const grants = [grantTo(holder, { role, notBefore: now(), notAfter: null, history: 'all' })];
    await this.#act((evidence) => this.#agent('makeGrants', { evidence, kind: 'grant', grants, ...this.#card() }));
  }

  /**
   * A colleague's card is lost: from this moment on the server gives it nothing of this mailbox, and then the key is changed.
   * @param {string} bodyHash of the card's grant
   * @param {(progress: import('./rotation.js').RotationProgress) => void} [tell]
   * @returns {Promise<boolean>} whether the card logs in nowhere any more: only an administrator or a holder of shares may say that
   */
  async blockCard(bodyHash, tell) {
    const { loginBlocked } = await this.#call('Member/block', { bodyHash });
    await this.rotate({ ends: [bodyHash] }, tell);
    return loginBlocked;
  }

  /** @param {{name: string}} person as the passkey shows it @param {Role} role @param {AbortSignal} [signal] */
  async addPasskey({ name }, role, signal) {
    const { api } = this.#places;
    const options = await api.post('/auth/passkey/register/options', { name, address: '' });
    const { credentialId, prf, response } = await createPasskey(options, signal);
    await api.post('/auth/passkey/register', response);
    const grant = { holder: { passkey: { credentialId, prf, name } }, role, notBefore: now(), history: 'all' };
    await this.#act((evidence) => this.#agent('makeGrants', { evidence, kind: 'grant', grants: [grant], ...this.#card() }));
  }

  /** @param {RecoveryShow} show */
  async makeRecovery({ onSheet, onCode }) {
    await this.#alone(async () => {
      const sheet = await this.#agent('recoverySheet');
      if (sheet) onSheet(sheet.url);
      const { evidence } = await this.#evidence();
      const act = await this.#agent('makeRecovery', { evidence, ...(sheet && { sheet: sheet.sheet }), ...this.#card() });
      if (act.code) await onCode(act.code);
      // Made once: a second one would not be the code that was written down.
      await this.#append({ grants: [act.grant], ...act }, { loginKey: toBase64(act.loginKey) });
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
      (evidence) => this.#agent('makeOfficers', { evidence, ...order, holders: cards.map((card) => cardOnly(/** @type {CardPerson} */ (card))), ...this.#card() }),
      async ({ policy, shares }) => ({ policy: toBase64(policy), shares: shares.map(toBase64) }),
    );
  }

  /** A share of the officers' secret, given for one request. @param {{id: string, request: string, policy: string, share: string}} request base64 */
  async releaseShare({ id, request, policy, share }) {
    const order = { card: this.#places.card() ?? '', share: fromBase64(share), request: fromBase64(request), policy: fromBase64(policy) };
    await this.#act(
      (evidence) => this.#ask('releaseShare', { ...order, evidence }),
      async ({ release }) => ({ release: { requestId: id, release: toBase64(release) } }),
    );
  }

  // Inside

  /** @param {NewGrant[]} grants @param {Settings | Settings[]} settings @param {string[]} [ends] */
  async #grant(grants, settings, ends = []) {
    const each = [settings].flat();
    const make = (/** @type {Evidence} */ evidence) => this.#agent('makeGrants', { evidence, kind: 'grant', grants, ...(ends.length && { ends }), ...this.#card() });
    try {
      await this.#act(make, (act) => settingsOf(act, grants, each));
    } catch (error) {
      // Only mail from now on, while the key opens older mail: the newcomer comes with a new key.
      if (/** @type {any} */ (error).data?.reason !== 'rotation-needed') throw error;
      await this.rotate({ add: grants, ends, settings: each });
    }
  }

  /** @param {(evidence: Evidence) => Promise<any>} make @param {(act: any) => Promise<object>} [extras] of Membership/append */
  #act(make, extras) {
    return this.#alone(() => this.#make(make, extras));
  }

  /** @param {(evidence: Evidence) => Promise<any>} make @param {(act: any) => Promise<object>} [extras] */
  async #make(make, extras = async () => ({})) {
    const once = async () => {
      const act = await make((await this.#evidence()).evidence);
      await this.#append(act, await extras(act));
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

  /** The same entry again is answered as before, so that a lost answer costs nothing. @param {{grants?: Uint8Array[], logEntry: Uint8Array, binding?: Uint8Array}} act @param {object} extras */
  async #append({ grants = [], logEntry, binding }, extras) {
    const args = { logEntry: toBase64(logEntry), grants: grants.map(toBase64), bindings: binding ? [toBase64(binding)] : [], ...extras };
    for (const wait of AGAIN_AFTER) {
      try {
        return await this.#call('Membership/append', args);
      } catch (error) {
        if (!ANSWER_LOST.includes(/** @type {any} */ (error).code)) throw error;
        await (this.#places.wait ?? pause)(wait);
      }
    }
    return this.#call('Membership/append', args);
  }

  async #evidence() {
    const { api, accountId } = this.#places;
    const material = await readKeyMaterial(api, accountId);
    return { evidence: evidenceOf(material), grants: material.grants };
  }

  /** @param {NewGrant[]} grants that come with it @param {Settings[]} settings of theirs @returns {import('./rotation.js').Hands} */
  #hands(grants, settings) {
    const { room, objects, epoch, adopt } = this.#places;
    return {
      look: () => this.#look(),
      certify: () => this.#certify(),
      give: (certified, evidence, membership, order) => this.#give(certified, evidence, membership, order),
      append: async (act) => this.#append(act, await rotationExtras(act, grants, settings)).then(() => true, (error) => {
        if (error.code === 'stateMismatch' || (!grants.length && SINCE_READ.includes(error.data?.reason))) return false;
        throw error;
      }),
      drop: (handle) => room.call('forget', [handle]),
      adopt: ({ handle, encryptionCertificate }, act) => adopt({ handle, epoch: act.epoch, encryptionCertificate }),
      carry: (tell) => carryOver(objects, epoch(), tell),
    };
  }

  /** Another manager, or an answer that was lost, may have left the log ahead of what is open here. */
  async #look() {
    const { epoch, reopen } = this.#places;
    const read = async () => {
      const { evidence } = await this.#evidence();
      const membership = await this.#agent('members', evidence);
      return { evidence, membership: { ...membership, keyChangeDue: membership.keyChangeDue || (await this.isKeyChangeDue()) } };
    };
    const seen = await read();
    if (seen.membership.epoch <= epoch()) return seen;
    await reopen();
    return read();
  }

  async #certify() {
    const { api, accountId, room } = this.#places;
    const { address } = await room.call('opened');
    const { handle, encryptionRequest, signatureRequest } = await room.call('requestCertificates', [{ address }]);
    const requests = { encryptionRequest: toBase64(encryptionRequest), signatureRequest: toBase64(signatureRequest) };
    const answer = await this.#proven(() => api.post('/keys/certify', { accountId, ...requests }));
    return { handle, encryptionCertificate: fromBase64(answer.encryptionCertificate), signatureCertificate: fromBase64(answer.signatureCertificate) };
  }

  /** @param {import('./rotation.js').Certified} certified @param {Evidence} evidence @param {Membership} membership @param {import('./rotation.js').RotationOrder} order */
  async #give({ handle, encryptionCertificate, signatureCertificate }, evidence, { members }, { add, ends }) {
    const active = new Set(members.filter(({ state }) => state === 'active').map(({ bodyHash }) => bodyHash));
    const over = new Set([...(ends ?? []), ...(await this.#gone()).filter((one) => active.has(one))]);
    const cards = members.filter(({ kind, state, notAfter, bodyHash }) =>
      kind === 'card' && state === 'active' && !over.has(bodyHash) && (!notAfter || Date.parse(notAfter) > Date.now()));
    const holders = await Promise.all(cards.map((member) => this.#cardOf(member)));
    return this.#agent('rotate', {
      newHandle: handle, encryptionCertificate, signatureCertificate, evidence, holders: holders.map(cardOnly), ...this.#card(),
      ...(add?.length && { add }), ...(over.size && { ends: [...over] }),
    });
  }

  /** @param {Pick<Member, 'reference' | 'name'>} member @returns {Promise<CardPerson>} the very card that holds the grant */
  async #cardOf({ reference, name }) {
    const found = cardPerson(await this.#call('Directory/card', { reference }));
    if (!found) throw new CardMissing([name]);
    return found;
  }

  #card() {
    const card = this.#places.card();
    return card ? { card } : {};
  }

  /** A verb of the agent on the open mailbox. @param {string} verb @param {...any} values @returns {Promise<any>} */
  #agent(verb, ...values) {
    return this.#places.room.call('act', [verb, values]);
  }

  /** A verb that needs no open mailbox. @param {'proveCard'|'requestRecovery'|'releaseShare'} verb @param {...any} values @returns {Promise<any>} */
  #ask(verb, ...values) {
    return this.#places.room.call('ask', [verb, values]);
  }

  /** @param {string} method @param {object} args */
  #call(method, args) {
    const { api, accountId } = this.#places;
    return this.#proven(() => api.call(method, { accountId, ...args }));
  }

  /** The server may ask who is there once more before it goes on. @template T @param {() => Promise<T>} call @returns {Promise<T>} */
  async #proven(call) {
    return call().catch(async (error) => {
      if (!STEP_UP.includes(error.code)) throw error;
      await this.#places.prove();
      return call();
    });
  }
}

/** @typedef {{profile?: Profile, folders?: string[]}} Settings */

/** No card of these people is known here. */
export class CardMissing extends Error {
  code = 'card-unknown';

  /** @param {string[]} names */
  constructor(names) {
    super('No card is known');
    this.data = { names };
  }
}

/** @param {number} milliseconds @returns {Promise<void>} */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** @param {{notAfter: string | null}} right */
const ending = ({ notAfter }) => (notAfter ? { notAfter } : {});

/** @param {CardPerson} holder @param {Pick<DelegationOrder, 'role' | 'notBefore' | 'notAfter' | 'history'> & {confidential?: boolean}} order @returns {NewGrant} */
function grantTo(holder, { role, notBefore, notAfter, history, confidential }) {
  return { holder: { card: cardOnly(holder) }, role, notBefore, ...(notAfter && { notAfter }), history, ...(confidential && { confidential }) };
}

/** @param {CardHolder} holder @returns {CardHolder} */
const cardOnly = ({ certificate, chain, proof }) => ({ certificate, chain, ...(proof && { proof }) });

/** @param {any} answer of Directory/card @returns {CardPerson | null} */
function cardPerson({ card }) {
  if (!card) return null;
  const { name, idType, idValue, certificate, chain, proof } = card;
  return { name, idType, idValue, certificate: fromBase64(certificate), chain: chain.map(fromBase64), ...(proof && { proof: fromBase64(proof) }) };
}

/** @param {Pick<Member, 'historyFromEpoch'>} member @returns {'all'|'now'} */
const historyOf = ({ historyFromEpoch }) => (historyFromEpoch === 1 ? 'all' : 'now');

/**
 * What the server alone keeps of each new member, by the body that his card's grant has now.
 * @param {{grants: Uint8Array[]}} act @param {NewGrant[]} wished @param {Settings[]} settings of those wished, in their order
 */
async function settingsOf({ grants }, wished, settings) {
  const bodies = grants.map((grant) => decodeGrant(grant).body);
  const named = new Map(await Promise.all(bodies.map(async (body) => /** @type {const} */ ([toBase64(decodeGrantBody(body).holder.reference), await hashName(body)]))));
  const memberships = await Promise.all(wished.map(async ({ holder }, index) => {
    const { profile = 'member', folders = [] } = settings[index] ?? {};
    const bodyHash = 'card' in holder ? named.get(await hashName(holder.card.certificate)) : undefined;
    return bodyHash ? [{ bodyHash, profile, folders }] : [];
  }));
  return memberships.flat().length ? { memberships: memberships.flat() } : {};
}

/** @param {import('../keys/agent.js').RotationAct} act @param {NewGrant[]} wished @param {Settings[]} settings */
async function rotationExtras(act, wished, settings) {
  return { ...(act.history && { history: toBase64(act.history) }), ...(await settingsOf(act, wished, settings)) };
}
