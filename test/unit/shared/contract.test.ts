import { describe, expect, test } from 'vitest';
import { checkProfileOptions, commandArguments, defaultSettings, parseCommand } from '#shared/contract.ts';

describe('parseCommand', () => {
  test('fills in what was left out', () => {
    expect(parseCommand('studies-list', {})).toMatchObject({
      ok: true,
      value: { argument: { offset: 0, limit: 100, sort: 'lastReceived', descending: true } },
    });
    expect(parseCommand('snapshot', undefined)).toMatchObject({ ok: true });
  });

  test('leaves settings alone that a change does not name', () => {
    expect(parseCommand('settings-save', { privacyBlur: true })).toEqual({
      ok: true,
      value: { name: 'settings-save', argument: { privacyBlur: true } },
    });
  });

  test.each(['', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'SNAPSHOT'])('there is no %o', (name) => {
    expect(parseCommand(name, undefined)).toMatchObject({ ok: false, error: { code: 'unknown-command' } });
  });

  test.each([
    ['snapshot', {}, ''],
    ['receiver-start', undefined, ''],
    ['receiver-start', { id: '../etc' }, 'id'],
    ['receiver-start', { id: 'p', and: 'more' }, ''],
    ['profile-create', { name: ' ', options: {} }, 'name'],
    ['profile-create', { name: 'x'.repeat(61), options: {} }, 'name'],
    ['profile-create', { name: 'x', options: [] }, 'options'],
    ['profile-create', { name: 'x', options: {}, secrets: { password: 'x' } }, 'secrets'],
    ['settings-save', { theme: 'pink' }, 'theme'],
    ['settings-save', { unknown: true }, ''],
    ['studies-list', { limit: 501 }, 'limit'],
    ['study-get', { studyId: 0 }, 'studyId'],
    ['check-port', { port: 65536 }, 'port'],
    ['refusal-fix', { id: 'p', kind: 'accept-everything', value: '' }, 'kind'],
  ])('%s refuses %o and says where', (name, argument, field) => {
    expect(parseCommand(name, argument)).toMatchObject({ ok: false, error: { code: 'bad-argument', field } });
  });

  test('names every mistake of an argument', () => {
    const result = parseCommand('profile-save', { id: '', name: '', autoStart: 1, options: 2 });
    expect(result.ok ? [] : [result.error, ...(result.more ?? [])].map(({ field }) => field)).toEqual([
      'id',
      'name',
      'autoStart',
      'options',
    ]);
  });

  test('every command refuses a number', () => {
    for (const name of Object.keys(commandArguments)) {
      expect(parseCommand(name, 42), name).toMatchObject({ ok: false, error: { code: 'bad-argument' } });
    }
  });
});

describe('checkProfileOptions', () => {
  const s3 = { port: 1, storageBackend: 'S3', s3Config: { bucket: 'b', accessKey: 'A' } };

  test('knows of secrets that are stored elsewhere', () => {
    expect(checkProfileOptions(s3, ['secretKey'])).toEqual([]);
    expect(checkProfileOptions(s3, [])).toMatchObject([{ field: 's3Config' }]);
  });

  test('a secret among the options, and a function, are mistakes', () => {
    const withSecret = { ...s3, s3Config: { ...s3.s3Config, secretKey: 'plain' } };
    expect(checkProfileOptions(withSecret, ['secretKey'])).toMatchObject([{ field: 's3Config.secretKey' }]);
    expect(checkProfileOptions({ port: 1, outDir: '/a', logger: () => {} }, [])).toMatchObject([{ field: 'logger' }]);
  });

  test.each([undefined, null, 'text', 7, []])('%o is no object with options', (options) => {
    expect(checkProfileOptions(options, [])).not.toEqual([]);
  });
});

test('the default settings give patient data away nowhere', () => {
  expect(defaultSettings).toMatchObject({ notifyWithNames: false, logLevel: 'info' });
});
