import type { Condition, FieldDefinition, Node, When } from '../types';
import { firstTest, isWhole } from './fieldTests';

export type Match = 'all' | 'any';
/** A tree as it is edited: “not” belongs to what it turns around. */
export type Rule = { id: string; not: boolean } & (
  | { kind: 'condition'; condition: Condition }
  | { kind: 'group'; match: Match; rules: Rule[] }
);
export type Group = Extract<Rule, { kind: 'group' }>;

export const KINDS = [
  'country',
  'last_message',
  'marketing',
  'tag',
  'language',
  'name',
  'identity',
  'created',
  'undeliverable',
  'import',
] as const;
export type Kind = (typeof KINDS)[number];

let made = 0;
const newId = () => {
  made += 1;
  return `rule-${made}`;
};

const DAYS = 90;

/** A condition on a custom field, before it says what about it. */
export const fieldCondition = ({ key, kind }: FieldDefinition): Condition => ({
  on: 'field',
  key,
  test: firstTest(kind),
});

export function emptyCondition(on: Kind): Condition {
  switch (on) {
    case 'last_message':
    case 'created':
      return { on, when: { within_days: DAYS } };
    case 'name':
      return { on, contains: '' };
    case 'undeliverable':
      return { on, is: true };
    default:
      return { on, any_of: [] };
  }
}

export const newRule = (on: Kind = 'country'): Rule => ({
  id: newId(),
  not: false,
  kind: 'condition',
  condition: emptyCondition(on),
});
export const newGroup = (match: Match = 'any', rules: Rule[] = [newRule()]): Group => ({
  id: newId(),
  not: false,
  kind: 'group',
  match,
  rules,
});

export function daysOf(when: When): number | null {
  if (when === 'never') return null;
  return 'within_days' in when ? when.within_days : when.before_days;
}

/** A condition that lacks its value says nothing yet, and is asked for by nobody. */
export function isComplete(condition: Condition): boolean {
  if ('any_of' in condition) return condition.any_of.length > 0;
  if ('when' in condition) return (daysOf(condition.when) ?? 1) >= 1;
  if (condition.on === 'field') return isWhole(condition.test);
  return condition.on === 'name' ? condition.contains.trim() !== '' : true;
}

/** What counts of it; `null` where nothing is complete. */
function said(rule: Rule): Rule | null {
  if (rule.kind === 'condition') return isComplete(rule.condition) ? rule : null;
  const rules = rule.rules.flatMap((one) => said(one) ?? []);
  return rules.length > 0 ? { ...rule, rules } : null;
}

function node(rule: Rule): Node {
  const own: Node =
    rule.kind === 'condition'
      ? { is: rule.condition }
      : rule.match === 'all'
        ? { all: rule.rules.map(node) }
        : { any: rule.rules.map(node) };
  return rule.not ? { not: own } : own;
}

/** The tree for the server, and at which of its counts each rule finds its own. */
export function toTree(root: Group): { tree: Node; places: Map<string, number> } {
  const rules = root.rules.flatMap((one) => said(one) ?? []);
  const whole: Group = { ...root, not: false, rules };
  const places = new Map<string, number>();
  let at = 0;
  const place = (rule: Rule) => {
    if (rule.not) at += 1;
    places.set(rule.id, at);
    at += 1;
    if (rule.kind === 'group') rule.rules.forEach(place);
  };
  place(whole);
  return { tree: node(whole), places };
}

function rule(tree: Node, not = false): Rule {
  if ('not' in tree) return rule(tree.not, !not);
  if ('is' in tree) return { id: newId(), not, kind: 'condition', condition: tree.is };
  const [match, nodes]: [Match, Node[]] = 'all' in tree ? ['all', tree.all] : ['any', tree.any];
  return { id: newId(), not, kind: 'group', match, rules: nodes.map((one) => rule(one)) };
}

export function fromTree(tree: Node): Group {
  const read = rule(tree);
  // The outermost is always a group that is not turned around: anything else becomes its only part.
  return read.kind === 'group' && !read.not ? read : newGroup('all', [read]);
}

export const replaced = (rules: Rule[], id: string, next: Rule | null): Rule[] =>
  rules.flatMap((one) => (one.id === id ? (next ?? []) : one));

/** The server may write the same condition in another order of its parts. */
export const sameTree = (a: Node, b: Node) => JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));

function ordered(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(ordered);
  if (typeof part !== 'object' || part === null) return part;
  return Object.entries(part)
    .map(([key, value]): [string, unknown] => [key, ordered(value)])
    .sort(([one], [other]) => one.localeCompare(other));
}
