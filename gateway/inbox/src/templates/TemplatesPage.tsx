import { Button } from '@mantine/core';
import { IconTemplate } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed, Loading } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { StateCard } from '../shell/StateCard';
import { useScreen } from '../shell/useScreen';
import { useMe, useRights } from '../state/permissions';
import { type Filter, shown } from './standing';
import { TemplateDetail } from './TemplateDetail';
import { TemplateTable } from './TemplateTable';
import { type Offer, useTemplates } from './useTemplates';

export function TemplatesPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { viewsBeside } = useScreen();
  const { numbers } = useMe();
  const params = useParams({ strict: false }) as { name?: string; language?: string };
  const [filter, setFilter] = useState<Filter>('all');
  const [search, setSearch] = useState('');
  const { offers, isPending, error, retry } = useTemplates();
  const open =
    offers.find(({ template }) => template.name === params.name && template.language === params.language) ??
    null;
  const go = (offer: Offer | null) => {
    if (!offer) void navigate({ to: '/templates' });
    else {
      const { name, language } = offer.template;
      void navigate({ to: '/templates/$name/$language', params: { name, language } });
    }
  };
  return (
    <>
      {(viewsBeside || !open) && (
        <main className={settings.page} data-pane tabIndex={-1}>
          <header className={settings.head}>
            <h1>{t('nav.templates')}</h1>
          </header>
          {error && <Failed error={error} retry={retry} />}
          {isPending && (
            <div className={settings.scroll}>
              <Loading />
            </div>
          )}
          {!error && !isPending && offers.length === 0 && (
            <div className={settings.middle}>
              <Nothing connected={numbers.length > 0} />
            </div>
          )}
          {offers.length > 0 && (
            <TemplateTable
              offers={shown(offers, filter, search)}
              open={open}
              filter={filter}
              search={search}
              onFilter={setFilter}
              onSearch={setSearch}
              onOpen={go}
            />
          )}
        </main>
      )}
      {open && (
        <TemplateDetail
          key={`${open.template.name}/${open.template.language}`}
          offer={open}
          onClose={() => go(null)}
        />
      )}
    </>
  );
}

function Nothing({ connected }: { connected: boolean }) {
  const { t } = useTranslation();
  const { channels } = useRights();
  return (
    <StateCard
      Icon={IconTemplate}
      title={t('templates.empty')}
      text={t(connected ? 'templates.emptyText' : 'templates.noNumber')}
    >
      {!connected && channels && (
        <Button component={Link} to="/numbers">
          {t('templates.connect')}
        </Button>
      )}
    </StateCard>
  );
}
