/**
 * A look at the whole way from this page to the card, kept up to date: asks browser, ports, bridge and card, and never
 * opens a question of the browser, a window or a prompt that no click asked for.
 */
import { BridgeClient } from './client.js';
import { directly } from './connection.js';
import { diagnose, nothingKnown } from './diagnosis.js';
import { BridgeError } from './messages.js';
import { loopbackPermission, loopbackStatus } from './permission.js';
import { portHolder } from './ports.js';
import { throughRelay } from './relay.js';
import { rememberWay, usualWay } from './way.js';

/** @typedef {import('./diagnosis.js').Facts} Facts */
/** @typedef {import('./way.js').Way} Way */

/** How long a program on a port may be silent. */
const PORT_PATIENCE = 4_000;
/** Between two looks at a bridge that answers, and at one that does not. */
const LOOK_EVERY = 2_000;
const TRY_EVERY = 3_000;
const TRIPS = 5;
const CARD_EVENTS = Object.freeze(['card.inserted', 'card.removed', 'card.changed', 'reader.added', 'reader.removed', 'grant.ended']);

/**
 * @typedef {object} Surroundings what a test replaces
 * @property {(find: import('./connection.js').Find) => BridgeClient} client
 * @property {(port: number) => Promise<import('./ports.js').PortHolder>} holder
 * @property {() => Promise<import('./permission.js').Permission>} permission
 * @property {() => Promise<EventTarget | null>} permissionStatus
 */

/** @type {Surroundings} */
export const BROWSER = Object.freeze({
  client: (find) => new BridgeClient({ find }),
  holder: (port) => portHolder(port, PORT_PATIENCE),
  permission: loopbackPermission,
  permissionStatus: loopbackStatus,
});

/** Events: `change`, whenever `facts` are new. */
export class BridgeCheck extends EventTarget {
  /** @type {Facts} */ facts = nothingKnown();
  /** @type {BridgeClient | null} */ #client = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;
  /** @type {import('./relay.js').RelayWindow | null} */ #relay = null;
  #surroundings;

  /** @param {{ports: readonly number[], surroundings?: Surroundings}} page */
  constructor({ ports, surroundings = BROWSER }) {
    super();
    this.ports = ports;
    this.#surroundings = surroundings;
  }

  get finding() {
    return diagnose(this.facts);
  }

