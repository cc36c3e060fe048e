// The French of all that is about access, brought once by whichever of its screens comes first.
import { addFrench } from '../i18n.js';

/** @type {Promise<void>|undefined} */
let added;

export const accessFrench = () => (added ??= addFrench(() => import('../locale/fr-access.js')));
