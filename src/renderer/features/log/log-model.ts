/** The lines on the screen: which match, how live ones join those that were fetched, never more than a bound. Pure. */

import type { DiagnosticsFile, LogComponent, LogLevel, LogLine } from '#shared/contract.ts';
import { LOG_LEVELS } from '#shared/contract.ts';

/** What is looked for. */
export interface LogFilter {
  /** This one and worse. */
  readonly level: LogLevel;
  readonly component?: LogComponent;
  readonly profileId?: string;
  readonly associationId?: string;
  readonly text: string;
}

export const noFilter: LogFilter = { level: 'info', text: '' };

/** How many lines a page holds. */
export const MOST_LINES = 5000;

/** Does the line match? The same rule as the receiver's `log-list`. */
export function matches(line: LogLine, filter: LogFilter): boolean {
  if (LOG_LEVELS.indexOf(line.level) > LOG_LEVELS.indexOf(filter.level)) return false;
  if (filter.component !== undefined && line.component !== filter.component) return false;
  if (filter.profileId !== undefined && line.profileId !== filter.profileId) return false;
  if (filter.associationId !== undefined && line.associationId !== filter.associationId) return false;
  const wanted = filter.text.trim().toLowerCase();
  return wanted === '' || `${line.message} ${line.code ?? ''}`.toLowerCase().includes(wanted);
}

/** Lines that match, oldest first. */
export interface Lines {
  readonly lines: readonly LogLine[];
  /** The newest line that was looked at, matching or not. */
  readonly seen: number;
  /** There may be older ones to fetch. */
  readonly more: boolean;
}

/** What came back from `log-list`, as the beginning. */
export function firstLines(
  fetched: readonly LogLine[],
  live: readonly LogLine[],
  filter: LogFilter,
  limit: number,
): Lines {
  const seen = fetched.at(-1)?.sequence ?? 0;
  return withLive({ lines: fetched, seen, more: fetched.length >= limit }, live, filter).lines;
}

/** The lines with those that came live. `gap`: some came and went between two looks, fetch again. */
export function withLive(
  old: Lines,
  live: readonly LogLine[],
  filter: LogFilter,
): { readonly lines: Lines; readonly gap: boolean } {
  const fresh = live.filter(({ sequence }) => sequence > old.seen);
  const last = fresh.at(-1);
  if (!last) return { lines: old, gap: false };
  const added = fresh.filter((line) => matches(line, filter));
  const gap = old.seen > 0 && fresh[0] === live[0] && fresh[0]!.sequence > old.seen + 1;
  const lines = added.length === 0 ? old.lines : [...old.lines, ...added].slice(-MOST_LINES);
  const dropped = old.lines.length + added.length > MOST_LINES;
  return { lines: { lines, seen: last.sequence, more: old.more || dropped }, gap };
}

/** The lines with older ones before them. */
export function withOlder(old: Lines, fetched: readonly LogLine[], limit: number): Lines {
  const first = old.lines[0]?.sequence ?? Number.POSITIVE_INFINITY;
  const added = fetched.filter(({ sequence }) => sequence < first);
  const room = Math.max(0, MOST_LINES - old.lines.length);
  const kept = room === 0 ? [] : added.slice(-room);
  return { ...old, lines: [...kept, ...old.lines], more: fetched.length >= limit };
}

/** How many live lines would be added: what the pause button shows. */
export function countFresh({ seen }: Lines, live: readonly LogLine[], filter: LogFilter): number {
  return live.filter((line) => line.sequence > seen && matches(line, filter)).length;
}

/** The argument of `log-list` and `log-export`: no keys without a value. */
export function filterArgument(filter: LogFilter): LogFilter {
  const { level, component, profileId, associationId, text } = filter;
  return {
    level,
    text: text.trim(),
    ...(component !== undefined && { component }),
    ...(profileId !== undefined && { profileId }),
    ...(associationId !== undefined && { associationId }),
  };
}

/** Several files as one text, each under a line with its name. */
export function bundleText(files: readonly DiagnosticsFile[]): string {
  return files.map(({ name, text }) => `===== ${name} =====\n${text.trimEnd()}\n`).join('\n');
}

/** A moment as part of a file's name: `2026-03-05-140312`. */
export function stamp(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

/** The number of an association, for where there is no room for its whole name. */
export function shortName(associationId: string): string {
  return `#${associationId.split('.').at(-1)}`;
}
