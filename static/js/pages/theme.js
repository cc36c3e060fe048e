// Light, dark, or as the system says. The choice is kept on this device: it is no secret.

/** @typedef {'auto'|'light'|'dark'} Theme */
const STORAGE_NAME = 'pli-theme';
/** @type {readonly Theme[]} */
const ORDER = Object.freeze(['auto', 'light', 'dark']);

/** @returns {Theme} */
export function currentTheme() {
  const kept = localStorage.getItem(STORAGE_NAME);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

/** @param {Theme} theme @returns {Theme} the one after it, round and round */
export const nextTheme = (theme) => /** @type {Theme} */ (ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]);

/** @param {Theme} theme */
export function keepTheme(theme) {
  if (theme === 'auto') localStorage.removeItem(STORAGE_NAME);
  else localStorage.setItem(STORAGE_NAME, theme);
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
