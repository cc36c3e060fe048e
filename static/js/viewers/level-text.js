// How somebody proved who he is, in words.
import { t } from '../i18n.js';

/**
 * What a session was opened with. A card's keys are at a bridge, those of a passkey or a printed code in the page: whom the certificate of the
 * mailbox names, and how, says nothing of today.
 * @param {Pick<import('../pages/store-types.js').Session, 'bridge' | 'level' | 'person'>} session @returns {'card'|'software'|'passkey'|'recovery'}
 */
export function wayIn({ bridge, level, person }) {
  if (bridge) return person.level === 'software' ? 'software' : 'card';
  return level === 'recovery' ? 'recovery' : 'passkey';
}

/** @param {string} level of identity, or a way in @returns {string} */
export function levelText(level) {
  switch (level) {
    case 'card': return t('Health card');
    case 'software': return t('Software certificate');
    case 'recovery': return t('Recovery code');
    default: return t('Passkey');
  }
}
