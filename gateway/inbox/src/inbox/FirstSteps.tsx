import { Button, Progress } from '@mantine/core';
import { IconCheck, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { membersQuery } from '../api/queries';
import type { Me, Member } from '../api/types';
import { joined } from '../i18n/format';
import { firstName } from '../people/names';
import { useMe, useRights } from '../state/permissions';
import css from './first.module.css';

type Step = {
  key: 'organization' | 'number' | 'people' | 'factor' | 'message';
  done: boolean;
  to?: '/numbers' | '/settings/members' | '/settings/security';
};

/** From an empty organization to its first message; what is done is read from the organization itself. */
function stepsOf(me: Me, people: Member[], mayInvite: boolean): Step[] {
  const here = people.filter((one) => one.status === 'active' && !one.service);
  return [
    { key: 'organization', done: true },
    { key: 'number', done: me.numbers.length > 0, to: '/numbers' },
    { key: 'message', done: false },
    ...(mayInvite ? [{ key: 'people', done: here.length > 1, to: '/settings/members' } as const] : []),
    { key: 'factor', done: me.account.second_factor.enabled, to: '/settings/security' },
  ];
}

export function FirstSteps() {
  const { t } = useTranslation();
  const me = useMe();
  const rights = useRights();
  const { data: people } = useQuery(membersQuery);
  const steps = stepsOf(me, people ?? [], rights.members);
  const done = steps.filter((step) => step.done).length;
  const next = steps.find((step) => !step.done);
  return (
    <section className={css.first} aria-labelledby="first-steps">
      <h2 id="first-steps">{t('empty.welcome', { name: firstName(me.member.name) })}</h2>
      <p className={css.lead}>{t('first.lead')}</p>
      <div className={css.progress}>
        <Progress
          value={(done / steps.length) * 100}
          size={6}
          className={css.bar}
          aria-label={t('first.progress')}
        />
        <span>{t('first.count', { done, count: steps.length })}</span>
      </div>
      <ol className={css.steps}>
        {steps.map((step, index) => (
          <StepRow key={step.key} step={step} n={index + 1} me={me} isNext={step === next} />
        ))}
      </ol>
    </section>
  );
}

type RowProps = { step: Step; n: number; me: Me; isNext: boolean };

function StepRow({ step, n, me, isNext }: RowProps) {
  const { t } = useTranslation();
  const { key, done, to } = step;
  const values = {
    organization: me.organization.name,
    // Isolated: in a sentence from right to left the plus would go to the other end.
    numbers: joined(me.numbers.map((number) => `\u2066${number.display}\u2069`)),
  };
  const waits = key === 'message' && me.numbers.length === 0;
  // What there is to say of a step is how to do it; a number that is there is its own answer.
  const told = !done || key === 'organization';
  const text = told
    ? t(waits ? 'first.message.waits' : `first.${key}.text`, values)
    : key === 'number' && values.numbers;
  return (
    <li data-next={isNext || undefined} aria-current={isNext ? 'step' : undefined}>
      <span className={css.mark} data-done={done || undefined}>
        {done ? <IconCheck size={13} role="img" aria-label={t('first.done')} /> : n}
      </span>
      <div>
        <strong>{t(`first.${key}.title`)}</strong>
        {text && <p>{text}</p>}
      </div>
      {to &&
        !done &&
        (isNext ? (
          <Button component={Link} to={to}>
            {t(`first.${key}.action`)}
          </Button>
        ) : (
          <Button
            component={Link}
            to={to}
            variant="subtle"
            rightSection={<IconChevronRight size={14} className={css.mirrored} aria-hidden />}
          >
            {t(`first.${key}.action`)}
          </Button>
        ))}
    </li>
  );
}
