/** The upper layer state machine, as PS3.8 Table 9-10 prints it: what our acceptor and our requestor need of it. */

/** The state after each action (PS3.8 Tables 9-6 to 9-9). AE-6 has two ends: a refusal leads on to Sta13. */
const NEXT = {
  'AE-1': 'Sta4', // open the transport connection
  'AE-2': 'Sta5', // send A-ASSOCIATE-RQ
  'AE-3': 'Sta6', // A-ASSOCIATE confirmation (accept)
  'AE-4': 'Sta1', // A-ASSOCIATE confirmation (reject), close
  'AE-5': 'Sta2', // response to the connection: start ARTIM
  'AE-6': 'Sta3', // stop ARTIM, judge the request
  'AE-7': 'Sta6', // send A-ASSOCIATE-AC
  'AE-8': 'Sta13', // send A-ASSOCIATE-RJ, start ARTIM
  'DT-1': 'Sta6', // send P-DATA-TF
  'DT-2': 'Sta6', // P-DATA indication
  'AR-1': 'Sta7', // send A-RELEASE-RQ
  'AR-2': 'Sta8', // A-RELEASE indication
  'AR-3': 'Sta1', // A-RELEASE confirmation, close
  'AR-4': 'Sta13', // send A-RELEASE-RP, start ARTIM
  'AR-5': 'Sta1', // stop ARTIM
  'AR-6': 'Sta7', // P-DATA indication
  'AR-7': 'Sta8', // send P-DATA-TF
  'AR-8': 'Sta9', // A-RELEASE indication: both sides ask at once, and we are the requestor
  'AR-9': 'Sta11', // send A-RELEASE-RP
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

const STATES = ['Sta1', 'Sta2', 'Sta3', 'Sta4', 'Sta5', 'Sta6', 'Sta7', 'Sta8', 'Sta9', 'Sta11', 'Sta13'] as const;

export type State = (typeof STATES)[number];

NEXT satisfies Record<Action, State>;

/**
 * PS3.8 Table 9-10. Left out are Sta10 and Sta12, in which an acceptor waits that asks for the release itself: ours
 * never does. A cell without a meaning is null.
 */
const TABLE = {
  //        Sta1    Sta2    Sta3    Sta4    Sta5    Sta6    Sta7    Sta8    Sta9    Sta11   Sta13
  Evt1: /**/ ['AE-1', null, null, null, null, null, null, null, null, null, null], // A-ASSOCIATE request
  Evt2: /**/ [null, null, null, 'AE-2', null, null, null, null, null, null, null], // transport connection confirmation
  Evt3: /**/ [null, 'AA-1', 'AA-8', null, 'AE-3', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // A-ASSOCIATE-AC PDU received
  Evt4: /**/ [null, 'AA-1', 'AA-8', null, 'AE-4', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // A-ASSOCIATE-RJ PDU received
  Evt5: /**/ ['AE-5', null, null, null, null, null, null, null, null, null, null], // transport connection indication
  Evt6: /**/ [null, 'AE-6', 'AA-8', null, 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-7'], // A-ASSOCIATE-RQ PDU received
  Evt7: /**/ [null, null, 'AE-7', null, null, null, null, null, null, null, null], // A-ASSOCIATE response (accept)
  Evt8: /**/ [null, null, 'AE-8', null, null, null, null, null, null, null, null], // A-ASSOCIATE response (reject)
  Evt9: /**/ [null, null, null, null, null, 'DT-1', null, 'AR-7', null, null, null], // P-DATA request
  Evt10: /**/ [null, 'AA-1', 'AA-8', null, 'AA-8', 'DT-2', 'AR-6', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // P-DATA-TF PDU received
  Evt11: /**/ [null, null, null, null, null, 'AR-1', null, null, null, null, null], // A-RELEASE request
  Evt12: /**/ [null, 'AA-1', 'AA-8', null, 'AA-8', 'AR-2', 'AR-8', 'AA-8', 'AA-8', 'AA-8', 'AA-6'], // A-RELEASE-RQ PDU received
  Evt13: /**/ [null, 'AA-1', 'AA-8', null, 'AA-8', 'AA-8', 'AR-3', 'AA-8', 'AA-8', 'AR-3', 'AA-6'], // A-RELEASE-RP PDU received
  Evt14: /**/ [null, null, null, null, null, null, null, 'AR-4', 'AR-9', null, null], // A-RELEASE response
  Evt15: /**/ [null, null, 'AA-1', 'AA-2', 'AA-1', 'AA-1', 'AA-1', 'AA-1', 'AA-1', 'AA-1', null], // A-ABORT request
  Evt16: /**/ [null, 'AA-2', 'AA-3', null, 'AA-3', 'AA-3', 'AA-3', 'AA-3', 'AA-3', 'AA-3', 'AA-2'], // A-ABORT PDU received
  Evt17: /**/ [null, 'AA-5', 'AA-4', 'AA-4', 'AA-4', 'AA-4', 'AA-4', 'AA-4', 'AA-4', 'AA-4', 'AR-5'], // transport connection closed
  Evt18: /**/ [null, 'AA-2', null, null, null, null, null, null, null, null, 'AA-2'], // ARTIM timer expired
  Evt19: /**/ [null, 'AA-1', 'AA-8', null, 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-8', 'AA-7'], // unrecognized or invalid PDU received
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
