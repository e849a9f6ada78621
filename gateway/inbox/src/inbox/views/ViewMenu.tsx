import { Menu, UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ViewName } from '../../api/types';
import { number } from '../../i18n/format';
import { useCounts, VIEW_ITEMS } from './views';
import css from './views.module.css';

/** Where the views column does not fit, the list title opens the same choice. */
export function ViewMenu({ view }: { view: ViewName }) {
  const { t } = useTranslation();
  const counts = useCounts();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-start" width={220}>
      <Menu.Target>
        <UnstyledButton className={css.titleButton}>
          <h1>{t(`views.${view}`)}</h1>
          <IconChevronDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {VIEW_ITEMS.map((item) => (
          <Menu.Item
            key={item.view}
            leftSection={<item.Icon size={18} stroke={1.6} />}
            rightSection={counts && number(counts[item.view])}
            onClick={() => void navigate({ to: '/inbox/$view', params: { view: item.view } })}
          >
            {t(`views.${item.view}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
