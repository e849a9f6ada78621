import { type Icon, IconArchive, IconInbox, IconUser, IconUserQuestion } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { countsQuery } from '../../api/queries';
import type { Counts, ViewName } from '../../api/types';

export const VIEW_ITEMS: readonly { view: ViewName; Icon: Icon }[] = [
  { view: 'mine', Icon: IconUser },
  { view: 'unassigned', Icon: IconUserQuestion },
  { view: 'all', Icon: IconInbox },
  { view: 'closed', Icon: IconArchive },
];

export function useCounts(): Counts | undefined {
  return useQuery(countsQuery).data;
}
