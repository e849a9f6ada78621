import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertCircle, IconCircleCheck } from '@tabler/icons-react';
import { announce } from './announce';
import css from './shell.module.css';

type Toast = {
  tone: 'red' | 'ac';
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
};

const STAYS_MS = 6_000;

/** Red ones stay until closed: what went wrong may not disappear unread. */
export function showToast({ tone, title, text, action }: Toast) {
  const id = notifications.show({
    title,
    message: (
      <>
        {text}
        {action && (
          <Group mt={4}>
            <Button
              variant="light"
              onClick={() => {
                notifications.hide(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          </Group>
        )}
      </>
    ),
    icon: tone === 'red' ? <IconAlertCircle size={18} /> : <IconCircleCheck size={18} />,
    autoClose: tone === 'red' ? false : STAYS_MS,
    classNames: { root: css.toast, icon: css.toastIcon, title: css.toastTitle, description: css.toastText },
    'data-tone': tone,
  } as Parameters<typeof notifications.show>[0]);
  announce(text ? `${title} ${text}` : title, tone === 'red' ? 'assertive' : 'polite');
}
