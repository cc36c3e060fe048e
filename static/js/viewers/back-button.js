// A phone shows one room at a time: from each of them back to the list.
import { t } from '../i18n.js';
import { icon } from './icons.js';
import { html } from './lit.js';

/** @param {Event} event */
const goBack = (event) => event.currentTarget?.dispatchEvent(new CustomEvent('pli-command', { detail: { command: 'leave' }, bubbles: true }));

export const backButton = () => html`<button type="button" class="icon-button only-narrow" data-action="leave" aria-label=${t('Back to the list')} @click=${goBack}>${icon('back')}</button>`;
