import { VisuallyHidden } from '@mantine/core';
import { create } from 'zustand';

type Urgency = 'polite' | 'assertive';

const useAnnouncements = create<Record<Urgency, string>>(() => ({ polite: '', assertive: '' }));

export const announce = (text: string, urgency: Urgency = 'polite') =>
  useAnnouncements.setState({ [urgency]: text });

export function Announcer() {
  const { polite, assertive } = useAnnouncements();
  return (
    <VisuallyHidden>
      <div role="status" aria-live="polite">
        {polite}
      </div>
      <div role="alert" aria-live="assertive">
        {assertive}
      </div>
    </VisuallyHidden>
  );
}
