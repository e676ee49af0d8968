import { describe, expect, it } from 'vitest';
import { formatRoute, parseRoute } from '#renderer/api/routes.ts';
import { firstDraft, mistakeOf, optionsOf } from '#renderer/features/first-run/draft.ts';
import { changesInWords } from '#renderer/features/frame/changes.ts';
import { keyLabel, meaningOf } from '#renderer/features/frame/keys.ts';
import { reachable } from '#renderer/features/receiver/addresses.ts';
import { rateOf, readOff } from '#renderer/features/receiver/rates.ts';
import { refusalWords } from '#renderer/text/en/receiver.ts';
import {
  formatAgo,
  formatBrief,
  formatBytes,
  formatDicomDate,
  formatDuration,
  formatPatientName,
  formatPlural,
  formatRate,
  middleEllipsis,
} from '#renderer/text/format.ts';
import type { Refusal } from '#shared/events.ts';
import { applyEvents } from '#shared/state.ts';
import {
  listeningProfile,
  SAMPLE_HOST,
  SAMPLE_REFUSALS,
  sampleProfile,
  sampleState,
} from '../../support/sample-state.ts';

describe('format', () => {
  it('writes sizes as people say them', () => {
    expect([0, 1, 999, 1000, 1_449_000, 99_950_000, 230e9, 999_500, 3e15].map(formatBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1.0 kB',
      '1.4 MB',
      '100 MB',
      '230 GB',
      '1.0 MB',
      '3.0 PB',
    ]);
  });
  it('writes rates', () => {
    expect([0, 10, 14_720_000, 250e6].map(formatRate)).toEqual(['0 MB/s', '< 0.1 MB/s', '14.7 MB/s', '250 MB/s']);
  });
  it('writes durations', () => {
    const times = [0, 59_999, 60_000, 200_000, 3_600_000, 7_500_000, 3 * 86_400_000];
    expect(times.map(formatDuration)).toEqual(['0 s', '59 s', '1 min', '3 min 20 s', '1 h', '2 h 5 min', '3 days']);
    expect(formatAgo(1000, 2000)).toBe('just now');
    expect(formatAgo(1000, 13_400)).toBe('12 s ago');
    expect(formatPlural(1, 'file')).toBe('1 file');
    expect(formatPlural(12_345, 'file')).toBe('12,345 files');
  });
  it('writes times of this year without it, and those of other years without the minute', () => {
    const now = new Date(2026, 10, 24, 9, 0).getTime();
    expect(formatBrief(new Date(2026, 2, 5, 14, 3, 59).getTime(), now)).toBe('05 Mar, 14:03');
    expect(formatBrief(new Date(2025, 11, 31, 23, 59).getTime(), now)).toBe('31 Dec 2025');
  });
  it('writes what DICOM writes otherwise', () => {
    expect(formatPatientName('HARTLEY^MIRA^J=x')).toBe('HARTLEY, MIRA J');
    expect(formatPatientName('SOLO')).toBe('SOLO');
    expect(formatPatientName('')).toBe('');
    expect(formatDicomDate('20260305')).toBe('2026-03-05');
    expect(formatDicomDate('2026')).toBe('2026');
  });
  it('keeps both ends of a UID', () => {
    expect(middleEllipsis('1.2.840.113619.2.55.3.4021.17', 12)).toBe('1.2.84…21.17');
    expect(middleEllipsis('1.2.3', 12)).toBe('1.2.3');
  });
});

describe('routes', () => {
  it('reads what it writes', () => {
    for (const route of [{ screen: 'log', detail: 'a/b c%' }, { screen: 'settings' }] as const) {
      expect(parseRoute(formatRoute(route))).toEqual(route);
    }
  });
  it('goes home from anywhere else', () => {
    for (const hash of ['', '#/', '#/nowhere', '#x', '#/log/%E0%A4%A']) {
      expect(parseRoute(hash).screen).toBe(hash.includes('log') ? 'log' : 'receiver');
    }
  });
});

