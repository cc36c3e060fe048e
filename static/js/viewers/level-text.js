// How somebody proved who he is, in words.
import { t } from '../i18n.js';

/** @param {string} level of identity @returns {string} */
export function levelText(level) {
  switch (level) {
    case 'card': return t('Health card');
    case 'software': return t('Software certificate');
    default: return t('Passkey');
  }
}