  /** What can be seen without asking anybody; goes on by itself where no question of the browser can come. */
  async start() {
    const way = usualWay();
    this.#know({ way, permission: await this.#surroundings.permission() });
    const status = await this.#surroundings.permissionStatus();
    status?.addEventListener('change', () => void this.#permissionChanged());
    if (way === 'direct' && ['granted', 'unknown'].includes(this.facts.permission)) await this.look();
  }

  /** Look for the bridge directly: on a click where the browser may ask. */
  async look() {
    await this.#connect('direct', this.#directly, (client) => client.connect());
  }

  /** @param {import('./relay.js').RelayWindow} relay opened by a click */
  async lookThrough(relay) {
    this.#relay = relay;
    await this.#connect('relay', throughRelay(relay), (client) => client.connect());
  }

  /** @param {Way} way that was wanted @param {unknown} error why not even its beginning could be made */
  cannot(way, error) {
    this.stop();
    this.#know({ way, connection: 'failed', failure: problem(error) });
  }

  /** On a click: a person compares digits, here and at the bridge. */
  async pair() {
    const find = this.facts.way === 'relay' && this.#relay ? throughRelay(this.#relay) : this.#directly;
    await this.#connect(this.facts.way, find, (client) => client.pair());
  }

  /** @param {boolean} same what the person says of the digits */
  agree(same) {
    this.#client?.agree(same);
  }

  /** @returns {Promise<string>} what the bridge says of itself, once the person has agreed there */
  async bridgeReport() {
    return (await this.#client?.call('diag.report'))?.report ?? '';
  }

  stop() {
    clearTimeout(this.#later);
    this.#client?.close();
    this.#client = null;
  }

  /** Never confident: each socket that fails makes Chromium hold back the next. @type {import('./connection.js').Find} */
  #directly = (lastPort, options) => directly({ ports: this.ports })(lastPort, { ...options, confident: false });

  /**
   * @param {Way} way
   * @param {import('./connection.js').Find} find
   * @param {(client: BridgeClient) => Promise<void>} open
   */
  async #connect(way, find, open) {
    this.stop();
    const client = this.#surroundings.client(find);
    this.#client = client;
    this.#listen(client);
    this.#know({ way, connection: 'searching', failure: null, digits: '' });
    try {
      await open(client);
      rememberWay(way);
      await this.#reached(client);
    } catch (error) {
      if (this.#client === client) await this.#failed(error);
    }
  }

  /** @param {BridgeClient} client */
  #listen(client) {
    const mine = (/** @type {(event: CustomEvent) => void} */ act) => (/** @type {Event} */ event) => {
      if (this.#client === client) act(/** @type {CustomEvent} */ (event));
    };
    client.addEventListener('pairing', mine(({ detail }) => this.#know({ connection: 'pairing', digits: detail.digits })));
    client.addEventListener('connection', mine(({ detail }) => this.#follow(detail)));
    for (const event of CARD_EVENTS) client.addEventListener(event, mine(() => void this.#readCards(client)));
  }

  /** @param {string} state of the client */
  #follow(state) {
    if (state === 'asking' && this.facts.connection === 'searching') this.#know({ connection: 'asking' });
    if (state !== 'absent' || this.facts.connection !== 'ready') return;
    this.stop();
    this.#know({ connection: 'searching', status: null, cards: null, cardFailure: null, roundTrip: null });
    this.#again(0);
  }

  /** @param {BridgeClient} client */
  async #reached(client) {
    this.#know({ connection: 'ready', port: client.port ?? null, holders: [], digits: '', permission: await this.#surroundings.permission() });
    await client.call('card.subscribe');
    await this.#readBridge(client);
    this.#know({ roundTrip: await roundTrip(client) });
  }

  /** @param {BridgeClient} client */
  async #readBridge(client) {
    const status = await client.call('bridge.status');
    if (this.#client !== client) return;
    const same = JSON.stringify(status) === JSON.stringify(this.facts.status);
    this.#know({ status });
    if (!same || this.facts.cardFailure) await this.#readCards(client);
    this.#lookAgain(client);
  }

  /** Also after a look that the bridge put off. @param {BridgeClient} client */
  #lookAgain(client) {
    if (this.#client !== client) return;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#readBridge(client).catch(() => this.#lookAgain(client)), LOOK_EVERY);
  }

  /** @param {BridgeClient} client */
  async #readCards(client) {
    const known = await client.call('card.list').then(listed, (error) => ({ cards: null, cardFailure: problem(error) }));
    if (this.#client === client) this.#know(known);
  }

  /** @param {unknown} error */
  async #failed(error) {
    const failure = problem(error);
    const permission = await this.#surroundings.permission();
    const holders = this.facts.way === 'direct' && permission !== 'denied' ? await Promise.all(this.ports.map(this.#surroundings.holder)) : [];
    this.#know({ connection: 'failed', failure, holders, permission, status: null, cards: null, cardFailure: null });
    if (failure.code === 'bridge-absent' || failure.code === 'bridge-refused' || failure.code === 'bridge-lost') this.#again(TRY_EVERY);
  }

  /** A bridge that is started is found by itself, where no click is needed for looking. @param {number} wait milliseconds */
  #again(wait) {
    clearTimeout(this.#later);
    if (this.facts.way === 'relay') return void (wait === 0 && this.#know({ connection: 'idle' }));
    this.#later = setTimeout(() => void this.#tryAgain(), wait);
  }

  async #tryAgain() {
    const holders = await Promise.all(this.ports.map(this.#surroundings.holder));
    if (holders.some(({ kind }) => kind === 'bridge')) return this.look();
    this.#know({ connection: 'failed', failure: this.facts.failure ?? { code: 'bridge-absent', data: {} }, holders });
    this.#again(TRY_EVERY);
  }

  async #permissionChanged() {
    const permission = await this.#surroundings.permission();
    this.#know({ permission });
    if (permission === 'granted' && this.facts.way === 'direct' && this.facts.connection === 'failed') await this.look();
  }

  /** @param {Partial<Facts>} known */
  #know(known) {
    this.facts = { ...this.facts, ...known };
    this.dispatchEvent(new Event('change'));
  }
}

/** An empty list says why it is. @param {{cards: import('./messages.js').Card[], why?: {name: string}}} answer */
function listed({ cards, why }) {
  return { cards, cardFailure: why ? { code: why.name, data: why } : null };
}

/** @param {unknown} error @returns {import('./diagnosis.js').Problem} */
function problem(error) {
  if (error instanceof BridgeError) return { code: error.code, data: error.data };
  return { code: 'INTERNAL_ERROR', data: {} };
}

/** The median of a few. @param {BridgeClient} client @returns {Promise<number>} milliseconds */
async function roundTrip(client) {
  /** @type {number[]} */
  const times = [];
  for (let trip = 0; trip < TRIPS; trip++) {
    const start = performance.now();
    await client.call('bridge.status');
    times.push(performance.now() - start);
  }
  return times.sort((one, other) => one - other)[TRIPS >> 1];
}
