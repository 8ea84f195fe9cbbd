// Runs before the first paint, so that a dark page never flashes white. Kept out of the bundle on purpose.
(function () {
  var root = document.documentElement;
  var saved;
  try {
    saved = JSON.parse(localStorage.getItem('aftercare.appearance') || '{}');
  } catch {
    saved = {};
  }
  var isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme =
    saved.theme === 'light' || saved.theme === 'dark' ? saved.theme : isDark ? 'dark' : 'light';
  root.dataset.density = saved.density === 'compact' ? 'compact' : 'comfortable';
})();
