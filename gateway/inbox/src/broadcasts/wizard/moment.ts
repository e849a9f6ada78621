/** A moment as a field of the browser has it: `2026-11-30T14:00`, in the time zone of whoever looks. */
export function toField(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `null` while it is not a whole moment yet. */
export function fromField(text: string): number | null {
  const at = new Date(text).getTime();
  return Number.isNaN(at) ? null : at;
}

/** Minutes since midnight as a field of the browser has them: `21:00`. */
export function toTime(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `null` while it is not a whole time yet. */
export function fromTime(text: string): number | null {
  const found = /^(\d\d):(\d\d)/.exec(text);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** Of whoever looks. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
