/** Numbers, times and sizes in the words of a person. Pure. */

const whole = new Intl.NumberFormat('en');
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dateFormat = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'short', day: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { month: 'short', day: '2-digit' });

/** `12,345` */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1 file`, `12,345 files` */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `512 bytes`, `1.4 MB`, `230 GB` */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${unit === 0 && value === 1 ? 'byte' : SIZES[unit]}`;
}

/** `12.3 MB/s` */
export function formatRate(bytesPerSecond: number): string {
  const value = bytesPerSecond / 1e6;
  return `${value === 0 ? '0' : value < 0.05 ? '< 0.1' : value.toFixed(value >= 99.95 ? 0 : 1)} MB/s`;
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`, `3 days` */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** `just now`, `12 s ago` */
export function formatAgo(time: number, now: number): string {
  return now - time < 1500 ? 'just now' : `${formatDuration(now - time)} ago`;
}

/** `14:03:12` */
export function formatClock(time: number): string {
  return clockFormat.format(time);
}

/** `05 Mar 2026, 14:03:12` */
export function formatDateTime(time: number): string {
  return `${dateFormat.format(time)}, ${clockFormat.format(time)}`;
}

/** `05 Mar 2026` */
export function formatDate(time: number): string {
  return dateFormat.format(time);
}

/** `05 Mar, 14:03`; of another year the date only: `05 Mar 2025`. */
export function formatBrief(time: number, now = Date.now()): string {
  if (new Date(time).getFullYear() !== new Date(now).getFullYear()) return dateFormat.format(time);
  return `${dayFormat.format(time)}, ${clockFormat.format(time).slice(0, 5)}`;
}

/** `20260305` → `2026-03-05`; anything else as it is. */
export function formatDicomDate(date: string): string {
  return /^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : date;
}

/** `DOE^JANE^M` → `DOE, JANE M`: family name, then the others. */
export function formatPatientName(name: string): string {
  const [family = '', ...given] = (name.split('=')[0] ?? '').split('^').map((part) => part.trim());
  const rest = given.filter(Boolean).join(' ');
  return rest && family ? `${family}, ${rest}` : family || rest;
}

/** Both ends of a long text: `1.2.840.113619…4021.17` */
export function middleEllipsis(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`;
}
