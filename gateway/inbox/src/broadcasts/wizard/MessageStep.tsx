import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import type { Template } from '../../api/types';
import type { Words } from '../../i18n';
import { languageName } from '../../i18n/format';
import { TemplateList } from '../../inbox/templates/TemplateList';
import { TemplatePreview } from '../../inbox/templates/TemplatePreview';
import { asked, isOffered, offered, type Values, variableKey } from '../../inbox/templates/templateText';
import { categoryName } from '../../inbox/thread/contents/TemplateContent';
import { Failed, Loading, Refused } from '../../settings/parts';
import { useRights } from '../../state/permissions';
import type { Offer, useTemplates } from '../../templates/useTemplates';
import { Messages } from '../compare/Messages';
import { TestCard } from '../compare/TestCard';
import { addressOf, isTriggered, offerOf, type Problems, withTemplate } from '../plan';
import type { Plan, Source, VariableSource } from '../types';
import { withWording, wordings } from '../variants';
import { VariableField } from './VariableField';
import css from './wizard.module.css';

type Props = {
  plan: Plan;
  onChange: (plan: Plan) => void;
  problems: Problems;
  templates: ReturnType<typeof useTemplates>;
};

export function MessageStep({ plan, onChange, problems, templates }: Props) {
  const { t } = useTranslation();
  const { readTemplates } = useRights();
  const [search, setSearch] = useState('');
  const { offers } = templates;
  const all = offers.map((one) => one.template);
  const [place, setPlace] = useState(0);
  const messages = wordings(plan);
  const at = Math.min(place, messages.length - 1);
  const wording = messages[at] ?? plan;
  const own = offerOf(offers, plan);
  const offer = offerOf(offers, wording);
  // The others go from the same numbers, under the same rules.
  const fits = (template: Template) =>
    at === 0 || (own !== null && isAlike(own, offers, template, plan.numbers));
  const choose = (template: Template) => {
    if (at > 0) {
      const { language, variables } = withTemplate({ ...plan, ...wording }, template);
      onChange(withWording(plan, at, { template: template.name, language, variables }));
      return;
    }
    const can =
      offers.find((one) => one.template === template)?.numbers.map((one) => one.phone_number_id) ?? [];
    // Numbers of another account do not have this template.
    const kept = plan.numbers.filter((id) => can.includes(id));
    onChange({ ...withTemplate(plan, template), numbers: kept.length > 0 ? kept : can });
  };
  if (!readTemplates) return <p className={css.noRight}>{t('broadcasts.message.noRight')}</p>;
  if (templates.isPending) return <Loading />;
  if (templates.error) return <Failed error={asProblem(templates.error)} retry={templates.retry} />;
  return (
    <div className={css.message}>
      <section className={css.templates} aria-label={t('broadcasts.message.templates')}>
        <TemplateList
          templates={offered(all.filter(fits), null, search)}
          total={all.filter(fits).filter(isOffered).length}
          hidden={all.filter((one) => !isOffered(one))}
          chosen={offer?.template ?? null}
          search={search}
          onSearch={setSearch}
          onChoose={choose}
        />
      </section>
      <section className={css.values} aria-label={t('broadcasts.message.values')}>
        <Messages plan={plan} place={at} onPlace={setPlace} onChange={onChange} />
        <Refused text={problems.template ? t(`broadcasts.problem.${problems.template}`) : null} />
        {!offer && (
          <p className={css.faint}>
            {wording.template
              ? t('broadcasts.message.gone', { template: wording.template })
              : t('broadcasts.message.choose')}
          </p>
        )}
        {offer && (
          <Variables
            template={offer.template}
            sources={wording.variables}
            told={problems.variables !== undefined}
            given={isTriggered(plan)}
            onChange={(variables) => onChange(withWording(plan, at, { ...wording, variables }))}
          />
        )}
        {own && <TestCard plan={plan} onChange={onChange} problems={problems} />}
      </section>
      {offer && (
        <TemplatePreview
          template={offer.template}
          values={shownValues(wording.variables, t)}
          business={offer.numbers[0]?.name ?? ''}
        />
      )}
    </div>
  );
}

function isAlike(own: Offer, offers: Offer[], template: Template, numbers: string[]): boolean {
  const has =
    offers.find((one) => one.template === template)?.numbers.map((one) => one.phone_number_id) ?? [];
  return template.category === own.template.category && numbers.every((id) => has.includes(id));
}

/** What stands in the preview: the words themselves, or what they come from. Real people follow at the check. */
function shownValues(variables: VariableSource[], t: Words): Values {
  return Object.fromEntries(variables.map((one) => [variableKey(one), shownValue(one.source, t)]));
}

function shownValue(source: Source, t: Words): string {
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'value':
      return addressOf(source) ?? '';
    case 'contact':
      return t(`broadcasts.field.${source.field}`);
    case 'given':
      return t('broadcasts.message.given');
  }
}

type VariablesProps = {
  template: Template;
  sources: VariableSource[];
  told: boolean;
  given: boolean;
  onChange: (sources: VariableSource[]) => void;
};

function Variables({ template, sources, told, given, onChange }: VariablesProps) {
  const { t } = useTranslation();
  return (
    <>
      <h2>
        <bdi>{template.name}</bdi>
      </h2>
      <p className={css.about}>
        {categoryName(template.category, t)} · {languageName(template.language)}
      </p>
      {asked(template).length === 0 && <p className={css.faint}>{t('picker.noVariables')}</p>}
      {template.variables.map((slot) => {
        const key = variableKey(slot);
        const source = sources.find((one) => variableKey(one) === key);
        return (
          source && (
            <VariableField
              key={key}
              slot={slot}
              variable={source}
              told={told}
              given={given}
              onChange={(next) => onChange(sources.map((one) => (one === source ? next : one)))}
            />
          )
        );
      })}
    </>
  );
}
