import { Radio, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Card, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useRights } from '../../state/permissions';
import { NAME_MAX, type Problems } from '../plan';
import type { Audience, Draft } from '../types';
import { PeopleList } from './PeopleList';
import css from './wizard.module.css';

type Props = { draft: Draft; onChange: (draft: Draft) => void; problems: Problems; onNext: () => void };

export function AudienceStep({ draft, onChange, problems, onNext }: Props) {
  const { t } = useTranslation();
  const { readContacts } = useRights();
  const { audience } = draft.plan;
  // Whoever looks at the other choice and comes back finds the people still chosen.
  const [chosen, setChosen] = useState(audience.kind === 'contacts' ? audience.ids : []);
  const aim = (next: Audience) => onChange({ ...draft, plan: { ...draft.plan, audience: next } });
  // Whom another broadcast did not reach was chosen there, and stays a choice here.
  const [failed] = useState(audience.kind === 'failed' ? audience : null);
  const choice = (kind: string): Audience => {
    if (kind === 'failed' && failed) return failed;
    return kind === 'everyone' ? { kind } : { kind: 'contacts', ids: chosen };
  };
  const choose = (ids: string[]) => {
    setChosen(ids);
    aim({ kind: 'contacts', ids });
  };
  return (
    <div className={settings.scroll}>
      <form
        className={settings.column}
        onSubmit={(event) => {
          event.preventDefault();
          onNext();
        }}
      >
        <TextInput
          className={css.nameField}
          label={t('broadcasts.name')}
          description={t('broadcasts.nameText')}
          value={draft.name}
          maxLength={NAME_MAX}
          dir="auto"
          autoComplete="off"
          error={problems.name && t(`broadcasts.problem.${problems.name}`)}
          onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
        />
        <Card title={t('broadcasts.audience.title')} text={t('broadcasts.audience.text')}>
          <Radio.Group
            aria-label={t('broadcasts.audience.title')}
            value={audience.kind}
            onChange={(kind) => aim(choice(kind))}
          >
            <div className={css.choices}>
              {failed && (
                <Radio
                  value="failed"
                  label={t('broadcasts.audience.failed')}
                  description={t('broadcasts.audience.failedText')}
                />
              )}
              <Radio
                value="everyone"
                label={t('broadcasts.audience.everyone')}
                description={t('broadcasts.audience.everyoneText')}
              />
              {readContacts && (
                <Radio
                  value="contacts"
                  label={t('broadcasts.audience.chosen')}
                  description={t('broadcasts.audience.chosenText')}
                />
              )}
            </div>
          </Radio.Group>
          <Refused text={problems.audience ? t(`broadcasts.problem.${problems.audience}`) : null} />
          {audience.kind === 'contacts' && readContacts && (
            <PeopleList chosen={audience.ids} onChoose={choose} />
          )}
        </Card>
      </form>
    </div>
  );
}
