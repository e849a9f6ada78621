import type { Template, TemplateVariable } from '../../api/types';

export type Values = Record<string, string>;

/** A variable is known by where it stands: body {{1}} and button {{1}} are two. */
export const variableKey = (
  variable: Pick<TemplateVariable, 'name' | 'place' | 'index'> & { card?: number | null },
) => [variable.card ?? '', variable.place, variable.index ?? '', variable.name].join('/');

/** A file is given by its address. */
const FILES: readonly string[] = ['image', 'video', 'document'];
/** What a line of text can say; places, products and countdowns come from programs. */
const LINES: readonly string[] = ['text', 'url_suffix', 'coupon_code'];

export const isFile = (variable: TemplateVariable) => FILES.includes(variable.kind);
export const isLine = (variable: TemplateVariable) => LINES.includes(variable.kind);
export const isAddress = (text: string) => /^https?:\/\/\S+$/.test(text);

/** Those without which it cannot be sent. */
export const asked = (template: Template) => template.variables.filter((variable) => variable.required);

export const isOffered = (template: Template) =>
  template.sendable && asked(template).every((variable) => isLine(variable) || isFile(variable));

const isWritten = (variable: TemplateVariable, values: Values) => {
  const value = values[variableKey(variable)]?.trim() ?? '';
  return isFile(variable) ? isAddress(value) : value !== '';
};

export const emptyVariables = (template: Template, values: Values) =>
  asked(template).filter((variable) => !isWritten(variable, values));

export const valuesOf = (template: Template, values: Values) =>
  asked(template).map((variable) => {
    const value = values[variableKey(variable)]?.trim() ?? '';
    return {
      name: variable.name,
      place: variable.place,
      ...(variable.index === null ? {} : { index: variable.index }),
      ...(variable.card === null ? {} : { card: variable.card }),
      value: isFile(variable) ? { link: value } : value,
    };
  });

export type Piece = { text: string; variable: boolean };

const HOLE = /\{\{\s*([^{}]+?)\s*\}\}/u;

/** The text cut at its variables; an empty one keeps its `{{name}}`. */
export function fill(
  text: string,
  place: TemplateVariable['place'],
  index: number | null,
  values: Values,
): Piece[] {
  return text.split(HOLE).map((part, at) => {
    if (at % 2 === 0) return { text: part, variable: false };
    const value = values[variableKey({ name: part, place, index })]?.trim();
    return { text: value || `{{${part}}}`, variable: true };
  });
}

export const plain = (pieces: Piece[]) => pieces.map((piece) => piece.text).join('');

const LANGUAGE_OF_COUNTRY: Record<string, string> = {
  BR: 'pt',
  PT: 'pt',
  EG: 'ar',
  SA: 'ar',
  AE: 'ar',
  MX: 'es',
  ES: 'es',
  CO: 'es',
  FR: 'fr',
  DE: 'de',
};

/** Sendable ones only; the likely language of the contact first, then by name. */
export function offered(
  templates: Template[],
  country: string | null | undefined,
  search: string,
): Template[] {
  const likely = (country && LANGUAGE_OF_COUNTRY[country]) || 'en';
  const words = search.trim().toLowerCase();
  const rank = (template: Template) => (template.language.startsWith(likely) ? 0 : 1);
  return templates
    .filter(isOffered)
    .filter((template) => !words || `${template.name} ${template.body}`.toLowerCase().includes(words))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
