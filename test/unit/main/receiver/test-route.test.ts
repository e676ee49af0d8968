import { describe, expect, test } from 'vitest';
import { type TestRoute, testRoute } from '#main/receiver/test-route.ts';
import type { ProfileOptions } from '#shared/contract.ts';

const OWN = ['192.168.7.20', 'fd00::20'];
const options = (more: Partial<ProfileOptions> = {}): ProfileOptions => ({ port: 11112, outDir: '/x', ...more });

function route(more: Partial<ProfileOptions> = {}, own = OWN): TestRoute {
  const found = testRoute(options(more), own);
  if ('problem' in found) throw new Error(found.problem);
  return found;
}

describe('the address', () => {
  test.each([
    [{}, '127.0.0.1'],
    [{ host: '0.0.0.0' }, '127.0.0.1'],
    [{ host: '::' }, '::1'],
    [{ host: '192.168.7.20' }, '192.168.7.20'],
    [{ host: 'archive.example' }, 'archive.example'],
    [{ host: 'archive.example', acceptedAddresses: ['10.0.0.1'] }, 'archive.example'],
    [{ acceptedAddresses: ['127.0.0.0/8'] }, '127.0.0.1'],
    [{ acceptedAddresses: ['10.0.0.0/8', '192.168.7.0/24'] }, '192.168.7.20'],
    [{ acceptedAddresses: ['fd00::/16'] }, 'fd00::20'],
    [{ acceptedAddresses: ['::1'] }, '::1'],
    [{ host: '::', acceptedAddresses: ['127.0.0.1'] }, '127.0.0.1'],
  ])('for %j is %s', (more, host) => {
    expect(route(more).host).toBe(host);
  });

  test.each([
    [{ acceptedAddresses: ['10.0.0.0/8'] }, '127.0.0.1, ::1, 192.168.7.20, fd00::20'],
    [{ host: '0.0.0.0', acceptedAddresses: ['fd00::/16'] }, '127.0.0.1, 192.168.7.20'],
    [{ host: '127.0.0.1', acceptedAddresses: ['192.168.7.20'] }, '127.0.0.1'],
  ])('for %j is none, and what to do about it is said', (more, tried) => {
    const found = testRoute(options(more), OWN);
    expect(found).toEqual({ problem: expect.stringContaining(`do not include this computer (${tried})`) });
    expect(found).toEqual({ problem: expect.stringContaining('add 127.0.0.1 to the accepted addresses') });
  });
});

describe('the titles', () => {
  test('are our own and that of the receiver', () => {
    expect(route()).toMatchObject({ calledAeTitle: 'STORE-SCP', callingAeTitle: 'STUDYPORT_TEST', notes: [] });
    expect(route({ callingAeTitle: ' ARCHIVE ' }).calledAeTitle).toBe('ARCHIVE');
  });

  test('are accepted ones', () => {
    const listed = { acceptedCallingAeTitles: ['CT01', 'STUDYPORT_TEST'], acceptedCalledAeTitles: ['X', 'STORE-SCP'] };
    expect(route(listed)).toMatchObject({ calledAeTitle: 'STORE-SCP', callingAeTitle: 'STUDYPORT_TEST', notes: [] });
  });

  test('are others where ours are not accepted, and that is said', () => {
    const found = route({ acceptedCallingAeTitles: ['CT01 ', 'MR01'], acceptedCalledAeTitles: ['OTHER'] });
    expect(found).toMatchObject({ calledAeTitle: 'OTHER', callingAeTitle: 'CT01' });
    expect(found.notes).toEqual([
      'The test calls as "CT01", because STUDYPORT_TEST is not among the accepted callers.',
      'It calls "OTHER", because the AE title "STORE-SCP" is not among the accepted called titles.',
    ]);
  });
});
