// Drawings for what words alone explain badly. Ornaments: the text beside them says the same.
import { t } from '../i18n.js';
import { html, svg } from './lit.js';

/** The browser's question, under the address: which button to press. */
export const permissionPicture = () => html`<svg class="picture" viewBox="0 0 320 168" aria-hidden="true" focusable="false">
  ${svg`<rect class="p-window" x="1" y="1" width="318" height="166" rx="10"></rect>
  <path class="p-line" d="M1 34h318"></path>
  <circle class="p-dot" cx="16" cy="17.5" r="3.5"></circle><circle class="p-dot" cx="28" cy="17.5" r="3.5"></circle>
  <rect class="p-field" x="42" y="8" width="262" height="19" rx="9.5"></rect>
  <path class="p-accent" d="M52 17.5h8M52 14h5M52 21h6"></path>
  <rect class="p-text" x="68" y="15" width="92" height="5" rx="2.5"></rect>
  <rect class="p-bubble" x="44" y="40" width="216" height="104" rx="9"></rect>
  <path class="p-bubble" d="M54 40.500l6-7 6 7"></path><path class="p-cover" d="M55 41h10"></path>
  <rect class="p-text strong" x="58" y="54" width="112" height="6" rx="3"></rect>
  <path class="p-accent" d="M60 76h14v10H60zM64 90h6M67 86v4"></path>
  <rect class="p-text" x="84" y="74" width="150" height="5" rx="2.5"></rect><rect class="p-text" x="84" y="85" width="96" height="5" rx="2.5"></rect>
  <rect class="p-button" x="94" y="110" width="70" height="22" rx="11"></rect><text class="p-word" x="129" y="125">${t('Block')}</text>
  <rect class="p-button chosen" x="174" y="110" width="74" height="22" rx="11"></rect><text class="p-word chosen" x="211" y="125">${t('Allow')}</text>
  <path class="p-hand" d="M236 150l-7-18 17 9-7 2z"></path>`}</svg>`;

/** The link window beside the page: leave it open. */
export const linkPicture = () => html`<svg class="picture" viewBox="0 0 320 140" aria-hidden="true" focusable="false">
  ${svg`<rect class="p-window" x="1" y="8" width="170" height="124" rx="10"></rect><path class="p-line" d="M1 32h170"></path>
  <circle class="p-dot" cx="15" cy="20" r="3.5"></circle><circle class="p-dot" cx="27" cy="20" r="3.5"></circle>
  <rect class="p-text strong" x="20" y="52" width="90" height="6" rx="3"></rect><rect class="p-text" x="20" y="70" width="128" height="5" rx="2.5"></rect>
  <rect class="p-text" x="20" y="82" width="112" height="5" rx="2.5"></rect><rect class="p-text" x="20" y="94" width="120" height="5" rx="2.5"></rect>
  <path class="p-accent wide" d="M176 82h34"></path><path class="p-accent wide" d="M204 76l7 6-7 6M182 76l-7 6 7 6"></path>
  <rect class="p-bubble" x="218" y="46" width="101" height="72" rx="9"></rect><path class="p-line" d="M218 64h101"></path>
  <circle class="p-dot" cx="230" cy="55" r="3"></circle>
  <path class="p-accent" d="M250 80h38v22h-38zM256 88h9v6h-9zM271 87h11M271 94h8"></path>`}</svg>`;
