import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RecoveryCodes, Session } from '../../api/administration';
import { administration, sessionsQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import { showToast } from '../../shell/toast';
import { useMe } from '../../state/permissions';
import { Ask, Card, Chip, Failed, Frame, Loading, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import { useWhen } from '../when';
import { Codes, Enrolment } from './Enrolment';

export function Page() {
  const { t } = useTranslation();
  return (
    <Frame title={t('settings.security')}>
      <FactorCard />
      <SessionsCard />
    </Frame>
  );
}

type Asking = 'set up' | 'renew' | 'turn off' | null;

function FactorCard() {
  const { t } = useTranslation();
  const me = useMe();
  const [asking, setAsking] = useState<Asking>(null);
  const { enabled, recovery_codes_left: left } = me.account.second_factor;
  const close = () => setAsking(null);
  const required = me.organization.require_second_factor;
  return (
    <Card
      title={t('factor.title')}
      text={t('factor.text')}
      aside={<Chip tone={enabled ? 'grn' : 'amb'}>{t(enabled ? 'factor.on' : 'factor.off')}</Chip>}
    >
      {enabled ? (
        <>
          <p>{t('factor.left', { count: left })}</p>
          {left <= 3 && <p className={css.refused}>{t('factor.few')}</p>}
          <div className={css.row}>
            <Button variant="default" onClick={() => setAsking('renew')}>
              {t('factor.renew')}
            </Button>
            <Button variant="outline" disabled={required} onClick={() => setAsking('turn off')}>
              {t('factor.turnOff')}
            </Button>
            {required && (
              <span className={css.faint}>
                {t('factor.required', { organization: me.organization.name })}
              </span>
            )}
          </div>
        </>
      ) : (
        <Button onClick={() => setAsking('set up')}>{t('factor.setUp')}</Button>
      )}
      {asking === 'set up' && <SetUp onClose={close} />}
      {asking === 'renew' && <Renew onClose={close} />}
      {asking === 'turn off' && <TurnOff onClose={close} />}
    </Card>
  );
}

const refreshMe = { stale: [keys.me] };

function SetUp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  // Whoever leaves after the code was right has the second factor: what the page says is asked for again in any case.
  const leave = useChange(async () => {}, { ...refreshMe, onDone: onClose });
  return (
    <Ask title={t('factor.setUp')} onClose={() => leave.run()} size={620}>
      <Enrolment onDone={() => leave.run()} />
    </Ask>
  );
}

function Renew({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [fresh, setFresh] = useState<string[] | null>(null);
  const renew = useChange(() => api.post<RecoveryCodes>('/me/second-factor/recovery-codes', { code }), {
    ...refreshMe,
    onDone: (answer) => setFresh(answer.recovery_codes),
  });
  return (
    <Ask title={t('factor.renew')} onClose={onClose}>
      {fresh ? (
        <Codes codes={fresh} onDone={onClose} />
      ) : (
        <form
          className={css.ask}
          onSubmit={(event) => {
            event.preventDefault();
            renew.run();
          }}
        >
          <p>{t('factor.renewText')}</p>
          <TextInput
            label={t('factor.code')}
            value={code}
            dir="ltr"
            required
            withAsterisk={false}
            data-autofocus
            inputMode="numeric"
            autoComplete="one-time-code"
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Refused text={renew.text} />
          <div className={css.row}>
            <Button type="submit" loading={renew.busy}>
              {t('factor.makeCodes')}
            </Button>
          </div>
        </form>
      )}
    </Ask>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const off = useChange(() => api.remove('/me/second-factor', { password, code }), {
    ...refreshMe,
    onDone: () => {
      showToast({ tone: 'ac', title: t('factor.turnedOff') });
      onClose();
    },
  });
  return (
    <Ask title={t('factor.turnOff')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          off.run();
        }}
      >
        <p>{t('factor.turnOffText')}</p>
        <PasswordInput
          label={t('password.current')}
          value={password}
          required
          withAsterisk={false}
          data-autofocus
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <TextInput
          label={t('factor.codeOrRecovery')}
          value={code}
          dir="ltr"
          required
          withAsterisk={false}
          autoComplete="one-time-code"
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Refused text={off.text} />
        <div className={css.row}>
          <Button type="submit" variant="outline" loading={off.busy}>
            {t('factor.turnOff')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

function SessionsCard() {
  const { t } = useTranslation();
  const sessions = useQuery(sessionsQuery);
  const stale = [administration.sessions];
  const endOne = useChange((id: string) => api.remove(`/sessions/${id}`), {
    stale,
    onDone: () => showToast({ tone: 'ac', title: t('session.ended') }),
  });
  const endOthers = useChange(() => api.remove('/sessions'), {
    stale,
    onDone: () => showToast({ tone: 'ac', title: t('session.othersEnded') }),
  });
  const others = sessions.data?.filter((one) => !one.current).length ?? 0;
  return (
    <Card
      title={t('session.title')}
      text={t('session.text')}
      flush
      aside={
        others > 0 && (
          <Button variant="outline" loading={endOthers.busy} onClick={() => endOthers.run()}>
            {t('session.endOthers', { count: others })}
          </Button>
        )
      }
    >
      {sessions.isError && <Failed error={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.isPending && <Loading />}
      <Refused text={endOne.text ?? endOthers.text} />
      <ul className={css.list}>
        {sessions.data?.map((one) => (
          <SessionRow key={one.id} session={one}>
            {!one.current && (
              <Button
                variant="default"
                aria-label={t('session.endThis', {
                  device: [one.browser, one.device].filter(Boolean).join(', '),
                })}
                onClick={() => endOne.run(one.id)}
              >
                {t('session.end')}
              </Button>
            )}
          </SessionRow>
        ))}
      </ul>
    </Card>
  );
}

export function SessionRow({ session, children }: { session: Session; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const when = useWhen();
  const Device = /phone|android/i.test(session.device) ? IconDeviceMobile : IconDeviceDesktop;
  return (
    <li>
      <Device size={20} aria-hidden />
      <div className={css.main}>
        <span>
          <bdi>
            {session.device
              ? t('session.on', { browser: session.browser, device: session.device })
              : session.browser}
          </bdi>{' '}
          {session.current && <Chip tone="grn">{t('session.this')}</Chip>}
        </span>
        <span className={css.faint}>
          <bdi dir="ltr">{session.ip}</bdi> · {t('session.seen', { when: when(session.last_seen_at) })} ·{' '}
          {t('session.since', { when: when(session.created_at) })}
        </span>
      </div>
      {children}
    </li>
  );
}
