/** The steps of the wizard, in their order; also what the address may say. */
export const STEPS = ['audience', 'message', 'numbers', 'check'] as const;
export type Step = (typeof STEPS)[number];
