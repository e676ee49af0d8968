/** PS3.8 Table 9-10, written out again from the standard and compared cell by cell. */
import { describe, expect, test } from 'vitest';
import type { State, StateEvent } from '#main/engine/upper-layer/state-machine.ts';
import { transition } from '#main/engine/upper-layer/state-machine.ts';

/** The states of the table without Sta10 and Sta12, in which only an acceptor waits that asks for the release itself. */
const STATES: readonly State[] = [
  'Sta1',
  'Sta2',
  'Sta3',
  'Sta4',
  'Sta5',
  'Sta6',
  'Sta7',
  'Sta8',
  'Sta9',
  'Sta11',
  'Sta13',
];

/**
 * Action and next state as the standard prints them, by state; what is not named is blank. "AE-6 Sta3/13" is here the
 * state of the good end.
 */
const STANDARD: Readonly<Record<StateEvent, string>> = {
  Evt1: '1: AE-1 Sta4',
  Evt2: '4: AE-2 Sta5',
  Evt3: '2: AA-1 Sta13 | 3 6 7 8 9 11: AA-8 Sta13 | 5: AE-3 Sta6 | 13: AA-6 Sta13',
  Evt4: '2: AA-1 Sta13 | 3 6 7 8 9 11: AA-8 Sta13 | 5: AE-4 Sta1 | 13: AA-6 Sta13',
  Evt5: '1: AE-5 Sta2',
  Evt6: '2: AE-6 Sta3 | 3 5 6 7 8 9 11: AA-8 Sta13 | 13: AA-7 Sta13',
  Evt7: '3: AE-7 Sta6',
  Evt8: '3: AE-8 Sta13',
  Evt9: '6: DT-1 Sta6 | 8: AR-7 Sta8',
  Evt10: '2: AA-1 Sta13 | 3 5 8 9 11: AA-8 Sta13 | 6: DT-2 Sta6 | 7: AR-6 Sta7 | 13: AA-6 Sta13',
  Evt11: '6: AR-1 Sta7',
  Evt12: '2: AA-1 Sta13 | 3 5 8 9 11: AA-8 Sta13 | 6: AR-2 Sta8 | 7: AR-8 Sta9 | 13: AA-6 Sta13',
  Evt13: '2: AA-1 Sta13 | 3 5 6 8 9: AA-8 Sta13 | 7 11: AR-3 Sta1 | 13: AA-6 Sta13',
  Evt14: '8: AR-4 Sta13 | 9: AR-9 Sta11',
  Evt15: '3 5 6 7 8 9 11: AA-1 Sta13 | 4: AA-2 Sta1',
  Evt16: '2 13: AA-2 Sta1 | 3 5 6 7 8 9 11: AA-3 Sta1',
  Evt17: '2: AA-5 Sta1 | 3 4 5 6 7 8 9 11: AA-4 Sta1 | 13: AR-5 Sta1',
  Evt18: '2 13: AA-2 Sta1',
  Evt19: '2: AA-1 Sta13 | 3 5 6 7 8 9 11: AA-8 Sta13 | 13: AA-7 Sta13',
};

function cellOf(row: string, state: State): string {
  for (const part of row.split(' | ')) {
    const [states = '', cell = ''] = part.split(': ');
    if (states.split(' ').includes(state.slice(3))) return cell;
  }
  return '';
}

describe('the state machine (PS3.8 Table 9-10)', () => {
  const cells = Object.entries(STANDARD).flatMap(([event, row]) =>
    STATES.map((state) => ({ event: event as StateEvent, state, cell: cellOf(row, state) })),
  );

  test.each(cells)('$event in $state: $cell', ({ event, state, cell }) => {
    const step = transition(state, event);
    expect(step ? `${step.action} ${step.next}` : '').toBe(cell);
  });

  test('every row has a cell for every state', () => {
    expect(cells).toHaveLength(19 * 11);
    expect(cells.filter(({ cell }) => cell !== '')).toHaveLength(102);
    expect(cells.every(({ cell }) => cell === '' || /^(A[AER]|DT)-\d Sta\d+$/.test(cell))).toBe(true);
  });
});
