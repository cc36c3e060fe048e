// The French of confidential messages and of old mail under a new key, brought once by whichever comes first.
import { addFrench } from '../i18n.js';

/** @type {Promise<void>|undefined} */
let added;

export const confidentialFrench = () => (added ??= addFrench(() => import('../locale/fr-confidential.js')));
