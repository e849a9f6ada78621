import type { Words } from '../../i18n';
import { countryName, exactMoney, joined, money } from '../../i18n/format';
import type { Money } from '../types';

/** One amount for each currency: they are never added up. */
export const amounts = (list: Money[]) => joined(list.map((one) => money(one.micros, one.currency)));

/** Of one message, to the last decimal that the table has. */
export const rateText = (price: Money) => exactMoney(price.micros, price.currency);

export const placeName = (country: string | null | undefined, t: Words) =>
  country ? countryName(country) : t('broadcasts.cost.nowhere');
