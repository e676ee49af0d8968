/** Which notifications a person gets: news is gathered for a while and told as one, without names unless they chose so. */

import type { Settings } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';
import { text } from './text.ts';

export type News =
  | { readonly kind: 'complete'; readonly study: string; readonly patientName: string; readonly images: number }
  | { readonly kind: 'refused'; readonly refusalId: string; readonly callingAeTitle: string }
  | { readonly kind: 'disk'; readonly code: string; readonly message: string };

export interface Notice {
  readonly kind: News['kind'];
  readonly title: string;
  readonly body: string;
}

/** How many names or titles one notification lists. */
const LISTED = 3;

/** What an event brings that a person may want to be told. */
export function newsOf(event: ReceiverEvent, before: ReceiverState): readonly News[] {
  switch (event.type) {
    case 'studies-changed': {
      const known = new Map(
        before.profiles
          .find(({ profile }) => profile.id === event.profileId)
          ?.studies.map(({ studyInstanceUid, status }) => [studyInstanceUid, status]),
      );
      return event.studies
        .filter(({ studyInstanceUid, status }) => status === 'complete' && known.get(studyInstanceUid) !== 'complete')
        .map(({ studyInstanceUid, patientName, instances }) => ({
          kind: 'complete',
          study: studyInstanceUid,
          patientName,
          images: instances,
        }));
    }
    case 'refused':
      return [
        {
          kind: 'refused',
          refusalId: event.refusal.refusalId,
          callingAeTitle: event.refusal.callingAeTitle,
        },
      ];
    case 'degraded': {
      const known = before.profiles.find(({ profile }) => profile.id === event.profileId)?.degraded ?? [];
      return event.problems
        .filter(({ code }) => !known.some((old) => old.code === code))
        .map(({ code, message }) => ({ kind: 'disk', code, message }));
    }
    default:
      return [];
  }
}

/** Does this person want to hear of it? */
export function isWanted(news: News, settings: Settings): boolean {
  switch (news.kind) {
    case 'complete':
      return settings.notifyStudyComplete;
    case 'refused':
      return settings.notifyRefusedCaller;
    case 'disk':
      return settings.notifyDisk;
  }
}

/** What is told at the end of a while: at most one notification of each kind. */
export function digest(gathered: readonly News[], settings: Settings): readonly Notice[] {
  const wanted = gathered.filter((news) => isWanted(news, settings));
  const notices: Notice[] = [];

  const studies = [
    ...new Map(wanted.filter((news) => news.kind === 'complete').map((one) => [one.study, one])).values(),
  ];
  if (studies.length > 0) {
    const images = studies.reduce((sum, study) => sum + study.images, 0);
    const names =
      settings.notifyWithNames && !settings.privacyBlur ? studies.map(({ patientName }) => patientName) : [];
    notices.push({
      kind: 'complete',
      title: text.notification.complete(studies.length),
      body: [list(names.filter((name) => name !== '')), text.notification.completeBody(images)]
        .filter((line) => line !== '')
        .join('\n'),
    });
  }

  const refused = wanted.filter((news) => news.kind === 'refused');
  if (refused.length > 0) {
    const titles = [...new Set(refused.map((one) => one.callingAeTitle.trim() || text.notification.unnamedCaller))];
    notices.push({
      kind: 'refused',
      title: text.notification.refused(titles.length),
      body: text.notification.refusedBody([list(titles)]),
    });
  }

  const problems = new Set(wanted.filter((news) => news.kind === 'disk').map(({ message }) => message));
  if (problems.size > 0) {
    notices.push({ kind: 'disk', title: text.notification.disk, body: [...problems].slice(0, LISTED).join('\n') });
  }
  return notices;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${shown} ${text.notification.more(names.length - LISTED)}` : shown;
}

/** How long the same refusal is not told again: a modality tries every few seconds. */
const SILENCE = 60 * 60_000;

/** Remembers what was told, so that nobody hears the same thing again and again. */
export function createMemory(): (news: readonly News[], now: number) => readonly News[] {
  const told = new Map<string, number>();
  return (news, now) =>
    news.filter((one) => {
      if (one.kind === 'complete') return true;
      const key = one.kind === 'refused' ? one.refusalId : one.code;
      const silent = now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < SILENCE;
      if (!silent) told.set(key, now);
      if (told.size > 1000) told.delete(told.keys().next().value!);
      return !silent;
    });
}
