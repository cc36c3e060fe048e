// Runs before the first paint: a chosen theme must not flash the other one. A classic script on purpose.
(() => {
  const chosen = localStorage.getItem('pli-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
})();
