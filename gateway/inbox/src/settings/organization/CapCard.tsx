import { Button, NumberInput, Switch } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/administration';
import { useRights } from '../../state/permissions';
import { Card, Refused } from '../parts';
import css from '../settings.module.css';
import { useSave } from './useSave';

/** What is offered to whoever sets one for the first time. */
const USUAL = { messages: 2, days: 7 };
const MESSAGES_MAX = 100;
const DAYS_MAX = 90;

const isWithin = (value: string | number, max: number) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max;

export function CapCard({ organization }: { organization: Organization }) {
  const { t } = useTranslation();
  const { organization: mayChange } = useRights();
  const save = useSave();
  const { campaign_cap: kept } = organization;
  const [on, setOn] = useState(Boolean(kept));
  const [messages, setMessages] = useState<string | number>(kept?.messages ?? USUAL.messages);
  const [days, setDays] = useState<string | number>(kept?.days ?? USUAL.days);
  const unchanged = on ? kept?.messages === messages && kept?.days === days : !kept;
  const whole = !on || (isWithin(messages, MESSAGES_MAX) && isWithin(days, DAYS_MAX));
  return (
    <Card title={t('organization.cap.title')} text={t('organization.cap.text')} flush>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle} id="cap">
            {t('organization.cap.keep')}
          </p>
          <p className={css.settingText}>{t('organization.cap.keepText')}</p>
        </div>
        <Switch
          aria-labelledby="cap"
          disabled={!mayChange || save.busy}
          checked={on}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
      </div>
      {on && (
        <>
          <div className={css.setting}>
            <p className={css.settingTitle}>{t('organization.cap.messages')}</p>
            <NumberInput
              w={96}
              aria-label={t('organization.cap.messages')}
              min={1}
              max={MESSAGES_MAX}
              allowDecimal={false}
              readOnly={!mayChange}
              value={messages}
              onChange={setMessages}
            />
          </div>
          <div className={css.setting}>
            <p className={css.settingTitle}>{t('organization.cap.days')}</p>
            <NumberInput
              w={96}
              aria-label={t('organization.cap.days')}
              min={1}
              max={DAYS_MAX}
              allowDecimal={false}
              readOnly={!mayChange}
              value={days}
              onChange={setDays}
            />
          </div>
        </>
      )}
      {(save.text || !unchanged) && (
        <div className={css.setting}>
          <Refused text={save.text} />
          <Button
            loading={save.busy}
            disabled={unchanged || !whole}
            onClick={() =>
              save.run({
                campaign_cap: on ? { messages: Number(messages), days: Number(days) } : null,
              })
            }
          >
            {t('settings.save')}
          </Button>
        </div>
      )}
    </Card>
  );
}
