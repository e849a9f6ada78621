import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import arAdministration from './administration/ar.json';
import enAdministration from './administration/en.json';
import ptAdministration from './administration/pt-BR.json';
import ar from './ar.json';
import arBroadcasts from './broadcasts/ar.json';
import enBroadcasts from './broadcasts/en.json';
import ptBroadcasts from './broadcasts/pt-BR.json';
import arContacts from './contacts/ar.json';
import enContacts from './contacts/en.json';
import ptContacts from './contacts/pt-BR.json';
import en from './en.json';
import ptBR from './pt-BR.json';
import arTemplates from './templates/ar.json';
import enTemplates from './templates/en.json';
import ptTemplates from './templates/pt-BR.json';

type Words = { [key: string]: string | Words };

function flat(words: Words, path = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    const full = path ? `${path}.${key}` : key;
    if (typeof value === 'string') all.set(full, value);
    else for (const [inner, text] of flat(value, full)) all.set(inner, text);
  }
  return all;
}

const PLURAL = /_(zero|one|two|few|many|other)$/;
const plain = (words: Map<string, string>) =>
  new Set([...words.keys()].map((key) => key.replace(PLURAL, '')));
const holes = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((match) => match[1])
    .filter((name) => name !== 'count')
    .sort();

/** The other files of a language come with the pages that need them; for the reader it is one text. */
const whole = (...files: Words[]) => new Map(files.flatMap((file) => [...flat(file)]));

const english = whole(en, enAdministration, enBroadcasts, enTemplates, enContacts);
const others = {
  ar: whole(ar, arAdministration, arBroadcasts, arTemplates, arContacts),
  'pt-BR': whole(ptBR, ptAdministration, ptBroadcasts, ptTemplates, ptContacts),
};

describe.each(Object.entries(others))('%s', (language, words) => {
  it('has every key of English and no other', () => {
    expect([...plain(words)].sort()).toEqual([...plain(english)].sort());
  });

  it('has every plural form of its language', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const plurals = new Set(
      [...words.keys()].filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, '')),
    );
    for (const key of plurals)
      for (const form of forms) expect(words.has(`${key}_${form}`), `${key}_${form}`).toBe(true);
  });

  it('keeps the values that sentences are filled with', () => {
    for (const [key, text] of words) {
      const original = english.get(key) ?? english.get(key.replace(PLURAL, '_other'));
      if (original !== undefined) expect(holes(text), key).toEqual(holes(original));
    }
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? [path] : [];
  });
}

describe('the code', () => {
  it('asks only for keys that exist', () => {
    const known = plain(english);
    for (const path of sources('src'))
      for (const match of readFileSync(path, 'utf8').matchAll(/\bt\(\s*'([\w.]+)'/g))
        expect(known.has(match[1] ?? ''), `${path}: ${match[1]}`).toBe(true);
  });

  it('uses the tone of ui.md: no exclamation marks, no "please wait", no "oops"', () => {
    for (const words of [english, ...Object.values(others)])
      for (const [key, text] of words) expect(/!|oops|please wait/i.test(text), key).toBe(false);
  });
});
