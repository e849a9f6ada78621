import { Button, NumberInput, PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/administration';
import { organizationQuery, peopleQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import { LANGUAGES } from '../../i18n';
import { showToast } from '../../shell/toast';
import { useMe, useRights } from '../../state/permissions';
import { Ask, Card, Failed, Frame, Loading, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import { CapCard } from './CapCard';
import { useSave } from './useSave';

export function Page() {
  const { t } = useTranslation();
  const rights = useRights();
  const organization = useQuery(organizationQuery);
  return (
    <Frame title={t('settings.organization')}>
      {organization.isError && (
        <Failed error={organization.error} retry={() => void organization.refetch()} />
      )}
      {organization.isPending && <Loading />}
      {!rights.organization && <p className={css.faint}>{t('organization.readOnly')}</p>}
      {organization.data && (
        <>
          <NameCard organization={organization.data} />
          <SafetyCard organization={organization.data} />
          <CapCard organization={organization.data} />
        </>
      )}
      {rights.transfer && <TransferCard />}
    </Frame>
  );
}

type CardProps = { organization: Organization };

function NameCard({ organization }: CardProps) {
  const { t } = useTranslation();
  const rights = useRights();
  const save = useSave();
  const [name, setName] = useState(organization.name);
  const [locale, setLocale] = useState(organization.locale);
  const unchanged = name.trim() === organization.name && locale === organization.locale;
  return (
    <Card title={t('organization.name')} text={t('organization.nameText')}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.run({ name: name.trim(), locale });
        }}
      >
        <TextInput
          label={t('signUp.organization')}
          value={name}
          required
          withAsterisk={false}
          maxLength={100}
          readOnly={!rights.organization}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t('organization.locale')}
          allowDeselect={false}
          value={locale}
          readOnly={!rights.organization}
          onChange={(value) => setLocale(value ?? locale)}
          data={LANGUAGES.map(({ code, name: label }) => ({ value: code, label }))}
        />
        <Refused text={save.text} />
        {rights.organization && (
          <Button type="submit" loading={save.busy} disabled={unchanged}>
            {t('settings.save')}
          </Button>
        )}
      </form>
    </Card>
  );
}

function SafetyCard({ organization }: CardProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { organization: mayChange } = useRights();
  const save = useSave();
  const [hours, setHours] = useState<string | number>(organization.session_hours);
  const [days, setDays] = useState<string | number>(organization.audit_days);
  const unchanged = hours === organization.session_hours && days === organization.audit_days;
  // Whoever asks it of everybody is shut out first if they have none themselves.
  const withoutOwn = !me.account.second_factor.enabled && !organization.require_second_factor;
  return (
    <Card title={t('organization.safety')} text={t('organization.safetyText')} flush>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle} id="mask">
            {t('organization.mask')}
          </p>
          <p className={css.settingText}>{t('organization.maskText')}</p>
        </div>
        <Switch
          aria-labelledby="mask"
          disabled={!mayChange || save.busy}
          checked={organization.mask_phones}
          onChange={(event) => save.run({ mask_phones: event.currentTarget.checked })}
        />
      </div>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle} id="approve">
            {t('organization.approve')}
          </p>
          <p className={css.settingText}>{t('organization.approveText')}</p>
        </div>
        <Switch
          aria-labelledby="approve"
          disabled={!mayChange || save.busy}
          checked={organization.approve_broadcasts}
          onChange={(event) => save.run({ approve_broadcasts: event.currentTarget.checked })}
        />
      </div>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle} id="require">
            {t('organization.require')}
          </p>
          <p className={css.settingText}>
            {t(withoutOwn ? 'organization.requireOwnFirst' : 'organization.requireText')}
          </p>
        </div>
        <Switch
          aria-labelledby="require"
          disabled={!mayChange || save.busy || withoutOwn}
          checked={organization.require_second_factor}
          onChange={(event) => save.run({ require_second_factor: event.currentTarget.checked })}
        />
      </div>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle}>{t('organization.hours')}</p>
          <p className={css.settingText}>{t('organization.hoursText')}</p>
        </div>
        <NumberInput
          w={96}
          aria-label={t('organization.hours')}
          min={1}
          max={720}
          readOnly={!mayChange}
          value={hours}
          onChange={setHours}
        />
      </div>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle}>{t('organization.days')}</p>
          <p className={css.settingText}>{t('organization.daysText')}</p>
        </div>
        <NumberInput
          w={96}
          aria-label={t('organization.days')}
          min={30}
          max={3650}
          readOnly={!mayChange}
          value={days}
          onChange={setDays}
        />
      </div>
      {(save.text || !unchanged) && (
        <div className={css.setting}>
          <Refused text={save.text} />
          <Button
            loading={save.busy}
            disabled={unchanged}
            onClick={() => save.run({ session_hours: Number(hours), audit_days: Number(days) })}
          >
            {t('settings.save')}
          </Button>
        </div>
      )}
    </Card>
  );
}

function TransferCard() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Card
      title={t('transfer.title')}
      text={t('transfer.text')}
      aside={
        <Button variant="outline" onClick={() => setOpen(true)}>
          {t('transfer.open')}
        </Button>
      }
    >
      {open && <TransferDialog onClose={() => setOpen(false)} />}
    </Card>
  );
}

function TransferDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const people = useQuery(peopleQuery);
  const [to, setTo] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const heirs = people.data?.filter(
    (one) => one.status === 'active' && !one.service && one.id !== me.member.id,
  );
  const name = heirs?.find((one) => one.id === to)?.name ?? '';
  const transfer = useChange(() => api.post<void>('/organization/transfer', { to, password }), {
    stale: [keys.me, keys.members],
    onDone: () => {
      showToast({ tone: 'ac', title: t('transfer.done', { name }), text: t('transfer.doneText') });
      onClose();
    },
  });
  return (
    <Ask title={t('transfer.title')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          transfer.run();
        }}
      >
        <p>{t('transfer.what')}</p>
        <Select
          label={t('transfer.to')}
          searchable
          required
          withAsterisk={false}
          data-autofocus
          value={to}
          onChange={setTo}
          data={heirs?.map((one) => ({ value: one.id, label: one.name })) ?? []}
        />
        <PasswordInput
          label={t('password.current')}
          value={password}
          required
          withAsterisk={false}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Refused text={transfer.text} />
        <div className={css.row}>
          <Button type="submit" variant="outline" disabled={!to} loading={transfer.busy}>
            {to ? t('transfer.submit', { name }) : t('transfer.open')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
