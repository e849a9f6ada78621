export function startMock(options?: {
  port?: number;
  now?: number | null;
  demo?: boolean;
}): Promise<{ url: string; stop: () => Promise<void> }>;