describe('meaningOf', () => {
  const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  const command = { ...none, ctrlKey: true };
  it('knows the keys with Ctrl and with ⌘, while typing too', () => {
    expect(meaningOf({ ...command, key: 'k' }, true)).toEqual({ kind: 'palette' });
    expect(meaningOf({ ...none, metaKey: true, key: 'K' }, true)).toEqual({ kind: 'palette' });
    expect(meaningOf({ ...command, key: 'f' }, false)).toEqual({ kind: 'search' });
    expect(meaningOf({ ...command, key: ',' }, false)).toEqual({ kind: 'screen', screen: 'settings' });
    expect(meaningOf({ ...command, key: '2' }, false)).toEqual({ kind: 'screen', screen: 'studies' });
  });
  it('leaves the rest to the browser', () => {
    for (const key of ['6', 'a', 'r']) expect(meaningOf({ ...command, key }, false)).toBeUndefined();
    expect(meaningOf({ ...command, shiftKey: true, key: 'K' }, false)).toBeUndefined();
    expect(meaningOf({ ...command, altKey: true, key: '2' }, false)).toBeUndefined();
  });
  it('takes ? as text where text is typed', () => {
    expect(meaningOf({ ...none, shiftKey: true, key: '?' }, false)).toEqual({ kind: 'shortcuts' });
    expect(meaningOf({ ...none, shiftKey: true, key: '?' }, true)).toBeUndefined();
    expect(meaningOf({ ...none, key: 'F9' }, true)).toEqual({ kind: 'blur' });
  });
  it('is written as the platform does', () => {
    expect([keyLabel('K', true), keyLabel('K', false)]).toEqual(['⌘K', 'Ctrl+K']);
  });
});

describe('reachable', () => {
  it('lists every address when it listens on all', () => {
    expect(reachable(SAMPLE_HOST, '::').addresses).toHaveLength(3);
    expect(reachable(SAMPLE_HOST, '').addresses).toHaveLength(3);
    expect(reachable(SAMPLE_HOST, '0.0.0.0').addresses.map(({ address }) => address)).toEqual([
      '192.0.2.17',
      '198.51.100.4',
    ]);
  });
  it('lists the one it is bound to, and says when nobody else can reach it', () => {
    expect(reachable(SAMPLE_HOST, '198.51.100.4')).toMatchObject({
      isLocal: false,
      addresses: [{ address: '198.51.100.4', note: 'IPv4, eth1' }],
    });
    for (const bound of ['127.0.0.1', '::1', 'localhost']) expect(reachable(SAMPLE_HOST, bound).isLocal).toBe(true);
  });
});

describe('rates', () => {
  it('are those of the last seconds', () => {
    const at = (bytes: number) => [{ associationId: 'a', bytes }];
    let readings = readOff(new Map(), at(0), 1000);
    expect(rateOf(readings, 'a')).toBeUndefined();
    readings = readOff(readings, at(2_000_000), 2000);
    expect(rateOf(readings, 'a')).toBe(2_000_000);
    readings = readOff(readings, at(2_000_000), 9000);
    readings = readOff(readings, at(2_000_000), 10_000);
    expect(rateOf(readings, 'a')).toBe(0);
    expect(readOff(readings, [], 11_000).size).toBe(0);
  });
});

describe('refusalWords', () => {
  const names = { valueName: 'CT Image Storage', titles: ['STUDYPORT'] };
  const base = SAMPLE_REFUSALS[0]!;
  const words = (more: Partial<Refusal>, titles = names.titles) =>
    refusalWords({ ...base, ...more }, { ...names, titles });

  it('says who called for whom', () => {
    expect(words({}).what).toBe('CT02 called for AE “STORESCP”, this receiver is “STUDYPORT”.');
    expect(words({}, ['A', 'B', 'C']).what).toContain('“A”, “B” or “C”');
    expect(words({}, ['A', 'B', 'C', 'D', 'E']).what).toContain('“A”, “B”, “C” or 2 others');
    expect(words({ callingAeTitle: '' }).what).toMatch(/^An unnamed caller/);
  });

  it('gives the reason of the engine where it says what to do', () => {
    for (const code of [
      'tls-certificate-missing',
      'tls-certificate-refused',
      'tls-version',
      'tls-cipher',
      'tls-failed',
    ]) {
      const { what, why } = words({ code, callingAeTitle: '', message: 'The reason.' });
      expect(what).toContain('could not be connected with TLS');
      expect(why).toBe('The reason.');
    }
    expect(words({ code: 'user-identity-refused', message: 'The reason.' }).why).toMatch(/^The reason\. /);
  });

  it('has words of its own for every refusal of the engine', () => {
    const codes = [
      'caller-limit-exceeded',
      'locked-out',
      'tls-expected',
      'tls-not-offered',
      'tls-own-certificate-refused',
      'protocol-version-not-supported',
      'application-context-not-supported',
      'calling-ae-title-not-recognized',
      'called-ae-title-not-recognized',
      'address-not-accepted',
      'temporary-congestion',
      'local-limit-exceeded',
      'sop-class-refused',
      'transfer-syntax-refused',
    ];
    for (const code of codes) {
      const { what, why } = words({ code, message: 'RAW' });
      expect(`${what} ${why}`, code).not.toContain('RAW');
      expect(why, code).toMatch(/\.$/);
    }
  });

  it('falls back to the message for what it does not know', () => {
    expect(words({ code: 'something-new', message: 'Because.' }).why).toBe('Because.');
    expect(words({ code: 'object-refused', message: 'Because.' }).why).toBe('Because.');
  });
});

