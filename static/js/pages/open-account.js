// Opening an account, for who just showed an unknown card or has none and makes a passkey. Decides which step is
// shown; viewers/open-account-view.js draws it.

/** @typedef {import('../viewers/open-account-view.js').OpenAccountState} OpenAccountState */
/** @typedef {import('../mail/store.js').Store} Store */
/** @typedef {{name: string, rppsNumber: string, profession: string, suggestedAddress: string}} CardPerson */

export class AccountOpening {
  /** @type {OpenAccountState} */ state;
  /** @type {() => void} */ #again = () => {};
  /** @type {AbortController} */ #asking = new AbortController();
  #store;
  #draw;
  #options;

  /**
   * @param {Store} store
   * @param {(state: OpenAccountState) => void} draw
   * @param {{person: CardPerson | null, finished: () => void, back: () => void}} options person: as the card names him
   */
  constructor(store, draw, options) {
    this.#store = store;
    this.#draw = draw;
    this.#options = options;
    const { name = '', rppsNumber = '', profession = '', suggestedAddress: address = '' } = options.person ?? {};
    const card = options.person !== null;
    this.state = { step: card ? 'address' : 'person', name, rppsNumber: rppsNumber ?? '', profession, address, card };
  }

  /** @type {import('../viewers/open-account-view.js').OpenAccountActions} */
  actions = {
    register: (person) => this.#try('person', () => this.#register(person)),
    confirm: (address) => this.#try('address', () => this.#open(address)),
    retry: () => this.#again(),
    back: () => this.#back(),
    enter: () => this.#options.finished(),
  };

  start() {
    this.#show({});
  }

  /**
   * @param {OpenAccountState['step']} origin where a failure leads back to
   * @param {() => Promise<void>} attempt
   */
  async #try(origin, attempt) {
    this.#again = () => this.#try(origin, attempt);
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      await attempt();
    } catch (error) {
      if (!signal.aborted) this.#show({ step: origin, error });
    }
  }

  /** @param {{name: string, address: string}} person */
  async #register(person) {
    this.#show({ step: 'passkey', ...person, error: undefined });
    const { signal } = this.#asking;
    const { suggestedAddress } = await this.#store.registerPasskey(person, signal);
    if (!signal.aborted) this.#show({ step: 'address', address: suggestedAddress || person.address });
  }

  /** @param {string} address */
  async #open(address) {
    this.#show({ address, error: undefined });
    await this.#store.openAccount(address, (step) => this.#show({ step: step === 'consent' && !this.state.card ? 'keys' : step }));
    this.#show({ step: 'done' });
  }

  #back() {
    this.#asking.abort();
    if (this.state.card || this.state.step === 'person') this.#options.back();
    else this.#show({ step: 'person', error: undefined });
  }

  /** @param {Partial<OpenAccountState>} change */
  #show(change) {
    this.state = { ...this.state, ...change };
    this.#draw(this.state);
  }
}

/** The page at `/open/` was reloaded: what proved the person is gone, so it begins where the login page does. */
async function startPage() {
  const login = await import('./login.js');
  await login.startPage();
}

if (globalThis.document?.querySelector('script[type=module][src$="/pages/open-account.js"]')) void startPage();
