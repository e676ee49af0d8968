/** States of a receiver for the tests of what the shell decides. */

import type { Profile } from '../../../../src/shared/contract.ts';
import { defaultSettings } from '../../../../src/shared/contract.ts';
import type {
  AssociationState,
  HostInfo,
  LiveStudy,
  ReceiverEvent,
  Refusal,
  RunPhase,
} from '../../../../src/shared/events.ts';
import type { ReceiverState } from '../../../../src/shared/state.ts';
import { applyEvents, initialState } from '../../../../src/shared/state.ts';

const host: HostInfo = {
  kind: 'electron',
  version: '1.0.0',
  platform: 'linux',
  hostName: 'ws1',
  addresses: [],
  canPickFolder: true,
  canReveal: true,
  canStartAtLogin: true,
  canTray: true,
  secrets: { kind: 'keychain', message: '' },
  dataFolder: '/data',
  homeFolder: '/home/user',
};

/** A state in which these things have happened. */
export function stateAfter(...events: readonly ReceiverEvent[]): ReceiverState {
  return applyEvents(initialState(host, defaultSettings), events);
}

export const saved = (id: string): ReceiverEvent => ({
  type: 'profile-saved',
  profile: { id, name: id.toUpperCase(), autoStart: true, options: {} as Profile['options'], secrets: [] },
});

export const run = (profileId: string, phase: RunPhase): ReceiverEvent => ({
  type: 'run-changed',
  profileId,
  run: { phase, since: 0 },
});

export const opened = (profileId: string, associationId: string): ReceiverEvent => ({
  type: 'association-opened',
  profileId,
  association: {
    associationId,
    callingAeTitle: 'CT01',
    calledAeTitle: 'STUDYPORT',
    remoteAddress: '10.0.0.1',
    opened: 0,
    outcome: 'open',
    contexts: [],
    files: 0,
    bytes: 0,
  } satisfies AssociationState,
});

export const study = (uid: string, status: LiveStudy['status'], patientName = 'Geheim^Paula'): LiveStudy => ({
  studyInstanceUid: uid,
  patientName,
  description: 'CHEST',
  modality: 'CT',
  instances: 10,
  lastReceived: 0,
  status,
});

export const refusal = (refusalId: string, callingAeTitle = 'CT02'): Refusal => ({
  refusalId,
  time: 0,
  count: 1,
  code: 'sop-class-refused',
  callingAeTitle,
  calledAeTitle: 'STUDYPORT',
  remoteAddress: '10.0.0.2',
  value: '1.2.3',
  message: '',
  fixes: [],
});
