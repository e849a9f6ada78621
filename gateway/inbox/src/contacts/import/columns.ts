import type { Column } from '../types';

export const KINDS = ['skip', 'phone', 'name', 'language', 'tags', 'marketing'] as const;

const FIELD = 'field:';

/** A column as the value of a choice; fields that the organization has made are told apart by their key. */
export const columnValue = (column: Column) =>
  typeof column === 'string' ? column : `${FIELD}${column.field}`;

export function columnOf(value: string): Column {
  if (value.startsWith(FIELD)) return { field: value.slice(FIELD.length) };
  return KINDS.find((kind) => kind === value) ?? 'skip';
}

export type ColumnProblem = 'noPhone' | 'twice';

/** Nobody is known without a number, and no person has two names: tags alone may come from several columns. */
export function columnProblem(columns: Column[]): ColumnProblem | null {
  const used = columns.map(columnValue).filter((value) => value !== 'skip' && value !== 'tags');
  if (!used.includes('phone')) return 'noPhone';
  return new Set(used).size < used.length ? 'twice' : null;
}

/** ISO 3166 alpha-2, for the choice of a country. */
export const COUNTRIES = (
  'AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR ' +
  'CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL ' +
  'IN IQ IR IS IT JM JO JP KE KG KH KM KR KW KZ LA LB LC LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV ' +
  'MW MX MY MZ NA NE NG NI NL NO NP NZ OM PA PE PG PH PK PL PR PS PT PY QA RO RS RU RW SA SC SD SE SG SI SK SL SN SO SR ' +
  'SS ST SV SY SZ TD TG TH TJ TL TM TN TR TT TW TZ UA UG US UY UZ VC VE VN VU WS YE ZA ZM ZW'
).split(' ');
