// <pli-emergency>: requests to open a mailbox by the holders of its shares, seen from all three sides.
import { t } from '../i18n.js';
import { pending } from '../mail/emergency.js';
import { emergencyView } from '../viewers/emergency-view.js';
import { LightElement, nothing } from '../viewers/lit.js';

/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('../mail/emergency.js').Emergency} EmergencyActs */
/** @typedef {import('../mail/emergency.js').RecoveryRequest} RecoveryRequest */

/** The requester is no member: nobody pushes to him. Milliseconds. */
const LOOK_AGAIN = 2_000;
const MANAGING = Object.freeze(['manager', 'owner']);

export class Emergency extends LightElement {
  static properties = { store: { attribute: false }, requests: { state: true }, policies: { state: true }, given: { state: true }, asked: { state: true }, acting: { state: true }, done: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {RecoveryRequest[]|null} */
    this.requests = null;
    /** @type {Map<string, import('../mail/emergency.js').Way>} */
    this.policies = new Map();
    /** @type {Set<string>} */
    this.given = new Set();
    /** @type {{address: string, ways: import('../mail/emergency.js').Way[]}|null} */
    this.asked = null;
    this.acting = '';
    this.done = '';
    /** @type {unknown} */
    this.error = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.looking = undefined;
  }

  firstUpdated() {
    void this.#look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.looking);
  }

  /** Again and again while this is on the screen: seconds count here. */
  async #look() {
    await this.#read().catch((error) => { this.error = error; });
    if (this.isConnected && this.store?.phase === 'open') this.looking = setTimeout(() => void this.#look(), LOOK_AGAIN);
  }

  async #read() {
    const emergency = await this.#emergency();
    const found = (await emergency.requests()).filter((request) => pending(request, new Date()));
    await this.#learn(emergency, found);
    this.requests = found;
  }

  /** How many shares are needed, and whose. @param {EmergencyActs} emergency @param {RecoveryRequest[]} requests */
  async #learn(emergency, requests) {
    const unknown = new Set(requests.filter(({ policyId, openedAt }) => !openedAt && !this.policies.has(policyId)).map(({ address }) => address));
    const ways = (await Promise.all([...unknown].map((address) => emergency.ways(address)))).flat();
    this.policies = new Map([...this.policies, ...ways.map((way) => /** @type {const} */ ([way.id, way]))]);
  }

  async #emergency() {
    return /** @type {Store} */ (this.store).emergency();
  }

  /** @param {string} name @param {(emergency: EmergencyActs) => Promise<string>} act answers what was done, in words */
  async #act(name, act) {
    Object.assign(this, { acting: name, error: null, done: '' });
    try {
      this.done = await act(await this.#emergency());
      await this.#read();
    } catch (error) {
      this.error = error;
    }
    this.acting = '';
  }

  /** @type {import('../viewers/emergency-view.js').EmergencyPage['actions']} */
  actions = {
    back: () => this.dispatchEvent(new CustomEvent('pli-command', { detail: { command: 'leave' }, bubbles: true })),
    dismiss: () => { this.error = null; },
    find: (address) => void this.#act('find', async (emergency) => {
      this.asked = { address, ways: await emergency.ways(address) };
      return '';
    }),
    ask: (way, reason) => void this.#act('ask', async (emergency) => {
      await emergency.ask(way, reason);
      this.asked = null;
      return t('The holders see your request now. This page goes on by itself.');
    }),
    release: (request) => void this.#act(request.id, async (emergency) => {
      await emergency.release(request);
      this.given = new Set([...this.given, request.id]);
      return t('Your share for {address} is given.', { address: request.address });
    }),
    open: (request) => void this.#open(request),
    close: (request) => void this.#act(request.id, async () => {
      await this.store?.endEmergency(request);
      return t('It is ended.');
    }),
  };

  /** As the server says: it ends what is asked there, whichever mailbox is shown. */
  get #managed() {
    const accounts = this.store?.accounts ?? [];
    return new Set(accounts.filter(({ role, isReadOnly }) => !isReadOnly && MANAGING.includes(role)).map(({ id }) => id));
  }

  /** The mailbox takes the place of the one shown, and its inbox the place of this page. @param {RecoveryRequest} request */
  async #open(request) {
    Object.assign(this, { acting: request.id, error: null, done: '' });
    try {
      await this.store?.openWithShares(request);
      this.actions.back();
    } catch (error) {
      this.error = error;
    }
    this.acting = '';
  }

  render() {
    const session = this.store?.session;
    if (!session) return nothing;
    const { requests, policies, given, asked, acting, done, error, actions } = this;
    return emergencyView({ bridge: session.bridge, managed: this.#managed, rppsNumber: session.person.rppsNumber, requests, policies, given, asked, acting, done, error, actions });
  }
}

customElements.define('pli-emergency', Emergency);
