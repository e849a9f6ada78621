import { useMediaQuery } from '@mantine/hooks';

const useAtLeast = (width: number) =>
  useMediaQuery(`(min-width: ${width}px)`, false, { getInitialValueInEffect: false });

/** ui.md §3: how many panes fit beside each other. */
export function useScreen() {
  return {
    panelBeside: useAtLeast(1360),
    viewsBeside: useAtLeast(1120),
    listBeside: useAtLeast(640),
  };
}