describe('changesInWords', () => {
  const before = sampleState([listeningProfile()]);
  it('says failures at once, in the words of the problem', () => {
    const problem = { code: 'x', message: 'The disk is full.' };
    const run = { phase: 'failed' as const, since: 0, problem };
    const after = applyEvents(before, [{ type: 'run-changed', profileId: 'profile-1', run }]);
    expect(changesInWords(before, after)).toEqual([
      { message: 'Reading room: Error. The disk is full.', assertive: true },
    ]);
  });
  it('says complete studies politely, once, and without names', () => {
    const study = {
      studyInstanceUid: '1.2',
      patientName: 'HARTLEY^MIRA',
      description: 'KNEE',
      modality: 'MR',
      instances: 3,
      lastReceived: 0,
      status: 'complete' as const,
    };
    const after = applyEvents(before, [{ type: 'studies-changed', profileId: 'profile-1', studies: [study] }]);
    expect(changesInWords(before, after)).toEqual([{ message: 'Study complete: MR, 3 images.', assertive: false }]);
    const again = applyEvents(after, [{ type: 'studies-changed', profileId: 'profile-1', studies: [study] }]);
    expect(changesInWords(after, again)).toEqual([]);
  });
  it('says refused callers, and nothing of files', () => {
    const after = applyEvents(before, [{ type: 'refused', profileId: 'profile-1', refusal: SAMPLE_REFUSALS[0]! }]);
    expect(changesInWords(before, after)).toEqual([{ message: 'Refused: CT02.', assertive: false }]);
    const files = applyEvents(before, [
      { type: 'files-stored', profileId: 'profile-1', files: [], count: 3, bytes: 1 },
    ]);
    expect(changesInWords(before, files)).toEqual([]);
  });
});

describe('first run', () => {
  it('begins with what is there, or with a suggestion', () => {
    expect(firstDraft(sampleProfile(), SAMPLE_HOST)).toEqual({
      folder: '/home/radiology/dicom',
      aeTitle: 'STUDYPORT',
      port: 11112,
    });
    expect(firstDraft(undefined, { ...SAMPLE_HOST, platform: 'win32', homeFolder: 'C:\\Users\\a' }).folder).toBe(
      'C:\\Users\\a\\Studyport',
    );
  });
  it('keeps every other option of the profile', () => {
    const profile = sampleProfile({}, { studyTimeout: 7 });
    const draft = { folder: '/x', aeTitle: 'ABC', port: 104 };
    expect(optionsOf(draft, profile)).toMatchObject({
      studyTimeout: 7,
      outDir: '/x',
      callingAeTitle: 'ABC',
      port: 104,
    });
  });
  it('says what is wrong by the schema of the receiver', () => {
    const draft = { folder: '/x', aeTitle: 'ABC', port: 104 };
    expect(mistakeOf(draft, undefined, 'callingAeTitle')).toBeUndefined();
    expect(mistakeOf({ ...draft, aeTitle: 'A\\B' }, undefined, 'callingAeTitle')).toContain('backslash');
    expect(mistakeOf({ ...draft, port: undefined }, undefined, 'port')).toBe('This is required.');
    expect(mistakeOf({ ...draft, folder: ' ' }, undefined, 'outDir')).toBeDefined();
  });
});
