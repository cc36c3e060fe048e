// Boxes that tell: errors with what to do next, and quieter notices. Text first, colour second.
import { t } from '../i18n.js';
import { errorCode, errorText } from './error-texts.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {'error'|'caution'|'info'|'good'} Tone */
const ICONS = Object.freeze({ error: 'warning', caution: 'warning', info: 'info', good: 'check' });

/**
 * @param {{tone?: Tone, title: unknown, body?: unknown, actions?: unknown, role?: 'alert'|'status'}} notice
 */
export const noticeView = ({ tone = 'info', title, body, actions, role }) => html`
  <div class="notice notice-${tone}" role=${role ?? (tone === 'error' ? 'alert' : 'status')}>
    ${icon(ICONS[tone])}
    <div class="notice-text"><p class="notice-title">${title}</p>${body ? html`<p>${body}</p>` : nothing}</div>
    ${actions ? html`<div class="notice-actions">${actions}</div>` : nothing}
  </div>`;

/**
 * An error with its remedy and, where it can help, a button to try again.
 * @param {unknown} error @param {{retry?: () => void, dismiss?: () => void, more?: unknown}} [actions]
 */
export function errorView(error, { retry, dismiss, more } = {}) {
  const text = errorText(error);
  const buttons = html`
    ${more ?? nothing}
    ${text.check ? html`<a class="button small quiet" href="/bridge-check" target="_blank" data-action="check">${t('Check the connection')}</a>` : nothing}
    ${retry && text.retry ? html`<button type="button" class="button small" @click=${retry}>${t('Try again')}</button>` : nothing}
    ${dismiss ? html`<button type="button" class="icon-button" @click=${dismiss} aria-label=${t('Close this message')}>${icon('close')}</button>` : nothing}`;
  return noticeView({ tone: 'error', title: text.title, body: text.next, actions: buttons });
}

/**
 * For a vault in this browser, which cannot ask: the person agrees that it forgets what a restored backup lacks.
 * @param {unknown} error @param {(statement: string) => void} agree
 */
export const agreeToRestoreButton = (error, agree) => (errorCode(error) !== 'RESTORE_UNCONFIRMED' ? nothing : html`
  <button type="button" class="button small" data-action="agree-restore" @click=${() => agree(/** @type {any} */ (error).data.statement)}>${t('I was told: open it')}</button>`);
