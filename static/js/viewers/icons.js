// Icons drawn for Pli on a 24-unit grid, 1.75 strokes, always beside or instead of words with an accessible name.
import { html, svg } from './lit.js';

/** @type {Readonly<Record<string, string>>} */
const PATHS = Object.freeze({
  inbox: 'M4 13h4l1.5 3h5L16 13h4M4 13l2.5-8h11L20 13v6H4z',
  sent: 'M4 12 20 4l-4 16-4.5-6.5zM20 4l-8.5 9.5',
  drafts: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  trash: 'M4 7h16M9 7V4.500h6V7M6 7l1 13h10l1-13M10 11v5M14 11v5',
  junk: 'M12 4l8.5 15h-17zM12 10v4M12 16.500v.1',
  folder: 'M4 6h6l2 2h8v11H4z',
  compose: 'M12 6H5v13h14v-7M10 14l.5-3L18 3.500l2.5 2.500L13 13.500z',
  reply: 'M9 7 4 12l5 5M4 12h10c3.5 0 6 2 6 6',
  replyAll: 'M11 7l-5 5 5 5M7 7l-5 5 5 5M6 12h9c3.5 0 6 2 6 6',
  forward: 'M15 7l5 5-5 5M20 12H10c-3.5 0-6 2-6 6',
  forwardWhole: 'M16 3.500l4 4-4 4M20 7.500h-8c-2.500 0-4 1.500-4 4M3 9.500v10h15v-6.500M3 12.500l7.500 4.500 5-3',
  attachment: 'M19 11.5 12 18.500a4.2 4.2 0 0 1-6-6l7.5-7.500a2.8 2.8 0 0 1 4 4L10 16.500a1.4 1.4 0 0 1-2-2l6.5-6.5',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.500v2',
  shield: 'M12 3.500l7 2.500v5.500c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6z',
  shieldCheck: 'M12 3.500l7 2.500v5.500c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM8.8 12l2.3 2.3 4.2-4.5',
  shieldQuestion: 'M12 3.500l7 2.500v5.500c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM10 10a2 2 0 1 1 2.8 1.900c-.6.3-.8.7-.8 1.300M12 15.800v.1',
  shieldAlert: 'M12 3.500l7 2.500v5.500c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM12 8.500v4M12 15.500v.1',
  card: 'M3.5 6h17v12h-17zM6.5 10h3.500v3H6.500zM13 10.500h4.500M13 13.500h3',
  key: 'M14.5 4a5.5 5.5 0 1 1-4.3 9L4 19.200V20h3v-2h2v-2h2l1.3-1.300M16 8v.1',
  fingerprint: 'M6 10a6 6 0 0 1 12 0v2M8.5 18c.5-2 .5-4 .5-7.500a3 3 0 0 1 6 0c0 3.5 0 6-1 9M12 10.500c0 4 0 6.5-.8 9M5.5 15c.4-1 .5-2 .5-3M17.5 18c.3-1 .4-1.8.5-3',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 20 20',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  next: 'M9.5 5.5 16 12l-6.5 6.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  more: 'M6 12v.1M12 12v.1M18 12v.1',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4',
  moon: 'M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10z',
  auto: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 4v16M12 8h5.500M12 12h8M12 16h5.5',
  help: 'M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM9.8 9.800A2.3 2.3 0 1 1 13 12c-.7.3-1 .8-1 1.600M12 16.500v.1',
  download: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.500M5 19.500h14',
  print: 'M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z',
  eye: 'M2.5 12C5 7.5 8.3 5.5 12 5.500s7 2 9.5 6.500c-2.5 4.5-5.8 6.5-9.5 6.500s-7-2-9.5-6.500zM12 9.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  server: 'M4.5 4.500h15v6h-15zM4.5 13.500h15v6h-15zM8 7.500v.1M8 16.500v.1',
  file: 'M6 3.500h8l4 4v13H6zM14 3.500v4h4',
  image: 'M4 5h16v14H4zM4 16l4.5-4.500L13 16l2.5-2.500L20 17M15 9.500v.1',
  warning: 'M12 4l9 15.500H3zM12 10v4.500M12 17v.1',
  offline: 'M4 4l16 16M8.5 16a5 5 0 0 1 5-1.200M5 12.500a10 10 0 0 1 4-2.300M2.5 9A14 14 0 0 1 7 6.200M12 6c3.5 0 6.8 1.2 9.5 3.500M16 11.500c1 .4 2 1 3 1.800M12 19v.1',
  star: 'M12 4l2.5 5.3 5.5.7-4 4 1 5.800L12 17l-5 2.8 1-5.8-4-4 5.5-.7z',
  unread: 'M4 6h16v12H4zM4 7l8 6 8-6',
  logout: 'M14 4.500h5.500v15H14M10 8l-4 4 4 4M6 12h9',
  check: 'M5 12.500l4.5 4.500L19 7.5',
  person: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.5 20c.8-4 3.7-6 7.5-6s6.7 2 7.5 6',
  people: 'M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 19.500c.6-3.4 3.1-5 6.5-5s5.9 1.600 6.5 5M15.5 5.300a3.4 3.4 0 0 1 0 6.400M17.5 14.800c2.2.6 3.6 2.200 4 4.700',
  info: 'M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 11v5M12 8v.1',
  globe: 'M3 5.500h18v13H3zM3 9.500h18M6 7.500v.1M8.500 7.500v.1',
  bridge: 'M6 5h12v14H6zM9 12h6M12 9v6M3 9h3M3 15h3M18 9h3M18 15h3',
  reader: 'M4 13h16v6H4zM7 13V5h10v8M10 8h4M16.500 16v.1',
  copy: 'M8.500 8.500h11v11h-11zM15.500 8.500v-4h-11v11h4',
  keyboard: 'M3 7h18v11H3zM6.5 10.500v.1M10 10.500v.1M14 10.500v.1M17.5 10.500v.1M8 14.500h8',
});

/** An ornament: hidden from assistive technology; the control around it carries the name. @param {string} name */
export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"
  >${svg`<path d=${PATHS[name] ?? PATHS['file'] ?? ''}></path>`}</svg>`;

/** The mark of Pli: a folded sheet. */
export const mark = () => html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false"
  >${svg`<path class="mark-back" d="M4 9.5 16 3l12 6.500V26a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"></path>
  <path class="mark-fold" d="M4 9.5 16 18l12-8.500V26a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"></path>`}</svg>`;
