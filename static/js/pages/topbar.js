// The bar above everything: who is here and how they proved it, lock, language, theme.
import { t, tn } from '../i18n.js';
import { formatTime } from '../viewers/format.js';
import { icon, mark } from '../viewers/icons.js';
import { levelText, wayIn } from '../viewers/level-text.js';
import { html, nothing } from '../viewers/lit.js';
import { languageButton, themeButton } from './entrance.js';

/** @typedef {import('./store-types.js').Session} Session */

/** The symbol of what opened the session, and how it looks. */
const WAYS = Object.freeze({ card: ['card', 'card'], software: ['key', 'software'], passkey: ['fingerprint', 'passkey'], recovery: ['key', 'passkey'] });

/** @param {{session: Session|null, own: boolean, grant: {usesLeft: number, until: string}|null, redraw: () => void, lock: () => void, help: () => void, menu: () => void, news: boolean}} bar news: there is some in another mailbox */
export const topbarView = ({ session, own, grant, redraw, lock, help, menu, news }) => html`
  <button type="button" class="icon-button only-narrow" aria-label=${news ? t('Folders; there is news in another mailbox') : t('Folders')} @click=${menu}>${icon('menu')}${news ? html`<span class="news"></span>` : nothing}</button>
  <a class="topbar-brand" href="/mail/" aria-label=${t('Pli, your mail')}>${mark()}<span class="hide-narrow">Pli</span></a>
  <div class="topbar-who">${session ? whoView(session, own) : nothing}</div>
  <div class="topbar-tools">
    ${grant ? grantView(grant) : nothing}
    <span class="hide-narrow">${languageButton(redraw)}</span>
    ${themeButton(redraw)}
    <button type="button" class="icon-button hide-narrow" aria-label=${t('Keyboard shortcuts')} title=${t('Keyboard shortcuts')} @click=${help}>${icon('keyboard')}</button>
    <button type="button" class="button small" data-action="lock" @click=${lock}>${icon('lock')}<span>${t('Lock')}</span></button>
  </div>`;

/** @param {Session} session @param {boolean} own the mailbox is this person's, and so is its address */
function whoView(session, own) {
  const { person, mailbox } = session;
  const way = wayIn(session);
  const [symbol, look] = WAYS[way];
  return html`
  <span class="topbar-person">
    <span class="topbar-name">${person.name}${person.profession ? `, ${person.profession}` : ''}</span>
    <span class="topbar-address">${own ? mailbox.address : ''}${own && person.rppsNumber ? ' · ' : ''}${person.rppsNumber ? `RPPS ${person.rppsNumber}` : ''}</span>
  </span>
  <span class="level level-${look}" title=${t('How you proved who you are')}>${icon(symbol)}<span>${levelText(way)}</span></span>`;
}

/** @param {{usesLeft: number, until: string}} grant */
const grantView = ({ usesLeft, until }) => html`
  <span class="card-grant hide-narrow" data-uses=${usesLeft} title=${tn('The card may be used {n} more time without its PIN.', 'The card may be used {n} more times without its PIN.', usesLeft)}
    >${icon('card')}<span>${t('Card open until {time}', { time: formatTime(until) })}</span></span>`;
