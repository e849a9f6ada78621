import { useSearch } from '@tanstack/react-router';
import { Wizard } from './Wizard';

export function NewBroadcast() {
  const { segment = null } = useSearch({ strict: false }) as { segment?: string };
  return <Wizard campaign={null} segment={segment} />;
}
