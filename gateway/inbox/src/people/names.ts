import type { Contact } from '../api/types';
import { readablePhone } from './phone';

/** What people call the contact: never the phone number where a name or a username is known. */
export function contactName(contact: Contact, unnamed: string): string {
  if (contact.name) return contact.name;
  if (contact.username) return `@${contact.username}`;
  if (contact.phone) return readablePhone(contact.phone);
  return contact.bsuid ?? unnamed;
}

export const firstName = (name: string) => name.split(' ')[0] ?? name;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const JOINED_SCRIPT = /\p{Script=Arabic}/u;

function firstLetter(word: string): string {
  for (const { segment } of segmenter.segment(word)) if (/\p{L}/u.test(segment)) return segment;
  return '';
}

export function initials(name: string): string {
  const words = name
    .replace(/^@/, '')
    .split(/[\s._-]+/u)
    .filter((word) => /\p{L}/u.test(word));
  const first = words[0];
  const last = words.at(-1);
  if (!first || !last) return '#';
  // Two Arabic letters side by side would join into something nobody would read as initials.
  if (words.length === 1 || JOINED_SCRIPT.test(first)) return firstLetter(first).toUpperCase();
  return (firstLetter(first) + firstLetter(last)).toUpperCase();
}

export const TONES = ['ac', 'vio', 'amb', 'grn', 'blu'] as const;
export type Tone = (typeof TONES)[number];

/** The same person has the same colour on every device. Red is kept for what is wrong. */
export function toneOf(id: string): Tone {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  // Without a last mixing, ids that differ only at their end would get neighbouring colours.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return TONES[((hash ^ (hash >>> 16)) >>> 0) % TONES.length] ?? 'ac';
}
