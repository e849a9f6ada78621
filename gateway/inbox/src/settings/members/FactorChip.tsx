import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Chip } from '../parts';

export function FactorChip({ on }: { on: boolean }) {
  const { t } = useTranslation();
  const Shield = on ? IconShieldCheck : IconShieldOff;
  return (
    <Chip tone={on ? 'grn' : undefined}>
      <Shield size={13} aria-hidden />
      {t(on ? 'members.withFactor' : 'members.withoutFactor')}
    </Chip>
  );
}
