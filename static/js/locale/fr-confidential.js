// French of confidential messages and of old mail under a new key.

/** @type {import('../i18n.js').Catalogue} */
export default {
  'Put old mail under the newest key': 'Mettre l’ancien courrier sous la dernière clé',
  'Mail stays under the key it came with. If you fear that an older key was copied, seal everything here again under the newest one, message by message. Stop whenever you like: it goes on from there.': 'Le courrier reste sous la clé avec laquelle il est arrivé. Si vous craignez qu’une clé plus ancienne ait été copiée, scellez tout à nouveau sous la dernière, message par message. Arrêtez quand vous voulez : cela reprend là où vous étiez.',
  'A copy of the server made afterwards then opens nothing with the old key. Copies made before, and what was read, cannot be taken back.': 'Une copie du serveur faite ensuite n’ouvre alors rien avec l’ancienne clé. Les copies faites avant, et ce qui a été lu, ne peuvent pas être repris.',
  'Confidential messages stay as they are: their key was never given to anybody else. Mail from before a member’s access begins stays too, or he could read it.': 'Les messages confidentiels restent tels quels : leur clé n’a jamais été donnée à d’autres. Le courrier antérieur au début de l’accès d’un membre reste aussi, sans quoi il pourrait le lire.',
  'Seal old mail again': 'Sceller à nouveau l’ancien courrier',
  'Go on': 'Continuer',
  'Stop': 'Arrêter',
  'All that may be is under the newest key.': 'Tout ce qui peut l’être est sous la dernière clé.',
  '{n} messages stay as they were.': ['{n} message reste tel quel.', '{n} messages restent tels quels.'],
  'Keep this message confidential?': 'Garder ce message confidentiel ?',
  'No longer confidential?': 'Ne plus le garder confidentiel ?',
  'Make it confidential': 'Le rendre confidentiel',
  'Show it to everybody who reads here': 'Le montrer à tous ceux qui lisent ici',
  'Reading who may read this mailbox…': 'Lecture de la liste des personnes autorisées…',
  'These people will no longer see this message: {people}. Nor will anybody who is given access later.': 'Ces personnes ne verront plus ce message : {people}. Ni celles qui recevront un accès plus tard.',
  'Nobody but its owner reads this mailbox now. Whoever is given access later will not see this message either.': 'Personne d’autre que son titulaire ne lit cette boîte aujourd’hui. Qui recevra un accès plus tard ne verra pas non plus ce message.',
  'These people will see this message again: {people}.': 'Ces personnes verront à nouveau ce message : {people}.',
  'Whoever is given access to this mailbox will see this message.': 'Qui recevra un accès à cette boîte verra ce message.',
  'It is sealed again under a second key of this mailbox, which only owners hold. It leaves the lists of everybody else, and the server no longer hands it to them.': 'Il est scellé à nouveau avec une seconde clé de cette boîte, que seuls les titulaires détiennent. Il quitte les listes de tous les autres, et le serveur ne le leur remet plus.',
  'What it cannot do': 'Ce que cela ne peut pas faire',
  'Whoever opened it before keeps what was seen. Copies of the server made before today, answers that quote it, and what its sender keeps are not touched.': 'Qui l’a déjà ouvert garde ce qu’il a vu. Les copies du serveur antérieures à ce jour, les réponses qui le citent et ce que garde son expéditeur ne changent pas.',
};
