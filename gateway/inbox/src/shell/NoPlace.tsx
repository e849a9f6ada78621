import { IconDoor } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { roleName } from '../people/roles';
import { useMe } from '../state/permissions';
import { StateCard } from './StateCard';
import css from './shell.module.css';

/** A role may see nothing of what this version has; saying so is better than a page that never fills. */
export function NoPlace() {
  const { t } = useTranslation();
  const { member } = useMe();
  return (
    <main className={css.failed}>
      <StateCard
        Icon={IconDoor}
        title={t('empty.role.title')}
        text={t('empty.role.text', { role: roleName(member.role, t) })}
      />
    </main>
  );
}
