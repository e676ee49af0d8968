/** States of the receiver as a page gets them: a quiet one, a busy one. Names of patients are invented. */

import type { Profile, ProfileOptions } from '#shared/contract.ts';
import { defaultSettings } from '#shared/contract.ts';
import type { AssociationState, FileRow, HostInfo, Refusal } from '#shared/events.ts';
import { newProfile, type ProfileState, type ReceiverState } from '#shared/state.ts';

export const SAMPLE_HOST: HostInfo = {
  kind: 'headless',
  version: '0.1.0',
  platform: 'linux',
  hostName: 'reading-room-3',
  addresses: [
    { address: '192.0.2.17', family: 'IPv4', interface: 'eth0' },
    { address: '198.51.100.4', family: 'IPv4', interface: 'eth1' },
    { address: '2001:db8:42::17', family: 'IPv6', interface: 'eth0' },
  ],
  canPickFolder: false,
  canReveal: false,
  canStartAtLogin: false,
  canTray: false,
  secrets: { kind: 'file', message: 'Secrets are kept in a file that only you can read.' },
  dataFolder: '/home/radiology/.local/share/studyport',
  homeFolder: '/home/radiology',
};

export function sampleProfile(more: Partial<Profile> = {}, options: Partial<ProfileOptions> = {}): Profile {
  return {
    id: 'profile-1',
    name: 'Reading room',
    autoStart: true,
    secrets: [],
    options: {
      port: 11112,
      callingAeTitle: 'STUDYPORT',
      outDir: '/home/radiology/dicom',
      storeWithFileMeta: true,
      acceptedCalledAeTitles: ['STUDYPORT'],
      ...options,
    },
    ...more,
  };
}

export function stoppedProfile(profile: Profile = sampleProfile()): ProfileState {
  return { ...newProfile(profile, Date.now() - 60_000), freeBytes: 212_000_000_000 };
}

export function listeningProfile(profile: Profile = sampleProfile()): ProfileState {
  const { port, callingAeTitle = 'STORE-SCP', outDir = '' } = profile.options;
  return {
    ...stoppedProfile(profile),
    run: {
      phase: 'listening',
      since: Date.now() - 3_600_000,
      address: { host: '::', port: Number(port), aeTitle: callingAeTitle, storage: outDir },
    },
  };
}

export function sampleAssociation(more: Partial<AssociationState> = {}): AssociationState {
  return {
    associationId: 'profile-1:1:7',
    callingAeTitle: 'CT01',
    calledAeTitle: 'STUDYPORT',
    remoteAddress: '192.0.2.40',
    opened: Date.now() - 74_000,
    outcome: 'open',
    contexts: [
      { id: 1, abstractSyntax: '1.2.840.10008.5.1.4.1.1.2', transferSyntax: '1.2.840.10008.1.2.1', result: 0 },
      { id: 3, abstractSyntax: '1.2.840.10008.5.1.4.1.1.7', transferSyntax: '1.2.840.10008.1.2.1', result: 0 },
      { id: 5, abstractSyntax: '1.3.12.2.1107.5.9.1', transferSyntax: '', result: 3 },
    ],
    files: 212,
    bytes: 111_700_000,
    ...more,
  };
}

const PATIENTS = ['HARTLEY^MIRA', 'OKAFOR^TOBIAS^J', 'LINDQVIST^ANNA', 'DUVAL^CLAIRE'];
const KINDS = [
  ['CT', '1.2.840.10008.5.1.4.1.1.2', 526_000],
  ['MR', '1.2.840.10008.5.1.4.1.1.4', 133_000],
  ['US', '1.2.840.10008.5.1.4.1.1.6.1', 921_000],
  ['SR', '1.2.840.10008.5.1.4.1.1.88.33', 14_000],
] as const;

/** File number `index` of an endless stream. */
export function sampleFile(index: number, time = Date.now()): FileRow {
  const kind = Math.floor(index / 40) % KINDS.length;
  const [modality, sopClassUid, size] = KINDS[kind]!;
  const study = `1.2.826.0.1.3680043.8.498.${1000 + kind}`;
  const uid = `${study}.1.${index + 1}`;
  return {
    time,
    file: `/home/radiology/dicom/${study}/${study}.1/${uid}.dcm`,
    sopInstanceUid: uid,
    sopClassUid,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid: study,
    patientName: PATIENTS[kind]!,
    modality,
    size: size + (index % 7) * 11,
    outcome: index % 61 === 60 ? 'kept-both' : index % 97 === 96 ? 'quarantined' : 'new',
    callingAeTitle: kind === 1 ? 'MR02' : 'CT01',
  };
}

export const SAMPLE_REFUSALS: readonly Refusal[] = [
  {
    refusalId: 'r1',
    time: Date.now() - 25_000,
    count: 4,
    code: 'called-ae-title-not-recognized',
    callingAeTitle: 'CT02',
    calledAeTitle: 'STORESCP',
    remoteAddress: '192.0.2.41',
    value: 'STORESCP',
    message: 'The called AE title is not accepted.',
    fixes: [{ kind: 'accept-called-title', value: 'STORESCP' }],
  },
  {
    refusalId: 'r2',
    time: Date.now() - 190_000,
    count: 1,
    code: 'sop-class-refused',
    callingAeTitle: 'US04',
    calledAeTitle: 'STUDYPORT',
    remoteAddress: '192.0.2.44',
    value: '1.2.840.113619.4.27',
    message: 'The SOP class is not accepted.',
    fixes: [{ kind: 'accept-sop-class', value: '1.2.840.113619.4.27' }],
  },
];

export function busyProfile(profile: Profile = sampleProfile()): ProfileState {
  const now = Date.now();
  const files = Array.from({ length: 160 }, (_, index) => sampleFile(index, now - (160 - index) * 130)).toReversed();
  return {
    ...listeningProfile(profile),
    associations: [
      sampleAssociation({ associationId: `${profile.id}:1:7` }),
      sampleAssociation({
        associationId: `${profile.id}:1:8`,
        callingAeTitle: 'MR02',
        remoteAddress: '192.0.2.52',
        opened: now - 9_000,
        files: 31,
        bytes: 4_200_000,
        contexts: [
          { id: 1, abstractSyntax: '1.2.840.10008.5.1.4.1.1.4', transferSyntax: '1.2.840.10008.1.2', result: 0 },
        ],
      }),
    ],
    ended: [],
    files,
    refusals: SAMPLE_REFUSALS,
    samples: Array.from({ length: 220 }, (_, index) => ({
      time: Math.floor(now / 1000) * 1000 - (219 - index) * 1000,
      files: Math.max(0, Math.round(28 + 22 * Math.sin(index / 17) + 9 * Math.sin(index / 3))),
      bytes: Math.max(0, Math.round(1e6 * (14 + 11 * Math.sin(index / 17) + 4 * Math.sin(index / 3)))),
    })),
    totals: {
      files: 12_480,
      bytes: 6_310_000_000,
      associations: 61,
      refused: 5,
      duplicates: { equal: 12, replaced: 0, keptBoth: 2, refused: 0 },
    },
    lastContact: { time: now - 400, callingAeTitle: 'CT01', remoteAddress: '192.0.2.40' },
  };
}

export function sampleState(profiles: readonly ProfileState[], more: Partial<ReceiverState> = {}): ReceiverState {
  return {
    host: SAMPLE_HOST,
    settings: { ...defaultSettings, firstRunDone: true },
    profiles,
    notices: [],
    log: [],
    historyVersion: 0,
    rulesVersion: 0,
    unsavedEdits: 0,
    ...more,
  };
}
