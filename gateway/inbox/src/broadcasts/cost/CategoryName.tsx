import { useTranslation } from 'react-i18next';
import type { PriceCategory } from '../types';

export function CategoryName({ category }: { category: PriceCategory }) {
  const { t } = useTranslation();
  return <>{t(`broadcasts.cost.category.${category}`)}</>;
}
