import { useQueries } from '@tanstack/react-query';
import { templatesQuery } from '../api/queries';
import type { BusinessNumber, Template } from '../api/types';
import { useMe, useRights } from '../state/permissions';

export type Offer = { template: Template; numbers: BusinessNumber[] };

/** Templates belong to an account at WhatsApp: each is offered once, with the numbers that can send it. */
export function useTemplates() {
  const { numbers } = useMe();
  const { readTemplates } = useRights();
  const accounts = [...new Set(numbers.map((one) => one.waba_id))];
  return useQueries({
    queries: accounts.map((waba) => ({
      ...templatesQuery(numbers.find((one) => one.waba_id === waba)?.phone_number_id ?? ''),
      enabled: readTemplates,
    })),
    combine: (queries) => ({
      offers: merged(
        queries.map(({ data }, index) => ({
          templates: data ?? [],
          numbers: numbers.filter((one) => one.waba_id === accounts[index]),
        })),
      ),
      isPending: queries.some((query) => query.isLoading),
      error: queries.find((query) => query.error)?.error ?? null,
      retry: () => {
        for (const query of queries) if (query.isError) void query.refetch();
      },
    }),
  });
}

type Account = { templates: Template[]; numbers: BusinessNumber[] };

export function merged(accounts: Account[]): Offer[] {
  const offers = new Map<string, Offer>();
  for (const { templates, numbers } of accounts)
    for (const template of templates) {
      const key = `${template.name}/${template.language}`;
      const known = offers.get(key);
      // Where one account may send it and the other may not, the one that may is the offer.
      if (!known || (!known.template.sendable && template.sendable)) offers.set(key, { template, numbers });
      else if (known.template.sendable === template.sendable) known.numbers = [...known.numbers, ...numbers];
    }
  return [...offers.values()];
}
