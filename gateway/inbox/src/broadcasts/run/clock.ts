import { exactTime } from '../../i18n/format';

const MILLISECONDS = /[.,٫]\d{3}$/;

/** `14:04:40`. */
export const secondTime = (at: number) => exactTime(at).replace(MILLISECONDS, '');
