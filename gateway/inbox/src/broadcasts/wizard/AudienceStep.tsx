import { Radio, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Card, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useRights } from '../../state/permissions';
import { aimedAt, NAME_MAX, type Problems } from '../plan';
import type { Audience, Draft, Plan } from '../types';
import { PeopleList } from './PeopleList';
import { EverybodyReached, SegmentChoice } from './SegmentChoice';
import css from './wizard.module.css';

type Props = { draft: Draft; onChange: (draft: Draft) => void; problems: Problems; onNext: () => void };

export function AudienceStep({ draft, onChange, problems, onNext }: Props) {
  const { t } = useTranslation();
  const { readContacts } = useRights();
  const { audience, opted_in_only, same_language } = draft.plan;
  // Whoever looks at another choice and comes back finds what they chose.
  const [chosen, setChosen] = useState(audience.kind === 'contacts' ? audience.ids : []);
  const [segment, setSegment] = useState(audience.kind === 'segment' ? audience.id : '');
  // The people of another broadcast were chosen there, and stay a choice here.
  const [followed] = useState(audience.kind === 'failed' || audience.kind === 'reached' ? audience : null);
  const plan = (part: Partial<Plan>) => onChange({ ...draft, plan: { ...draft.plan, ...part } });
  const aim = (kind: string) =>
    plan(aimedAt(draft.plan, followed?.kind === kind ? followed : of(kind, chosen, segment)));
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
          <Radio.Group aria-label={t('broadcasts.audience.title')} value={audience.kind} onChange={aim}>
            <div className={css.choices}>
              {followed && (
                <Radio
                  value={followed.kind}
                  label={t(`broadcasts.audience.${followedName(followed)}`)}
                  description={t(`broadcasts.audience.${followed.kind}Text`)}
                />
              )}
              <Radio
                value="everyone"
                label={t('broadcasts.audience.everyone')}
                description={t('broadcasts.audience.everyoneText')}
              />
              {readContacts && (
                <Radio
                  value="segment"
                  label={t('broadcasts.audience.segment')}
                  description={t('broadcasts.audience.segmentText')}
                />
              )}
              {readContacts && (
                <Radio
                  value="contacts"
                  label={t('broadcasts.audience.chosen')}
                  description={t('broadcasts.audience.chosenText')}
                />
              )}
              <Radio
                value="triggered"
                label={t('broadcasts.audience.triggered')}
                description={t('broadcasts.audience.triggeredText')}
              />
            </div>
          </Radio.Group>
          <Refused text={problems.audience ? t(`broadcasts.problem.${problems.audience}`) : null} />
          {audience.kind === 'everyone' && readContacts && <EverybodyReached />}
          {audience.kind === 'segment' && readContacts && (
            <SegmentChoice
              id={audience.id}
              onChoose={(id) => {
                setSegment(id);
                plan({ audience: { kind: 'segment', id } });
              }}
            />
          )}
          {audience.kind === 'contacts' && readContacts && (
            <PeopleList
              chosen={audience.ids}
              onChoose={(ids) => {
                setChosen(ids);
                plan({ audience: { kind: 'contacts', ids } });
              }}
            />
          )}
        </Card>
        <Only of="consent" checked={opted_in_only} onSwitch={(on) => plan({ opted_in_only: on })} />
        <Only of="language" checked={same_language} onSwitch={(on) => plan({ same_language: on })} />
      </form>
    </div>
  );
}

/** Who else is left out, if they wish so. */
function Only(props: { of: 'consent' | 'language'; checked: boolean; onSwitch: (on: boolean) => void }) {
  const { t } = useTranslation();
  const id = `only-${props.of}`;
  return (
    <Card title={t(`broadcasts.${props.of}.title`)} flush>
      <div className={settings.setting}>
        <div>
          <p className={settings.settingTitle} id={id}>
            {t(`broadcasts.${props.of}.only`)}
          </p>
          <p className={settings.settingText}>{t(`broadcasts.${props.of}.text`)}</p>
        </div>
        <Switch
          aria-labelledby={id}
          checked={props.checked}
          onChange={(event) => props.onSwitch(event.currentTarget.checked)}
        />
      </div>
    </Card>
  );
}

type Followed = Extract<Audience, { kind: 'failed' | 'reached' }>;

const followedName = (audience: Followed) => (audience.kind === 'failed' ? 'failed' : audience.who);

function of(kind: string, ids: string[], id: string): Audience {
  if (kind === 'segment') return { kind, id };
  if (kind === 'triggered') return { kind };
  return kind === 'contacts' ? { kind, ids } : { kind: 'everyone' };
}
