// Runs before the first paint, as a file because the server's CSP refuses inline scripts:
// a dark, right-to-left reader must not see a white, left-to-right flash.
(() => {
  const root = document.documentElement;
  const chosen = localStorage.getItem('jetto.theme') ?? 'auto';
  const systemDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const dark = chosen === 'dark' || (chosen === 'auto' && systemDark);
  root.dataset.mantineColorScheme = dark ? 'dark' : 'light';
  root.style.colorScheme = dark ? 'dark' : 'light';
  const language = localStorage.getItem('jetto.language');
  if (language) {
    root.lang = language;
    root.dir = language === 'ar' ? 'rtl' : 'ltr';
  }
})();
