/** The upper layer state machine of an acceptor, as PS3.8 Table 9-10 prints it. */

/** The state after each action (PS3.8 Tables 9-6 to 9-9). AE-6 has two ends: a refusal leads on to Sta13. */
const NEXT = {
  'AE-5': 'Sta2', // response to the connection: start ARTIM
  'AE-6': 'Sta3', // stop ARTIM, judge the request
  'AE-7': 'Sta6', // send A-ASSOCIATE-AC
  'AE-8': 'Sta13', // send A-ASSOCIATE-RJ, start ARTIM
  'DT-1': 'Sta6', // send P-DATA-TF
  'DT-2': 'Sta6', // P-DATA indication
  'AR-2': 'Sta8', // A-RELEASE indication
  'AR-4': 'Sta13', // send A-RELEASE-RP, start ARTIM
  'AR-5': 'Sta1', // stop ARTIM
  'AR-7': 'Sta8', // send P-DATA-TF
  'AA-1': 'Sta13', // send A-ABORT (service-user), start ARTIM
  'AA-2': 'Sta1', // stop ARTIM, close
  'AA-3': 'Sta1', // A-ABORT indication, close
  'AA-4': 'Sta1', // A-P-ABORT indication
  'AA-5': 'Sta1', // stop ARTIM
  'AA-6': 'Sta13', // ignore
  'AA-7': 'Sta13', // send A-ABORT
  'AA-8': 'Sta13', // send A-ABORT (service-provider), A-P-ABORT indication, start ARTIM
} as const;

export type Action = keyof typeof NEXT;
export type State = 'Sta1' | 'Sta2' | 'Sta3' | 'Sta6' | 'Sta8' | 'Sta13';

NEXT satisfies Record<Action, State>;

const STATES = ['Sta1', 'Sta2', 'Sta3', 'Sta6', 'Sta8', 'Sta13'] as const satisfies readonly State[];

/** PS3.8 Table 9-10, the columns of an acceptor. A cell without a meaning is null. */
const TABLE = {
  //       Sta1    Sta2    Sta3    Sta6    Sta8    Sta13
  Evt3: /**/ [null, 'AA-1', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // A-ASSOCIATE-AC PDU received
  Evt4: /**/ [null, 'AA-1', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // A-ASSOCIATE-RJ PDU received
  Evt5: /**/ ['AE-5', null, null, null, null, null], // transport connection indication
  Evt6: /**/ [null, 'AE-6', 'AA-8', 'AA-8', 'AA-8', 'AA-7'], // A-ASSOCIATE-RQ PDU received
  Evt7: /**/ [null, null, 'AE-7', null, null, null], // A-ASSOCIATE response (accept)
  Evt8: /**/ [null, null, 'AE-8', null, null, null], // A-ASSOCIATE response (reject)
  Evt9: /**/ [null, null, null, 'DT-1', 'AR-7', null], // P-DATA request
  Evt10: /**/ [null, 'AA-1', 'AA-8', 'DT-2', 'AA-8', 'AA-6'], // P-DATA-TF PDU received
  Evt12: /**/ [null, 'AA-1', 'AA-8', 'AR-2', 'AA-8', 'AA-6'], // A-RELEASE-RQ PDU received
  Evt13: /**/ [null, 'AA-1', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // A-RELEASE-RP PDU received
  Evt14: /**/ [null, null, null, null, 'AR-4', null], // A-RELEASE response
  Evt15: /**/ [null, null, 'AA-1', 'AA-1', 'AA-1', null], // A-ABORT request
  Evt16: /**/ [null, 'AA-2', 'AA-3', 'AA-3', 'AA-3', 'AA-2'], // A-ABORT PDU received
  Evt17: /**/ [null, 'AA-5', 'AA-4', 'AA-4', 'AA-4', 'AR-5'], // transport connection closed
  Evt18: /**/ [null, 'AA-2', null, null, null, 'AA-2'], // ARTIM timer expired
  Evt19: /**/ [null, 'AA-1', 'AA-8', 'AA-8', 'AA-8', 'AA-7'], // unrecognized or invalid PDU received
} as const satisfies Record<string, readonly (Action | null)[]>;

export type StateEvent = keyof typeof TABLE;

/**
 * What happens on an event in a state, and the state after it.
 * Undefined where the table has no cell: such an event cannot occur and means nothing.
 */
export function transition(state: State, event: StateEvent): { action: Action; next: State } | undefined {
  const action = TABLE[event][STATES.indexOf(state)];
  return action ? { action, next: NEXT[action] } : undefined;
}
