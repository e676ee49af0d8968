import { describe, expect, test, vi } from 'vitest';
import { createLeaving, type LeavingOptions } from '../../../../src/main/electron/leaving.ts';
import { onClose, quitQuestion } from '../../../../src/main/electron/quit.ts';
import { defaultSettings } from '../../../../src/shared/contract.ts';
import { opened, saved, stateAfter } from './states.ts';

const question = quitQuestion(stateAfter(saved('a'), opened('a', '1')))!;

function setUp(options: Partial<LeavingOptions> = {}) {
  const quit = vi.fn();
  const close = vi.fn(async () => {});
  const ask = vi.fn(async () => true);
  const leaving = createLeaving({ question: () => undefined, ask, close, quit, ...options });
  const event = { preventDefault: vi.fn() };
  return { leaving, quit, close, ask, event };
}

describe('leaving', () => {
  test('asks only while somebody would be cut off, in the singular and the plural', () => {
    expect(quitQuestion(undefined)).toBeUndefined();
    expect(quitQuestion(stateAfter(saved('a')))).toBeUndefined();
    expect(question.message).toBe('A sender is still connected.');
    expect(quitQuestion(stateAfter(saved('a'), opened('a', '1'), opened('a', '2')))?.message).toBe(
      '2 senders are still connected.',
    );
  });

  test('asks while the window has what is not saved, with other words while somebody is connected as well', () => {
    const edited = { type: 'unsaved-edits', count: 1 } as const;
    const alone = quitQuestion(stateAfter(saved('a'), edited))!;
    expect(alone).toMatchObject({
      message: 'Something is not saved yet.',
      buttons: ['Back to Studyport', 'Quit Anyway'],
    });
    const both = quitQuestion(stateAfter(saved('a'), opened('a', '1'), edited))!;
    expect(both.message).toBe(question.message);
    expect(both.detail).toContain('not saved');
    expect(quitQuestion(stateAfter(saved('a'), edited, { ...edited, count: 0 }))).toBeUndefined();
  });

  test('closes the receiver first, then quits, and holds nothing any more', async () => {
    const { leaving, quit, close, ask, event } = setUp();
    leaving.beforeQuit(event);
    expect(event.preventDefault).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(quit).toHaveBeenCalledOnce());
    expect(close).toHaveBeenCalledOnce();
    expect(ask).not.toHaveBeenCalled();
    expect(leaving.isDone()).toBe(true);
    leaving.beforeQuit(event);
    expect(event.preventDefault).toHaveBeenCalledOnce();
  });

  test('stays when the answer is no, and asks again the next time', async () => {
    const ask = vi.fn(async () => false);
    const { leaving, quit, close, event } = setUp({ question: () => question, ask });
    leaving.beforeQuit(event);
    // A second wish while the question is open asks nothing.
    leaving.beforeQuit(event);
    await Promise.resolve();
    expect(ask).toHaveBeenCalledOnce();
    await vi.waitFor(() => {
      leaving.beforeQuit(event);
      expect(ask.mock.calls.length).toBeGreaterThan(1);
    });
    expect(close).not.toHaveBeenCalled();
    expect(quit).not.toHaveBeenCalled();
  });

  test('asks nobody when the system goes down, even while a question is open', async () => {
    let answer: (quits: boolean) => void = () => {};
    const ask = () => new Promise<boolean>((resolve) => (answer = resolve));
    const { leaving, quit, close, event } = setUp({ question: () => question, ask });
    leaving.beforeQuit(event);
    leaving.atOnce();
    await vi.waitFor(() => expect(quit).toHaveBeenCalledOnce());
    answer(false);
    await Promise.resolve();
    expect(leaving.isDone()).toBe(true);
    expect(close).toHaveBeenCalledOnce();
  });

  test('closing the window hides it, explained once, or quits', () => {
    expect(onClose(defaultSettings)).toBe('explain');
    expect(onClose({ ...defaultSettings, closeToTrayExplained: true })).toBe('hide');
    expect(onClose({ ...defaultSettings, closeToTray: false })).toBe('quit');
  });
});
