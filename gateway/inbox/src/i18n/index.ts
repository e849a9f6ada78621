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

type Loaders = Record<LanguageCode, () => Promise<{ default: object }>>;

/** The words of whole pages: most of the text, and most people open none of these pages. */
const parts = {
  administration: {
    en: () => import('./administration/en.json'),
    ar: () => import('./administration/ar.json'),
    'pt-BR': () => import('./administration/pt-BR.json'),
  },
  contacts: {
    en: () => import('./contacts/en.json'),
    ar: () => import('./contacts/ar.json'),
    'pt-BR': () => import('./contacts/pt-BR.json'),
  },
  templates: {
    en: () => import('./templates/en.json'),
    ar: () => import('./templates/ar.json'),
    'pt-BR': () => import('./templates/pt-BR.json'),
  },
  broadcasts: {
    en: () => import('./broadcasts/en.json'),
    ar: () => import('./broadcasts/ar.json'),
    'pt-BR': () => import('./broadcasts/pt-BR.json'),
  },
} satisfies Record<string, Loaders>;

type Part = keyof typeof parts;
const wanted = new Set<Part>();
const loaded = new Set<string>();

async function loadPart(part: Part, code: LanguageCode) {
  const key = `${part}/${code}`;
  if (loaded.has(key)) return;
  const { default: words } = await parts[part][code]();
  i18next.addResourceBundle(code, 'translation', words, true);
  loaded.add(key);
}

/** A lazy page together with its words: those of the settings, which lend their parts to every page, and its own. */
export const withWords =
  <T>(page: () => Promise<T>, ...own: Part[]) =>
  async (): Promise<T> => {
    const needed: Part[] = ['administration', ...own];
    for (const part of needed) wanted.add(part);
    const languages = new Set<LanguageCode>([known(i18next.language), 'en']);
    const [shown] = await Promise.all([
      page(),
      ...needed.flatMap((part) => [...languages].map((code) => loadPart(part, code))),
    ]);
    return shown;
  };

async function load(code: LanguageCode) {
  await Promise.all([...wanted].map((part) => loadPart(part, code)));
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
