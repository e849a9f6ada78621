import type { Template, TemplateVariable } from '../../api/types';

export type Values = Record<string, string>;

/** A variable is known by where it stands: body {{1}} and button {{1}} are two. */
export const variableKey = (variable: Pick<TemplateVariable, 'name' | 'place' | 'index'>) =>
  [variable.place, variable.index ?? '', variable.name].join('/');

export const emptyVariables = (template: Template, values: Values) =>
  template.variables.filter((variable) => !values[variableKey(variable)]?.trim());

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
    .filter((template) => template.sendable)
    .filter((template) => !words || `${template.name} ${template.body}`.toLowerCase().includes(words))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
