import { Button } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Plan } from '../types';
import { canAdd, LETTERS, withAnother, without, wordings } from '../variants';
import css from './compare.module.css';

type Props = { plan: Plan; place: number; onPlace: (place: number) => void; onChange: (plan: Plan) => void };

/** Which of several messages is worked on; with one there is nothing to choose. */
export function Messages({ plan, place, onPlace, onChange }: Props) {
  const { t } = useTranslation();
  const all = wordings(plan);
  const add = () => {
    onChange(withAnother(plan));
    onPlace(all.length);
  };
  const remove = () => {
    onChange(without(plan, place));
    onPlace(place - 1);
  };
  if (plan.template === '') return null;
  return (
    <fieldset className={css.messages} aria-label={t('broadcasts.test.messages')}>
      {all.length > 1 &&
        all.map((_, index) => (
          <Button
            // biome-ignore lint/suspicious/noArrayIndexKey: a message is its letter, which is its place.
            key={index}
            variant={index === place ? 'filled' : 'default'}
            aria-pressed={index === place}
            onClick={() => onPlace(index)}
          >
            {t('broadcasts.test.message', { variant: LETTERS[index] })}
          </Button>
        ))}
      {canAdd(plan) && (
        <Button variant="light" leftSection={<IconPlus size={16} />} onClick={add}>
          {t(all.length > 1 ? 'broadcasts.test.addMore' : 'broadcasts.test.add')}
        </Button>
      )}
      {place > 0 && (
        <Button variant="subtle" leftSection={<IconTrash size={16} />} onClick={remove}>
          {t('broadcasts.test.remove', { variant: LETTERS[place] })}
        </Button>
      )}
    </fieldset>
  );
}
