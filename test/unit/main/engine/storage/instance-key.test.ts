import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashedName, keyPath, numberedName, parseUid, safeName } from '#main/engine/storage/instance-key.ts';

describe('UIDs', () => {
  for (const [text, uid] of [
    ['1.2.840.10008.1.1', '1.2.840.10008.1.1'],
    ['1.2.3\0', '1.2.3'],
    ['1.2.3 ', '1.2.3'],
    ['1', '1'],
    ['1.02.3', '1.02.3'],
    ['9'.repeat(64), '9'.repeat(64)],
    ['9'.repeat(65), undefined],
    ['', undefined],
    ['\0', undefined],
    ['.1', undefined],
    ['1.', undefined],
    ['1..2', undefined],
    ['..', undefined],
    ['1.2/../3', undefined],
    ['1.2\n', undefined],
    ['1.2\\1.3', undefined],
    ['١.٢', undefined],
    [' 1.2', undefined],
  ] as const) {
    it(`${JSON.stringify(text)} is ${uid === undefined ? 'none' : 'one'}`, () => expect(parseUid(text)).toBe(uid));
  }
});

describe('names', () => {
  it('are the same for the same text, and safe for any', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(hashedName(text)).toMatch(/^[0-9a-f]{32}$/);
        expect(hashedName(text)).toBe(hashedName(text));
        expect(safeName(text)).toMatch(/^[0-9A-Za-z]([\w.-]*[0-9A-Za-z])?$/);
        expect(safeName(text).length).toBeLessThanOrEqual(128);
      }),
    );
  });

  it('are not those that Windows gives to devices', () => {
    for (const name of ['CON', 'nul', 'com1', 'LPT9', 'aux.dcm', 'trailing.', '.hidden']) {
      expect(safeName(name)).toBe(hashedName(name));
    }
  });

  it('follow study, series and instance, and are numbered when kept beside each other', () => {
    const key = { studyInstanceUid: '1.1', seriesInstanceUid: '1.2', sopInstanceUid: '1.3' };
    expect(keyPath(key)).toBe('1.1/1.2/1.3.dcm');
    expect(numberedName('1.3', 2)).toBe('1.3~2.dcm');
    expect(numberedName('1.3', 3, '.txt')).toBe('1.3~3.txt');
  });
});
