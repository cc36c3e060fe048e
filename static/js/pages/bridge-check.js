// The connection check, reachable without login: whoever cannot log in needs it most.
import { BridgeCheck } from '../bridge/check.js';
import { reportText } from '../bridge/report.js';
import { relayWindow } from '../bridge/way.js';
import { addFrench } from '../i18n.js';
import { bridgeCheckView } from '../viewers/bridge-check-view.js';
import { bridgePorts } from './bridge-ports.js';
import { startEntrance } from './entrance.js';

/** @typedef {import('../viewers/bridge-check-view.js').CheckPage} CheckPage */

/** What the page shows, and what its buttons do. */
class CheckDesk {
  /** @type {CheckPage['copied']} */ #copied = 'no';
  #agreed = false;
  #bridgeReport = '';
  /** @type {import('../bridge/relay.js').RelayWindow | null} */ #relay = null;
  #check;
  #draw;

  /** @param {BridgeCheck} check @param {(page: CheckPage) => void} draw */
  constructor(check, draw) {
    this.#check = check;
    this.#draw = draw;
    check.addEventListener('change', () => this.#show());
  }

  /** @type {import('../viewers/bridge-check-view.js').CheckActions} */
  actions = {
    look: () => void this.#check.look(),
    window: () => void this.#openWindow(),
    pair: () => void this.#pair(),
    again: () => void (this.#check.facts.way === 'relay' ? this.#openWindow() : this.#check.look()),
    agree: (same) => this.#agree(same),
    back: () => location.assign('/'),
    copy: () => void this.#copy(),
    add: () => void this.#add(),
  };

  async start() {
    this.#show();
    this.#relay = await relayWindow(bridgePorts());
    await this.#check.start();
  }

  #show() {
    const { facts, finding } = this.#check;
    if (facts.connection !== 'pairing') this.#agreed = false;
    this.#draw({ facts, finding, place: { origin: location.origin, browser: browserName(navigator.userAgent) }, copied: this.#copied, agreed: this.#agreed });
  }

  /** In the same turn as the click, or the browser blocks it. */
  async #openWindow() {
    const relay = this.#relay;
    if (!relay) return;
    try {
      relay.show();
    } catch (error) {
      return this.#check.cannot('relay', error);
    }
    await this.#check.lookThrough(relay);
  }

  async #pair() {
    if (this.#check.facts.way === 'relay') this.#relay?.show();
    await this.#check.pair();
  }

  /** @param {boolean} same */
  #agree(same) {
    this.#agreed = same;
    this.#check.agree(same);
    this.#show();
  }

  /** At once: browsers let a page write to the clipboard in the moments after a click only. */
  async #copy() {
    const page = { origin: location.origin, userAgent: navigator.userAgent, release: new URL(import.meta.url).pathname.split('/')[2], now: new Date() };
    const own = reportText(this.#check.facts, this.#check.finding, page);
    await navigator.clipboard.writeText(own + this.#bridgeReport).then(() => this.#say('copied'), () => this.#say('failed'));
  }

  /** The person agrees at the card program; another click then copies both. */
  async #add() {
    this.#say('asking');
    try {
      this.#bridgeReport = `\n${await this.#check.bridgeReport()}`;
      this.#say('added');
    } catch {
      this.#say('refused');
    }
  }

  /** @param {CheckPage['copied']} copied */
  #say(copied) {
    this.#copied = copied;
    this.#show();
  }
}

/** @param {string} userAgent @returns {import('../viewers/bridge-check-texts.js').BrowserName} */
export function browserName(userAgent) {
  if (/\bFirefox\//.test(userAgent)) return 'firefox';
  if (/\bEdg\//.test(userAgent)) return 'edge';
  return /\bChrom(?:e|ium)\//.test(userAgent) ? 'chrome' : 'safari';
}

async function start() {
  await addFrench(() => import('../locale/fr-bridge.js'));
  /** @type {CheckDesk | undefined} */
  let desk;
  const draw = await startEntrance((/** @type {CheckPage} */ page) => bridgeCheckView(page, /** @type {CheckDesk} */ (desk).actions));
  desk = new CheckDesk(new BridgeCheck({ ports: bridgePorts() }), draw);
  await desk.start();
}

if (globalThis.document?.querySelector('script[type=module][src$="/pages/bridge-check.js"]')) void start();
