/** Words about retention, verification and duplicates. */

import { formatBytes, formatCount, formatDate, formatPlural } from '#renderer/text/format.ts';
import type { KeptBecause, RetentionPreview, VerificationCounts, VerificationFinding } from '#shared/guards.ts';

const studies = (count: number) => (count === 1 ? '1 study' : `${formatCount(count)} studies`);
const files = (count: number) => formatPlural(count, 'file');

export const guards = {
  group: 'Keeping and checking',
  retention: {
    title: 'Old studies',
    description:
      'Lets whole studies go by themselves when they are old, or when all together take too much room. Saved and looked at every hour; nothing restarts.',
    inBucket:
      'This profile stores to S3. What is in the bucket is not removed from here: give the bucket lifecycle rules instead.',
    on: 'Remove old studies',
    onHelp:
      'Off: everything stays until somebody removes it. A study that is being received or waits to be uploaded never goes.',
    days: 'When nothing has come for',
    daysHelp: 'Days since the last object of the study came. Empty: age alone is no reason.',
    daysUnit: 'days',
    maxBytes: 'When all studies take more than',
    maxBytesHelp: 'The oldest go until the rest is below this, for example 500 GiB. Empty: no limit.',
    mode: 'They go',
    modeHelp: 'The trash can be emptied by hand; until then it takes as much room as before.',
    modes: { trash: 'to the trash', delete: 'for good (deleted)' },
    preview: 'Show what would go now',
    save: 'Save',
    off: 'Old studies stay.',
    saved: (count: number) => (count === 0 ? 'Saved. Nothing is old enough now.' : `Saved. ${studies(count)} go now.`),
    needs: 'Give an age, a size, or both.',
    confirmTitle: 'Remove old studies from now on?',
    confirm: 'Save and remove',
    confirmNothing: 'Save',
    forGood: 'They are deleted. Nobody can bring them back.',
    toTrash: 'They go to the trash of this machine.',
    changed: 'not saved',
    result: ({ studies: count, instances, bytes, oldest, newest, staying }: RetentionPreview): string => {
      if (count === 0) return `Nothing would go now. ${studies(staying.studies)} (${formatBytes(staying.bytes)}) stay.`;
      const from = formatDate(oldest ?? 0);
      const to = formatDate(newest ?? 0);
      const when = from === to ? `on ${from}` : `between ${from} and ${to}`;
      return `${studies(count)} with ${formatPlural(instances, 'object')} (${formatBytes(bytes)}), last received ${when}, would go now. ${studies(staying.studies)} (${formatBytes(staying.bytes)}) would stay.`;
    },
    kept: (because: KeptBecause, count: number, bytes: number): string => {
      const why: Readonly<Record<KeptBecause, string>> = {
        receiving: 'still being received',
        'not-uploaded': 'not uploaded yet',
        elsewhere: 'in another folder than the profile has now',
      };
      return `${studies(count)} (${formatBytes(bytes)}) would go as well, but stay: ${why[because]}.`;
    },
  },
  verification: {
    title: 'Stored files',
    description:
      'Reads every stored file again, slowly, and compares it with the checksum taken while it was received. Finds what a bad disk or a careless hand has changed or removed.',
    every: 'Verify by itself',
    everyHelp: 'Files that were received without a checksum get one when they are seen for the first time.',
    choices: {
      off: 'Only when asked',
      '7': 'Every week',
      '30': 'Every month (30 days)',
      '90': 'Every three months (90 days)',
    },
    saved: 'Saved.',
    start: 'Verify now',
    again: 'Verify again',
    cancel: 'Cancel',
    running: 'Verifying stored files',
    progress: (done: number, total: number) => `${formatCount(done)} of ${files(total)}`,
    never: 'Nothing has been verified yet.',
    last: (ago: string, { sound, firstSeen, inBucket, bytes }: VerificationCounts, outcome: string): string => {
      const looked = `${files(sound)} as received`;
      const seen = firstSeen > 0 ? `, ${files(firstSeen)} seen for the first time` : '';
      const bucket = inBucket > 0 ? `, ${formatPlural(inBucket, 'object')} in S3 not verified here` : '';
      const cut = outcome === 'cancelled' ? ' It was cut short.' : outcome === 'partial' ? ' Only one study.' : '';
      return `Last time, ${ago}: ${looked}${seen}${bucket} (${formatBytes(bytes)}).${cut}`;
    },
    checksumsOff:
      'Checksums are off for this profile: what is received from now on gets its checksum only when it is verified for the first time. Turn on Storage › Checksums.',
    wrong: (count: number) => `${files(count)} ${count === 1 ? 'is' : 'are'} not as received`,
    nothingWrong: 'All files that were looked at are as received.',
    what: 'Bring them back from a backup; or delete the damaged ones and let the sender send the study again. Then verify again. A study that nobody needs any more can be removed in Studies.',
    kinds: { damaged: 'Damaged', missing: 'Missing', unreadable: 'Unreadable' } satisfies Record<
      VerificationFinding['kind'],
      string
    >,
    list: 'Files that are not as received',
    more: (count: number) => `and ${formatCount(count)} more`,
    path: 'path',
    study: 'Verify this study',
  },
  quarantine: 'Show the quarantine',
  duplicates: {
    label: 'Sent again',
    counts: (equal: number, keptBoth: number, replaced: number, refused: number): string =>
      [
        equal > 0 && `${formatCount(equal)} equal`,
        keptBoth > 0 && `${formatCount(keptBoth)} kept beside the first`,
        replaced > 0 && `${formatCount(replaced)} replaced the first`,
        refused > 0 && `${formatCount(refused)} refused`,
      ]
        .filter(Boolean)
        .join(', '),
    versions: (count: number) => `${count} versions`,
    versionsHelp: (count: number) => `${count} objects came under this SOP Instance UID, with different contents`,
  },
} as const;
