import { IconBellOff, IconCheck, IconMinus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Chip } from '../../settings/parts';
import type { Consent, MarketingState } from '../types';

const LOOKS = {
  opted_in: { tone: 'grn', Icon: IconCheck },
  opted_out: { tone: 'amb', Icon: IconBellOff },
  not_asked: { tone: undefined, Icon: IconMinus },
} as const satisfies Record<MarketingState, object>;

/** What they said of marketing, in a word and a sign: never by colour alone. */
export function MarketingChip({ consent }: { consent: Consent | undefined }) {
  const { t } = useTranslation();
  const state = consent?.state ?? 'not_asked';
  const { tone, Icon } = LOOKS[state];
  return (
    <Chip tone={tone}>
      <Icon size={12} aria-hidden />
      {t(`segment.marketing.${state}`)}
    </Chip>
  );
}
