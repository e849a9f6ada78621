import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import css from './import.module.css';

export function Figures({ figures }: { figures: Record<string, number> }) {
  const { t } = useTranslation();
  return (
    <dl className={css.figures}>
      {Object.entries(figures).map(([key, rows]) => (
        <div key={key}>
          <dt>{t(`contactImport.figure.${key}`)}</dt>
          <dd>{number(rows)}</dd>
        </div>
      ))}
    </dl>
  );
}
