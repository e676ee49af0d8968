import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAssociations, overallCondition, trayIcon, trayState } from '../../../../src/main/electron/tray-state.ts';
import type { Condition } from '../../../../src/shared/state.ts';
import { opened, run, saved, stateAfter } from './states.ts';

const RESOURCES = join(import.meta.dirname, '../../../../resources');

describe('the tray', () => {
  test('says what concerns a person most', () => {
    const both = [saved('a'), saved('b'), run('a', 'listening')];
    expect(overallCondition(stateAfter())).toBe('stopped');
    expect(overallCondition(stateAfter(...both))).toBe('listening');
    expect(overallCondition(stateAfter(...both, opened('a', '1')))).toBe('receiving');
    expect(overallCondition(stateAfter(...both, opened('a', '1'), run('b', 'failed')))).toBe('error');
    const problems = [{ code: 'disk-low', message: 'x' }];
    expect(
      overallCondition(stateAfter(...both, opened('a', '1'), { type: 'degraded', profileId: 'a', problems })),
    ).toBe('degraded');
  });

  test('offers the one command that makes sense', () => {
    const commands = (['stopped', 'starting', 'listening', 'stopping', 'failed', 'restarting'] as const).map(
      (phase) => trayState(stateAfter(saved('a'), run('a', phase))).profiles[0]?.command,
    );
    expect(commands).toEqual([
      'receiver-start',
      'receiver-stop',
      'receiver-stop',
      'receiver-start',
      'receiver-start',
      'receiver-stop',
    ]);
    expect(trayState(stateAfter(saved('a'), run('a', 'failed'))).profiles[0]?.label).toBe('A: Error');
  });

  test.each<Condition>(['stopped', 'starting', 'listening', 'receiving', 'degraded', 'error'])(
    'has a picture of %s on every platform and in both sizes',
    (condition) => {
      for (const platform of ['linux', 'win32', 'darwin']) {
        const file = join(RESOURCES, trayIcon(condition, platform));
        expect(existsSync(file), file).toBe(true);
        expect(existsSync(file.replace('.png', '@2x.png')), file).toBe(true);
      }
    },
  );

  test('counts senders over all profiles', () => {
    expect(openAssociations(stateAfter(saved('a'), saved('b'), opened('a', '1'), opened('b', '2')))).toBe(2);
  });
});
