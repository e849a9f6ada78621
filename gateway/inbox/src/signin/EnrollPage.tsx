import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { keys } from '../api/queries';
import { Enrolment } from '../settings/security/Enrolment';
import { useMe } from '../state/permissions';
import css from './signin.module.css';

/** The organization asks for a second factor: until there is one, this is the only page. */
export default function EnrollPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  return (
    <main className={css.enroll}>
      <section className={css.enrollCard}>
        <h1>{t('enroll.title')}</h1>
        <p>{t('enroll.forced', { organization: me.organization.name })}</p>
        <Enrolment onDone={() => void client.refetchQueries({ queryKey: keys.me })} />
      </section>
    </main>
  );
}
