/** What the first run asks for, and what becomes of it. Pure. */

import type { Problem, Profile, ProfileOptions } from '#shared/contract.ts';
import { checkProfileOptions } from '#shared/contract.ts';
import type { HostInfo } from '#shared/events.ts';

export interface Draft {
  readonly folder: string;
  readonly aeTitle: string;
  readonly port: number | undefined;
}

/** The profile that is there already, or a suggestion. */
export function firstDraft(profile: Profile | undefined, host: HostInfo): Draft {
  const { outDir, callingAeTitle, port } = profile?.options ?? {};
  const separator = host.platform === 'win32' ? '\\' : '/';
  return {
    folder: outDir ?? `${host.homeFolder}${separator}Studyport`,
    aeTitle: callingAeTitle ?? 'STUDYPORT',
    port: typeof port === 'number' ? port : 11112,
  };
}

/** The options of the profile with what was answered. Files with their header: viewers open them. */
export function optionsOf(draft: Draft, profile: Profile | undefined): Record<string, unknown> {
  const others: Partial<ProfileOptions> = profile?.options ?? { storeWithFileMeta: true, checksums: true };
  return {
    ...others,
    storageBackend: 'Filesystem',
    outDir: draft.folder.trim(),
    callingAeTitle: draft.aeTitle.trim(),
    port: draft.port,
  };
}

/** What is wrong with one answer, as a sentence. */
export function mistakeOf(draft: Draft, profile: Profile | undefined, option: string): string | undefined {
  const problems: readonly Problem[] = checkProfileOptions(optionsOf(draft, profile), profile?.secrets ?? []);
  const problem = problems.find(({ field }) => field === option);
  return problem && `This ${problem.message}.`;
}
