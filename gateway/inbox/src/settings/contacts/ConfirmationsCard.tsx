import { ActionIcon, Button, Select, Switch, Textarea } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Confirmations, ConfirmationTexts } from '../../contacts/types';
import { languageName } from '../../i18n/format';
import { useRights } from '../../state/permissions';
import { Card, Refused } from '../parts';
import css from '../settings.module.css';
import shape from './contacts.module.css';
import { useSave } from './useSave';

const TEXT_MAX = 500;
const LANGUAGES_MAX = 50;
/** The most spoken ones; a program may add others. */
const LANGUAGES =
  'ar bn cs da de el en es fa fi fr gu ha he hi hu id it ja kn ko ml mr ms nl no pa pl pt ro ru sv sw ta te th tl tr uk ur uz vi zh zu'.split(
    ' ',
  );

/** What is answered to STOP and to START: on or off, and own words where the built-in ones do not fit. */
export function ConfirmationsCard({ known }: { known: Confirmations }) {
  const { t } = useTranslation();
  const { manageConsent } = useRights();
  const [texts, setTexts] = useState(known.texts ?? {});
  const save = useSave((saved) => setTexts(saved.confirmations.texts ?? {}));
  // What is half typed below stays while this is switched.
  const toggle = useSave(() => undefined);
  const languages = Object.keys(texts).sort();
  const unchanged = JSON.stringify(sorted(texts)) === JSON.stringify(sorted(known.texts ?? {}));
  const whole = Object.values(texts).every((one) => one.opted_out.trim() && one.opted_in.trim());
  const change = (language: string, part: Partial<ConfirmationTexts>) =>
    setTexts({ ...texts, [language]: { opted_out: '', opted_in: '', ...texts[language], ...part } });
  const remove = (language: string) =>
    setTexts(Object.fromEntries(Object.entries(texts).filter(([one]) => one !== language)));
  const free = LANGUAGES.filter((language) => !(language in texts));
  return (
    <Card title={t('contactSettings.confirmations')} text={t('contactSettings.confirmationsText')} flush>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle} id="confirm">
            {t('contactSettings.confirm')}
          </p>
          <p className={css.settingText}>{t('contactSettings.confirmText')}</p>
        </div>
        <Switch
          aria-labelledby="confirm"
          disabled={!manageConsent || toggle.busy}
          checked={known.enabled}
          onChange={(event) =>
            toggle.run({ confirmations: { ...known, enabled: event.currentTarget.checked } })
          }
        />
      </div>
      {languages.map((language) => (
        <fieldset key={language} className={shape.texts} disabled={!manageConsent}>
          <legend>{languageName(language)}</legend>
          <Textarea
            label={t('contactSettings.optedOut')}
            lang={language}
            dir="auto"
            autosize
            maxLength={TEXT_MAX}
            value={texts[language]?.opted_out ?? ''}
            onChange={(event) => change(language, { opted_out: event.currentTarget.value })}
          />
          <Textarea
            label={t('contactSettings.optedIn')}
            lang={language}
            dir="auto"
            autosize
            maxLength={TEXT_MAX}
            value={texts[language]?.opted_in ?? ''}
            onChange={(event) => change(language, { opted_in: event.currentTarget.value })}
          />
          {manageConsent && (
            <ActionIcon
              className={shape.gone}
              aria-label={t('contactSettings.remove', { name: languageName(language) })}
              onClick={() => remove(language)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </fieldset>
      ))}
      {manageConsent && (
        <div className={shape.foot}>
          {languages.length < LANGUAGES_MAX && (
            <Select
              className={shape.language}
              label={t('contactSettings.ownWords')}
              description={t('contactSettings.ownWordsText')}
              placeholder={t('contactSettings.chooseLanguage')}
              searchable
              value={null}
              data={free.map((value) => ({ value, label: languageName(value) }))}
              onChange={(language) => language && change(language, {})}
            />
          )}
          <Refused text={save.text ?? toggle.text} />
          <div className={css.row}>
            <Button
              disabled={unchanged || !whole}
              loading={save.busy}
              onClick={() => save.run({ confirmations: { enabled: known.enabled, texts } })}
            >
              {t('settings.save')}
            </Button>
          </div>
        </div>
      )}
    </Card>
  );
}

const sorted = (texts: Record<string, ConfirmationTexts>) =>
  Object.entries(texts)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([language, { opted_out, opted_in }]) => [language, opted_out, opted_in]);
