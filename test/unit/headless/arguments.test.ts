import { describe, expect, it } from 'vitest';
import { flags, kebab, readArguments } from '#headless/arguments.ts';
import { helpText } from '#headless/help.ts';
import { optionNames } from '#shared/options.ts';

const read = (line: string, environment: Record<string, string> = {}) =>
  readArguments(line === '' ? [] : line.split(' '), environment);

describe('readArguments', () => {
  it('reads the line that the issue shows', () => {
    const { options, mistakes } = read(
      '--port 11112 --calling-ae-title STUDYPORT --out-dir ./in --extract-tags PatientName,StudyDate --study-timeout 30 --no-fsync',
    );
    expect(mistakes).toEqual([]);
    expect(options).toEqual({
      port: 11112,
      callingAeTitle: 'STUDYPORT',
      outDir: './in',
      extractTags: ['PatientName', 'StudyDate'],
      studyTimeout: 30,
      fsync: false,
    });
  });

  it('has a flag for every option but the logger, and for every part of s3Config', () => {
    const names = flags().map(({ flag }) => flag);
    for (const option of optionNames()) {
      if (option === 'logger' || option === 's3Config') continue;
      expect(names).toContain(kebab(option));
    }
    expect(names.filter((name) => name.startsWith('s3-'))).toEqual([
      's3-bucket',
      's3-endpoint',
      's3-region',
      's3-access-key',
      's3-secret-key',
      's3-session-token',
      's3-prefix',
      's3-force-path-style',
      's3-server-side-encryption',
      's3-kms-key-id',
      's3-storage-class',
      's3-object-tags',
      's3-mode',
      's3-spool-dir',
      's3-spool-max-objects',
      's3-spool-max-bytes',
      's3-spool-keep-days',
      's3-parallel-uploads',
    ]);
  });

  it('reads the parts of s3Config by their kind', () => {
    const { options, mistakes } = read(
      '--s3-bucket b --s3-mode spool --s3-spool-dir /s --s3-spool-max-objects 10 --s3-object-tags a=b,c=d --no-s3-force-path-style',
    );
    expect(mistakes).toEqual([]);
    expect(options.s3Config).toEqual({
      bucket: 'b',
      mode: 'spool',
      spoolDir: '/s',
      spoolMaxObjects: 10,
      objectTags: ['a=b', 'c=d'],
      forcePathStyle: false,
    });
  });

  it('takes --name=value, repeated lists, and tags with a comma inside parentheses', () => {
    const { options } = readArguments(
      [
        '--port=104',
        '--extract-tags',
        '(0010,0010),00100020',
        '--extract-tags',
        'StudyDate',
        '--accepted-addresses',
        '10.0.0.0/8,::1',
      ],
      {},
    );
    expect(options).toEqual({
      port: 104,
      extractTags: ['(0010,0010)', '00100020', 'StudyDate'],
      acceptedAddresses: ['10.0.0.0/8', '::1'],
    });
  });

  it('reads custom tags with and without a creator', () => {
    const { options } = read('--extract-custom-tags 00091001=Vendor,0009xx02@GEMS_IDEN_01=Suite');
    expect(options.extractCustomTags).toEqual([
      { tag: '00091001', name: 'Vendor' },
      { tag: '0009xx02', creator: 'GEMS_IDEN_01', name: 'Suite' },
    ]);
  });

  it('takes secrets from the environment, and the flag over it', () => {
    const environment = { STUDYPORT_S3_ACCESS_KEY: 'A', STUDYPORT_S3_SECRET_KEY: 'B', STUDYPORT_S3_SESSION_TOKEN: 'C' };
    const { options } = read('--storage-backend S3 --s3-bucket dicom --s3-access-key FLAG', environment);
    expect(options.s3Config).toEqual({ bucket: 'dicom', accessKey: 'FLAG', secretKey: 'B', sessionToken: 'C' });
    expect(read('--out-dir x', environment).options).toEqual({ outDir: 'x' });
  });

  it('lists every mistake at once', () => {
    const { mistakes } = read('--prot 1 --outdir x --port ten --fsync=maybe --host h stray --extract-custom-tags x');
    const paths = ['--prot', '--outdir', 'stray', '--port', '--fsync', '--extract-custom-tags'];
    expect(mistakes.map(({ path }) => path)).toEqual(paths);
    expect(mistakes.find(({ path }) => path === '--outdir')?.message).toBe('is not an option; did you mean --out-dir?');
  });

  it('misses a value and finds a stray word', () => {
    expect(read('--port').mistakes).toEqual([{ path: '--port', message: 'needs a value' }]);
    expect(read('folder').mistakes).toEqual([{ path: 'folder', message: 'is not expected here' }]);
  });
});

describe('helpText', () => {
  it('names every flag, each with a help text', () => {
    const text = helpText();
    for (const { flag, kind, text: help } of flags()) {
      expect(text).toContain(kind === 'boolean' ? `--[no-]${flag}` : `--${flag} `);
      expect(help.help.length).toBeGreaterThan(10);
    }
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});

describe('rules', () => {
  it('are a name or a file, and a key', () => {
    expect(read('--rules basic --rules-key ./rules.key')).toMatchObject({
      rules: 'basic',
      rulesKey: './rules.key',
      mistakes: [],
      options: {},
    });
    expect(read('')).toMatchObject({ rules: undefined, rulesKey: undefined });
  });

  it('need a value, and a key without them means nothing', () => {
    expect(read('--rules').mistakes).toEqual([{ path: '--rules', message: 'needs a value' }]);
    expect(read('--rules-key k').mistakes).toEqual([{ path: '--rules-key', message: 'means nothing without --rules' }]);
  });

  it('are in the help', () => {
    expect(helpText()).toContain('--rules NAME|FILE.json');
    expect(helpText()).toContain('--rules-key FILE');
  });
});
