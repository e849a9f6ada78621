import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';

export const LANGUAGES = [
  { code: 'en', name: 'English', direction: 'ltr' },
  { code: 'ar', name: 'العربية', direction: 'rtl' },
  { code: 'pt-BR', name: 'Português (BR)', direction: 'ltr' },
] as const;

export type LanguageCode = (typeof LANGUAGES)[number]['code'];

const KEY = 'jetto.language';

const loaders: Record<Exclude<LanguageCode, 'en'>, () => Promise<{ default: object }>> = {
  ar: () => import('./ar.json'),
  'pt-BR': () => import('./pt-BR.json'),
};

function known(code: string | null): LanguageCode {
  return LANGUAGES.find((language) => language.code === code)?.code ?? 'en';
}

export const directionOf = (code: string) =>
  LANGUAGES.find((language) => language.code === code)?.direction ?? 'ltr';

/** The words of accounts, settings and numbers: most of the text, and most people open none of these pages. */
const administration: Record<LanguageCode, () => Promise<{ default: object }>> = {
  en: () => import('./administration/en.json'),
  ar: () => import('./administration/ar.json'),
  'pt-BR': () => import('./administration/pt-BR.json'),
};
let administrationWanted = false;
const administrationLoaded = new Set<LanguageCode>();

async function loadAdministration(code: LanguageCode) {
  if (administrationLoaded.has(code)) return;
  const { default: words } = await administration[code]();
  i18next.addResourceBundle(code, 'translation', words, true);
  administrationLoaded.add(code);
}

/** A lazy page together with its words. */
export const withWords =
  <T>(page: () => Promise<T>) =>
  async (): Promise<T> => {
    administrationWanted = true;
    const [loaded] = await Promise.all([
      page(),
      loadAdministration(known(i18next.language)),
      loadAdministration('en'),
    ]);
    return loaded;
  };

async function load(code: LanguageCode) {
  if (administrationWanted) await loadAdministration(code);
  if (code === 'en' || i18next.hasResourceBundle(code, 'translation')) return;
  const { default: words } = await loaders[code]();
  i18next.addResourceBundle(code, 'translation', words);
}

function mark(code: LanguageCode) {
  document.documentElement.lang = code;
  document.documentElement.dir = directionOf(code);
}

export async function startLanguage() {
  const code = known(localStorage.getItem(KEY));
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  });
  await switchLanguage(code);
}

export async function switchLanguage(code: LanguageCode) {
  await load(code);
  await i18next.changeLanguage(code);
  mark(code);
  localStorage.setItem(KEY, code);
}

export { i18next };

/** What a pure function needs of the translator. */
export type Words = (key: string, values?: Record<string, string | number>) => string;
