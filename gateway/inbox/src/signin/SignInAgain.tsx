import { Button, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { keys } from '../api/queries';
import type { Me } from '../api/types';
import { clockTime } from '../i18n/format';
import { forgetSession, useSessionEnded } from '../live/session';
import { Credentials } from './SignInForm';
import css from './signin.module.css';

/** Over the work, not instead of it: what was being written is still there behind it. */
export default function SignInAgain({ ended }: { ended: { me: Me; at: number } }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const goOn = (me: Me) => {
    client.setQueryData(keys.me, me);
    useSessionEnded.setState({ ended: null });
    void client.invalidateQueries();
  };
  const leave = async () => {
    await navigate({ to: '/sign-in' });
    forgetSession(client);
  };
  return (
    <Modal
      opened
      onClose={() => void leave()}
      closeOnEscape={false}
      closeOnClickOutside={false}
      withCloseButton={false}
      title={t('signIn.againTitle')}
      size={440}
    >
      <p className={css.about}>{t('signIn.againText', { time: clockTime(ended.at) })}</p>
      {ended.me.demo ? (
        <Button onClick={() => void leave()}>{t('signIn.demoAgain')}</Button>
      ) : (
        <Credentials
          email={ended.me.account.email}
          submit={t('signIn.goOn')}
          organizationId={ended.me.organization.id}
          onSignedIn={goOn}
        />
      )}
    </Modal>
  );
}
