// The frame around login and account opening: brand above, language and theme below, the promise in one sentence.
import { currentLanguage, keepLanguage, startLanguage, t } from '../i18n.js';
import { icon, mark } from '../viewers/icons.js';
import { html, render } from '../viewers/lit.js';
import { currentTheme, keepTheme, nextTheme } from './theme.js';

/** Where a name of PLACES stands that the mailbox is to open at: whoever lost a card comes to block it. */
export const GO_TO = 'pli-go';

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Draws the frame in the person's language and answers how to draw into its middle. Call `draw` again with the
 * next view; a change of language draws the last one again.
 * @template T
 * @param {(state: T) => unknown} view @returns {Promise<(state: T) => void>}
 */
export async function startEntrance(view) {
  await startLanguage();
  /** @type {T|undefined} */
  let last;
  const draw = (/** @type {T} */ state) => {
    last = state;
    render(view(state), place('entrance'));
  };
  const redraw = () => {
    drawFrame(redraw);
    if (last !== undefined) draw(last);
  };
  drawFrame(redraw);
  return draw;
}

/** @param {() => void} redraw */
function drawFrame(redraw) {
  document.title = t('Pli: mail for health professionals');
  render(html`${mark()}<span class="brand-name">Pli</span>`, place('brand'));
  render(footerView(redraw), place('entrance-footer'));
}

/** @param {() => void} redraw */
const footerView = (redraw) => html`
  <p class="promise">${icon('lock')}<span>${t('Your messages are opened on this device only. The server keeps nothing it could read.')}</span></p>
  <div class="entrance-tools">${languageButton(redraw)}${themeButton(redraw)}</div>`;

/** @param {() => void} redraw */
export const languageButton = (redraw) => html`
  <button type="button" class="icon-button wide" lang=${currentLanguage() === 'fr' ? 'en' : 'fr'}
    @click=${async () => { await keepLanguage(currentLanguage() === 'fr' ? 'en' : 'fr'); redraw(); }}
    >${currentLanguage() === 'fr' ? 'English' : 'Français'}</button>`;

/** @param {() => void} redraw */
export function themeButton(redraw) {
  const theme = currentTheme();
  const words = { auto: t('Theme: as the system'), light: t('Theme: light'), dark: t('Theme: dark') };
  const icons = { auto: 'auto', light: 'sun', dark: 'moon' };
  return html`<button type="button" class="icon-button" aria-label=${words[theme]} title=${words[theme]}
    @click=${() => { keepTheme(nextTheme(theme)); redraw(); }}>${icon(icons[theme])}</button>`;
}
