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

async function load(code: LanguageCode) {
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
