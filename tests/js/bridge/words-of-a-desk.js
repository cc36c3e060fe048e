// Reads what a bridge said of its desk, `{"status": …, "list": …}`, and prints what the check and the login page say of it.
import { readFileSync } from 'node:fs';
import '../viewers/no-dom.js';
import { diagnose, nothingKnown } from '../../../static/js/bridge/diagnosis.js';
import { useLanguage } from '../../../static/js/i18n.js';
import { findingText } from '../../../static/js/viewers/bridge-check-texts.js';
import { errorText } from '../../../static/js/viewers/error-texts.js';

const { status, list } = JSON.parse(readFileSync(0, 'utf8'));
await useLanguage(process.argv[2] ?? 'en');
const cardFailure = list.why ? { code: list.why.name, data: list.why } : null;
const finding = diagnose({ ...nothingKnown(), permission: 'granted', connection: 'ready', status, cards: list.cards, cardFailure });
const { title, lead, steps = [] } = findingText(finding, { origin: 'https://mail.pli.example', browser: 'chrome' });
const check = { title, lead, steps: steps.map(words) };
console.log(JSON.stringify({ check, login: cardFailure && errorText({ code: cardFailure.code, data: cardFailure.data }) }));

/** @param {any} step text, or a template of lit with text in it @returns {string} */
function words(step) {
  return typeof step === 'string' ? step : step.values.map(words).join(' ');
}
