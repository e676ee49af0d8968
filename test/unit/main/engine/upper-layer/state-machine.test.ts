/** PS3.8 Table 9-10, the columns of an acceptor, written out again from the standard and compared cell by cell. */
import { describe, expect, test } from 'vitest';
import type { State, StateEvent } from '#main/engine/upper-layer/state-machine.ts';
import { transition } from '#main/engine/upper-layer/state-machine.ts';

const STATES: readonly State[] = ['Sta1', 'Sta2', 'Sta3', 'Sta6', 'Sta8', 'Sta13'];

/** Action and next state as the standard prints them ("AE-6 Sta3/13": here the state of the good end); blank where it is. */
const STANDARD: Readonly<Record<StateEvent, readonly string[]>> = {
  // Event     Sta1          Sta2           Sta3          Sta6          Sta8          Sta13
  Evt3: /**/ ['', /*     */ 'AA-1 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-6 Sta13'],
  Evt4: /**/ ['', /*     */ 'AA-1 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-6 Sta13'],
  Evt5: /**/ ['AE-5 Sta2', '', '', '', '', ''],
  Evt6: /**/ ['', /*     */ 'AE-6 Sta3', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-7 Sta13'],
  Evt7: /**/ ['', '', /* */ 'AE-7 Sta6', '', '', ''],
  Evt8: /**/ ['', '', /* */ 'AE-8 Sta13', '', '', ''],
  Evt9: /**/ ['', '', '', /**/ 'DT-1 Sta6', 'AR-7 Sta8', ''],
  Evt10: /**/ ['', /*    */ 'AA-1 Sta13', 'AA-8 Sta13', 'DT-2 Sta6', 'AA-8 Sta13', 'AA-6 Sta13'],
  Evt12: /**/ ['', /*    */ 'AA-1 Sta13', 'AA-8 Sta13', 'AR-2 Sta8', 'AA-8 Sta13', 'AA-6 Sta13'],
  Evt13: /**/ ['', /*    */ 'AA-1 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-6 Sta13'],
  Evt14: /**/ ['', '', '', '', /**/ 'AR-4 Sta13', ''],
  Evt15: /**/ ['', '', /**/ 'AA-1 Sta13', 'AA-1 Sta13', 'AA-1 Sta13', ''],
  Evt16: /**/ ['', /*    */ 'AA-2 Sta1', 'AA-3 Sta1', 'AA-3 Sta1', 'AA-3 Sta1', 'AA-2 Sta1'],
  Evt17: /**/ ['', /*    */ 'AA-5 Sta1', 'AA-4 Sta1', 'AA-4 Sta1', 'AA-4 Sta1', 'AR-5 Sta1'],
  Evt18: /**/ ['', /*    */ 'AA-2 Sta1', '', '', '', 'AA-2 Sta1'],
  Evt19: /**/ ['', /*    */ 'AA-1 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-8 Sta13', 'AA-7 Sta13'],
};

describe('the state machine of an acceptor (PS3.8 Table 9-10)', () => {
  const cells = Object.entries(STANDARD).flatMap(([event, row]) =>
    STATES.map((state, column) => ({ event: event as StateEvent, state, cell: row[column] ?? 'no such cell' })),
  );

  test.each(cells)('$event in $state: $cell', ({ event, state, cell }) => {
    const step = transition(state, event);
    expect(step ? `${step.action} ${step.next}` : '').toBe(cell);
  });

  test('every row has a cell for every state', () => {
    expect(cells).toHaveLength(16 * 6);
    expect(cells.every(({ cell }) => cell === '' || /^A[AER]-\d Sta\d+$|^DT-\d Sta6$/.test(cell))).toBe(true);
  });
});
