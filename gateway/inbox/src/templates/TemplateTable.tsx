import { SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Template } from '../api/types';
import { languageName } from '../i18n/format';
import { categoryName } from '../inbox/thread/contents/TemplateContent';
import { qualityName, qualityTone } from '../numbers/words';
import { Chip } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { FILTERS, type Filter, statusTone } from './standing';
import css from './templates.module.css';
import type { Offer } from './useTemplates';

type Props = {
  offers: Offer[];
  open: Offer | null;
  filter: Filter;
  search: string;
  onFilter: (filter: Filter) => void;
  onSearch: (search: string) => void;
  onOpen: (offer: Offer) => void;
};

export function TemplateTable({ offers, open, filter, search, onFilter, onSearch, onOpen }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <div className={css.filters}>
        <TextInput
          className={css.search}
          leftSection={<IconSearch size={16} />}
          aria-label={t('templates.search')}
          placeholder={t('templates.search')}
          value={search}
          onChange={(event) => onSearch(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={t('templates.filter')}
          value={filter}
          onChange={(value) => onFilter(value as Filter)}
          data={FILTERS.map((value) => ({ value, label: t(`templates.${value}`) }))}
        />
      </div>
      <section
        className={css.scroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        aria-label={t('templates.list')}
      >
        <table className={settings.table}>
          <thead>
            <tr>
              <th scope="col">{t('templates.name')}</th>
              <th scope="col">{t('templates.status')}</th>
              <th scope="col">{t('templates.quality')}</th>
              <th scope="col" className={css.wide}>
                {t('templates.category')}
              </th>
              <th scope="col" className={css.wide}>
                {t('templates.language')}
              </th>
            </tr>
          </thead>
          <tbody>
            {offers.map((offer) => (
              <Row
                key={`${offer.template.name}/${offer.template.language}`}
                offer={offer}
                isOpen={offer === open}
                onOpen={onOpen}
              />
            ))}
          </tbody>
        </table>
        {offers.length === 0 && <p className={css.nothing}>{t('templates.noMatch')}</p>}
      </section>
    </>
  );
}

type RowProps = { offer: Offer; isOpen: boolean; onOpen: Props['onOpen'] };

function Row({ offer, isOpen, onOpen }: RowProps) {
  const { t } = useTranslation();
  const { template } = offer;
  const language = languageName(template.language);
  const tone = qualityTone(template.quality);
  return (
    // The button in the first cell is the way for keys and voices; the row is a larger target for the pointer.
    <tr data-link data-open={isOpen || undefined} onClick={() => onOpen(offer)}>
      <td>
        <span className={settings.whoText}>
          <button
            type="button"
            aria-label={t('templates.open', { name: template.name, language })}
            aria-current={isOpen || undefined}
            onClick={(event) => {
              event.stopPropagation();
              onOpen(offer);
            }}
          >
            <bdi dir="ltr">{template.name}</bdi>
          </button>
          <bdi dir="auto" className={css.body}>
            {template.body}
          </bdi>
        </span>
      </td>
      <td>
        <StatusChip status={template.status} />
      </td>
      <td>{tone ? <Chip tone={tone}>{qualityName(template.quality, t)}</Chip> : '–'}</td>
      <td className={css.wide}>{categoryName(template.category, t)}</td>
      <td className={css.wide}>{language}</td>
    </tr>
  );
}

export function StatusChip({ status }: { status: Template['status'] }) {
  const { t } = useTranslation();
  return <Chip tone={statusTone(status)}>{t(`templates.states.${status.toLowerCase()}`)}</Chip>;
}
