// What a person does about the work of a shared inbox: begins an answer, takes one over, assigns, marks as done.
import { addFrench, t } from '../i18n.js';
import { colleagueName } from '../viewers/work-chips.js';
import { takeOverView } from './work-view.js';

/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('./dialog.js').DialogView} DialogView */

/** @type {Promise<void>|undefined} */
let added;

/** The French of all this, once there is a shared inbox. */
export const workFrench = () => (added ??= addFrench(() => import('../locale/fr-work.js')));

/**
 * @typedef {object} Around what the shell does for it
 * @property {(view: DialogView) => void} ask
 * @property {(words: string) => void} say
 */

export class WorkDesk {
  #store;
  #around;
  /** The draft whose being open says that somebody answers. @type {Draft|null} */ #draft = null;

  /** @param {Store} store @param {Around} around */
  constructor(store, around) {
    this.#store = store;
    this.#around = around;
  }

  /**
   * Opens an answer, after asking where a colleague is writing one already.
   * @param {string} id of the message
   * @param {Draft} draft
   * @param {(draft: Draft) => void} write
   */
  async answer(id, draft, write) {
    const { work } = this.#store;
    if (!work?.mayAnswer) return write(draft);
    const { answering } = work.of(id);
    if (answering && !answering.isMe) return this.#ask(id, draft, write);
    return this.#begin(id, draft, write, '');
  }

  /** @param {string} id @param {Draft} draft @param {(draft: Draft) => void} write */
  #ask(id, draft, write) {
    const standing = this.#store.work?.of(id);
    const from = standing?.answering?.id ?? '';
    if (standing) this.#around.ask((close) => takeOverView(standing, close, () => void this.#begin(id, draft, write, from)));
  }

  /** An answer is written whatever the server can be told of it. @param {string} id @param {Draft} draft @param {(draft: Draft) => void} write @param {string} from */
  async #begin(id, draft, write, from) {
    const failure = await this.#store.work?.begin(id, from).then(() => null, (error) => error);
    if (failure?.code === 'beingAnswered') return this.#ask(id, draft, write);
    this.#draft = draft;
    return write(draft);
  }

  /** Whether the answer is still open. @param {Draft|null} shown */
  follow(shown) {
    if (!this.#draft || shown === this.#draft) return;
    this.#draft = null;
    void this.#store.work?.end();
  }

  /** @param {string} id */
  async finish(id) {
    const { work } = this.#store;
    if (!work?.mayAnswer) return;
    const done = !work.of(id).done;
    await work.finish(id, done);
    this.#around.say(done ? t('Marked as done') : t('Open again'));
  }

  /** @param {string} id @param {string|null} person */
  async assign(id, person) {
    await this.#store.work?.assign(id, person);
    const { assignedTo } = this.#store.work?.of(id) ?? {};
    this.#around.say(assignedTo ? t('Assigned to {name}', { name: colleagueName(assignedTo) }) : t('Assigned to nobody'));
  }
}
