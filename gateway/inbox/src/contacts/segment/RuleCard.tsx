import { ActionIcon, Button, Select } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { ConditionFields } from './ConditionFields';
import { emptyCondition, type Group, KINDS, type Kind, newRule, type Rule, replaced } from './rules';
import css from './segment.module.css';

type Props = {
  rule: Rule;
  /** How many people a rule matches by itself, as far as known. */
  countOf: (id: string) => number | null;
  onChange: (rule: Rule | null) => void;
};

export function RuleCard({ rule, countOf, onChange }: Props) {
  const { t } = useTranslation();
  const count = countOf(rule.id);
  const own = rule.kind === 'group' ? t('segment.group') : t(`segment.on.${rule.condition.on}`);
  return (
    <div className={rule.kind === 'group' ? css.group : css.rule}>
      <div className={css.ruleHead}>
        {rule.kind === 'condition' && <KindField rule={rule} onChange={onChange} />}
        <Select
          className={css.not}
          aria-label={t('segment.sense', { what: own })}
          allowDeselect={false}
          value={rule.not ? 'not' : 'is'}
          data={[
            { value: 'is', label: t(rule.kind === 'group' ? `segment.match.${rule.match}` : 'segment.is') },
            { value: 'not', label: t(rule.kind === 'group' ? 'segment.noneOf' : 'segment.isNot') },
          ]}
          onChange={(value) => onChange({ ...rule, not: value === 'not' })}
        />
        <span className={css.count}>
          {count !== null && (rule.not ? `\u2066−${number(count)}\u2069` : number(count))}
        </span>
        <ActionIcon aria-label={t('segment.remove', { what: own })} onClick={() => onChange(null)}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      {rule.kind === 'condition' ? (
        <ConditionFields
          condition={rule.condition}
          onChange={(condition) => onChange({ ...rule, condition })}
        />
      ) : (
        <Rules group={rule} countOf={countOf} onChange={onChange} />
      )}
    </div>
  );
}

type KindProps = {
  rule: Extract<Rule, { kind: 'condition' }>;
  onChange: Props['onChange'];
};

function KindField({ rule, onChange }: KindProps) {
  const { t } = useTranslation();
  const { on } = rule.condition;
  // What this page cannot change is shown by its name, and may be taken away.
  const kept = on === 'field' || on === 'import';
  return (
    <Select
      className={css.kind}
      aria-label={t('segment.kind')}
      allowDeselect={false}
      disabled={kept}
      value={on}
      data={[...KINDS, ...(kept ? [on] : [])].map((value) => ({ value, label: t(`segment.on.${value}`) }))}
      onChange={(value) => onChange({ ...rule, condition: emptyCondition(value as Kind) })}
    />
  );
}

type RulesProps = { group: Group; countOf: Props['countOf']; onChange: (group: Group) => void };

/** The parts of a group, with the word between them that joins them. */
export function Rules({ group, countOf, onChange }: RulesProps) {
  const { t } = useTranslation();
  return (
    <>
      {group.rules.map((rule, at) => (
        <div key={rule.id} className={css.part}>
          {at > 0 && (
            <span className={css.joint}>{t(group.match === 'all' ? 'segment.and' : 'segment.or')}</span>
          )}
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
        onClick={() => onChange({ ...group, rules: [...group.rules, newRule()] })}
      >
        {t('segment.addCondition')}
      </Button>
    </>
  );
}
