import type { Words } from '../i18n';
import { number } from '../i18n/format';

type QualityTone = 'grn' | 'amb' | 'red' | undefined;

const QUALITY: Record<string, { name: string; tone: QualityTone }> = {
  high: { name: 'high', tone: 'grn' },
  green: { name: 'high', tone: 'grn' },
  medium: { name: 'medium', tone: 'amb' },
  yellow: { name: 'medium', tone: 'amb' },
  low: { name: 'low', tone: 'red' },
  red: { name: 'low', tone: 'red' },
};

const known = (quality: string | null) => QUALITY[(quality ?? '').toLowerCase()];

export const qualityTone = (quality: string | null): QualityTone => known(quality)?.tone;

export function qualityName(quality: string | null, t: Words): string {
  const name = known(quality)?.name;
  return name ? t(`quality.${name}`) : t('numbers.noQuality');
}

/** `TIER_10K`, `10000` and `TIER_UNLIMITED` as people say them. */
export function limitText(tier: string | null, t: Words): string {
  if (tier === null) return '–';
  const text = tier.replace(/^TIER_/i, '');
  if (/^unlimited$/i.test(text)) return t('numbers.unlimited');
  const parts = /^(\d+)(K?)$/i.exec(text);
  if (!parts) return tier;
  return number(Number(parts[1]) * (parts[2] ? 1000 : 1));
}
