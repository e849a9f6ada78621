import { ActionIcon, Button, Select } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { number } from '../../i18n/format';
import { useRights } from '../../state/permissions';
import { settingsQuery } from '../api';
import type { FieldDefinition } from '../types';
import { ConditionFields } from './ConditionFields';
import {
  emptyCondition,
  fieldCondition,
  type Group,
  KINDS,
  type Kind,
  newRule,
  type Rule,
  replaced,
} from './rules';
import css from './segment.module.css';

type Props = {
  rule: Rule;
  /** How many people a rule matches by itself, as far as known. */
  countOf: (id: string) => number | null;
  onChange: (rule: Rule | null) => void;
};

type ConditionRule = Extract<Rule, { kind: 'condition' }>;

export function RuleCard({ rule, countOf, onChange }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(settingsQuery);
  const count = countOf(rule.id);
  const own = nameOf(rule, data?.fields ?? [], t);
  return (
    <div className={rule.kind === 'group' ? css.group : css.rule}>
      <div className={css.ruleHead}>
        {rule.kind === 'condition' && (
          <KindField rule={rule} fields={data?.fields ?? []} onChange={onChange} />
        )}
        {hasSense(rule) && (
          <Select
            className={css.not}
            aria-label={t('segment.sense', { what: own })}
            allowDeselect={false}
            rightSectionWidth={CHEVRON_PX}
            value={rule.not ? 'not' : 'is'}
            data={senses(rule, t)}
            onChange={(value) => onChange({ ...rule, not: value === 'not' })}
          />
        )}
        <span className={css.count}>
          {count !== null && (rule.not ? `\u2066−${number(count)}\u2069` : number(count))}
        </span>
        <ActionIcon size={24} aria-label={t('segment.remove', { what: own })} onClick={() => onChange(null)}>
          <IconX size={14} />
        </ActionIcon>
      </div>
      {rule.kind === 'condition' ? (
        <ConditionFields
          condition={rule.condition}
          not={rule.not}
          onChange={(condition, not) => onChange({ ...rule, condition, not })}
        />
      ) : (
        <Rules group={rule} countOf={countOf} onChange={onChange} />
      )}
    </div>
  );
}

function nameOf(rule: Rule, fields: FieldDefinition[], t: Words): string {
  if (rule.kind === 'group') return t('segment.group');
  const { condition } = rule;
  if (condition.on !== 'field') return t(`segment.on.${condition.on}`);
  return fields.find(({ key }) => key === condition.key)?.name ?? condition.key;
}

/** A time and a custom field say it in the words of their comparison. */
const hasSense = (rule: Rule) =>
  rule.kind === 'group' || !('when' in rule.condition || rule.condition.on === 'field');

/** “is any of” and its opposite, in the words that go with what it is about. */
function senses(rule: Rule, t: Words) {
  const words =
    rule.kind === 'group'
      ? [t(`segment.match.${rule.match}`), t(rule.match === 'any' ? 'segment.noneOf' : 'segment.notAllOf')]
      : 'any_of' in rule.condition
        ? [t('segment.anyOf'), t('segment.noneOf')]
        : rule.condition.on === 'name'
          ? [t('segment.contains'), t('segment.containsNot')]
          : [t('segment.is'), t('segment.isNot')];
  return ['is', 'not'].map((value, at) => ({ value, label: words[at] ?? '' }));
}

const FIELD = 'field:';
/** Narrow, so that the words have room. */
const CHEVRON_PX = 24;

type KindProps = { rule: ConditionRule; fields: FieldDefinition[]; onChange: Props['onChange'] };

function KindField({ rule, fields, onChange }: KindProps) {
  const { t } = useTranslation();
  const { importContacts } = useRights();
  const { condition } = rule;
  const value = condition.on === 'field' ? FIELD + condition.key : condition.on;
  // Whoever does not see the files may keep the condition, and not make one.
  const kinds = KINDS.filter((kind) => kind !== 'import' || importContacts || value === 'import');
  const unknown = condition.on === 'field' && !fields.some(({ key }) => key === condition.key);
  const own = [
    ...fields.map(({ key, name }) => ({ value: FIELD + key, label: name })),
    ...(unknown ? [{ value, label: condition.key }] : []),
  ];
  const choose = (next: string | null) => {
    const definition = fields.find(({ key }) => FIELD + key === next);
    if (definition) onChange({ ...rule, condition: fieldCondition(definition) });
    else if (next && !next.startsWith(FIELD)) onChange({ ...rule, condition: emptyCondition(next as Kind) });
  };
  return (
    <Select
      className={css.kind}
      aria-label={t('segment.kind')}
      allowDeselect={false}
      maxDropdownHeight={400}
      rightSectionWidth={CHEVRON_PX}
      value={value}
      data={[
        ...kinds.map((kind) => ({ value: kind, label: t(`segment.on.${kind}`) })),
        ...(own.length > 0 ? [{ group: t('segment.fields'), items: own }] : []),
      ]}
      onChange={choose}
    />
  );
}

type RulesProps = { group: Group; countOf: Props['countOf']; onChange: (group: Group) => void };

/** The parts of a group, with the words between them that join them. */
export function Rules({ group, countOf, onChange }: RulesProps) {
  const { t } = useTranslation();
  const add = (rule: Rule) => onChange({ ...group, rules: [...group.rules, rule] });
  return (
    <>
      {group.rules.map((rule, at) => (
        <div key={rule.id} className={css.part}>
          {at > 0 && <span className={css.joint}>{t(`segment.joint.${group.match}.${turnOf(rule)}`)}</span>}
          <RuleCard
            rule={rule}
            countOf={countOf}
            onChange={(next) => onChange({ ...group, rules: replaced(group.rules, rule.id, next) })}
          />
        </div>
      ))}
      <Button
        variant="light"
        className={css.add}
        leftSection={<IconPlus size={14} />}
        onClick={() => add(newRule())}
      >
        {t('segment.addCondition')}
      </Button>
    </>
  );
}

function turnOf(rule: Rule): 'plain' | 'not' | 'any' | 'all' {
  if (rule.not) return 'not';
  return rule.kind === 'group' ? rule.match : 'plain';
}
