/** Every option: what it takes, what it refuses and in which words, what holds when it is left out. */
import { describe, expect, test } from 'vitest';
import {
  ConfigurationError,
  type OptionMistake,
  type OptionName,
  optionDefaults,
  optionKind,
  optionNames,
  optionTexts,
  parseOptions,
  s3Texts,
} from '#shared/options.ts';

const BASE = { port: 11112, outDir: './in' };
const GiB = 1024 ** 3;

function mistakesOf(input: unknown): readonly OptionMistake[] {
  try {
    parseOptions(input);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.mistakes;
  }
  return [];
}

const numbers = (least: number, most: number, more: readonly unknown[] = []) => ({
  good: [least, most, Math.min(most, least + 1)],
  bad: [least - 1, most + 1, String(least), Number.NaN, Number.POSITIVE_INFINITY, null, [], true, ...more],
});
const seconds = (least: number, most: number) => ({
  good: [least, most, (least + most) / 2],
  bad: [least - 0.001, most + 0.001, '30', Number.NaN, null, true, -1],
});
const booleans = { good: [true, false], bad: ['true', 1, 0, null, {}] };
const aeTitles = {
  good: [['STUDYPORT'], ['A', 'ABCDEFGHIJKLMNOP'], []],
  bad: ['STUDYPORT', [''], ['    '], ['ABCDEFGHIJKLMNOPQ'], ['A\\B'], ['\xc4'], ['A\n'], [1], null, {}],
};
const uidLists = {
  good: [[], ['1.2.840.10008.5.1.4.1.1.2'], ['CTImageStorage', '1.2.3'], ['1'.repeat(64)]],
  bad: [['CTImageStorge'], ['1..2'], [''], ['1.2.'], ['1'.repeat(65)], ['1.2 '], 'CTImageStorage', [1], null],
};
const choice = (...values: readonly string[]) => ({
  good: values,
  bad: [
    '',
    `${values[0]} `,
    values[0]!.toLowerCase() === values[0] ? values[0]!.toUpperCase() : values[0]!.toLowerCase(),
    1,
    null,
    true,
  ],
});

const fileNames = { good: ['/etc/tls/a.pem', 'a'], bad: ['', 1, null, []] };
const USER = `anna:scrypt.15.8.1.${'s'.repeat(22)}.${'h'.repeat(43)}`;

/** Options whose rules depend on others are tested further down. */
const VALUES: Readonly<Record<Exclude<OptionName, 's3Config'>, { good: readonly unknown[]; bad: readonly unknown[] }>> =
  {
    port: numbers(0, 65535, [1.5, '11112']),
    host: { good: ['127.0.0.1', '::', 'localhost'], bad: ['', 1, null, []] },
    callingAeTitle: {
      good: ['A', 'ABCDEFGHIJKLMNOP', 'WITH SPACE', '!"#$%&\'()*+,-./', '~'],
      bad: ['', ' ', 'ABCDEFGHIJKLMNOPQ', 'A\\B', '\xc4', 'A\tB', 'A\x7f', 1, null],
    },
    maxPduLength: numbers(4096, 1048576, [16384.5]),
    strict: booleans,
    verbose: booleans,
    logger: { good: [() => {}, console.log], bad: [{}, 'console', null, 1] },
    maxAssociations: numbers(1, 1000, [1.5]),
    artimTimeout: seconds(0.1, 3600),
    idleTimeout: seconds(0.1, 86400),
    minimumRate: numbers(0, GiB, [0.5]),
    beforeStoreTimeout: seconds(0.1, 3600),
    stopTimeout: seconds(0, 3600),
    tls: { good: ['off'], bad: ['on', true, null, 'tls13'] },
    tlsCertificateFile: fileNames,
    tlsKeyFile: fileNames,
    tlsPkcs12File: fileNames,
    tlsPassphrase: fileNames,
    tlsClientCertificates: { good: ['off', 'optional', 'required'], bad: ['on', true, null] },
    tlsCaFile: fileNames,
    maxAssociationsPerCallingAe: numbers(1, 1000, [1.5]),
    userIdentity: { good: ['off'], bad: ['on', true, null] },
    users: {
      good: [[], ['anna'], [USER, 'bruno'], ['Dr. Ä\\B^C']],
      bad: [
        ['anna:secret'],
        [`${USER}x.y`],
        ['a,b'],
        [''],
        ['a\nb'],
        [`${'a'.repeat(65)}`],
        'anna',
        null,
        [USER, USER],
      ],
    },
    lockoutAfter: numbers(0, 1000, [1.5]),
    lockoutTime: seconds(1, 86400),
    acceptedCalledAeTitles: aeTitles,
    acceptedCallingAeTitles: aeTitles,
    acceptedAddresses: {
      good: [[], ['10.1.2.3'], ['10.1.0.0/16', '::1', '2001:db8::/32'], ['0.0.0.0/0']],
      bad: [
        ['10.1.2'],
        ['10.1.2.3/33'],
        ['10.1.2.300'],
        ['host.example.org'],
        [''],
        ['::1/129'],
        '10.1.2.3',
        [1],
        null,
      ],
    },
    storageBackend: choice('Filesystem', 'S3'),
    outDir: { good: ['.', '/data', 'C:\\data', 'a folder'], bad: ['', 1, null, []] },
    storeWithFileMeta: booleans,
    fsync: booleans,
    onDuplicate: choice('replace', 'keep-first', 'keep-both'),
    checksums: booleans,
    minimumFreeSpace: numbers(0, Number.MAX_SAFE_INTEGER, [0.5]),
    maxHeaderBytes: numbers(65536, GiB),
    maxObjectBytes: numbers(1024, Number.MAX_SAFE_INTEGER),
    incompleteUids: choice('quarantine', 'refuse'),
    malformedObjects: choice('refuse', 'quarantine'),
    abstractSyntaxMode: choice('AllStorage', 'All'),
    abstractSyntaxes: uidLists,
    transferSyntaxMode: choice('All', 'UncompressedOnly'),
    transferSyntaxes: uidLists,
    transferSyntaxPreference: uidLists,
    storageCommitment: booleans,
    commitmentPeers: {
      good: [[], ['CT01@10.1.2.3:104'], ['A B@[::1]:1', 'X@Y@host.example.org:65535']],
      bad: [['CT01'], ['CT01@host'], ['@host:104'], ['CT01@host:0'], ['CT01@host:65536'], ['A@h:1', 'A@i:2'], 'A@h:1'],
    },
    commitmentFolder: { good: ['.', '/data'], bad: ['', 1, null, []] },
    extractTags: {
      good: [[], ['PatientName'], ['(0010,0010)', '00100010', '0009100a', 'StudyDate']],
      bad: [['PatientNme'], [''], ['0010,0010'], ['0010001'], ['(0010 0010)'], 'PatientName', [1], null],
    },
    extractCustomTags: {
      good: [
        [],
        [{ tag: '00091001', name: 'A' }],
        [{ tag: '(0009,1001)', name: 'A' }],
        [{ tag: '0009xx01', name: 'A', creator: 'GEMS_IDEN_01' }],
        [{ tag: '0009XX0F', name: 'A', creator: 'ACME' }],
      ],
      bad: [
        ['00091001'],
        [{ tag: '00091001' }],
        [{ name: 'A' }],
        [{ tag: '', name: 'A' }],
        [{ tag: '0009,1001', name: 'A' }],
        [{ tag: '0009yy01', name: 'A' }],
        [{ tag: '00091001', name: '' }],
        [{ tag: '00091001', name: 'A', creator: '' }],
        [{ tag: '00091001', name: 'A', creator: 'x'.repeat(65) }],
        [{ tag: '00091001', name: 'A', vr: 'LO' }],
        { tag: '00091001', name: 'A' },
        null,
      ],
    },
    studyTimeout: seconds(0.05, 86400),
  };

describe.each(Object.entries(VALUES))('%s', (name, { good, bad }) => {
  test.each(good.map((value) => [value]))('takes %o', (value) => {
    const given = value === 'S3' ? { s3Config: { bucket: 'b' } } : {};
    expect(parseOptions({ ...BASE, ...given, [name]: value })).toMatchObject({ [name]: value });
  });

  test.each(bad.map((value) => [value]))('refuses %o', (value) => {
    const mistakes = mistakesOf({ ...BASE, [name]: value });
    expect(mistakes.length).toBeGreaterThan(0);
    for (const { path, message } of mistakes) {
      expect(path.startsWith(name)).toBe(true);
      // The rest of a sentence that begins with the path, for a person to read.
      expect(message).toMatch(/^("|is |must |may |needs |has )/);
      expect(message).not.toMatch(/undefined|\[object|Invalid input|NaN/);
    }
  });

  test('left out, or undefined, its default holds', () => {
    if (name === 'port' || name === 'outDir') return;
    const expected = (optionDefaults as Record<string, unknown>)[name];
    expect((parseOptions(BASE) as Record<string, unknown>)[name]).toEqual(expected);
    expect((parseOptions({ ...BASE, [name]: undefined }) as Record<string, unknown>)[name]).toEqual(expected);
  });
});

test('the defaults are those of the specification', () => {
  expect(parseOptions(BASE)).toEqual({
    port: 11112,
    outDir: './in',
    callingAeTitle: 'STORE-SCP',
    maxPduLength: 16384,
    strict: false,
    verbose: false,
    maxAssociations: 25,
    artimTimeout: 30,
    idleTimeout: 60,
    minimumRate: 1024,
    beforeStoreTimeout: 30,
    stopTimeout: 10,
    tls: 'off',
    tlsClientCertificates: 'off',
    acceptedCalledAeTitles: [],
    acceptedCallingAeTitles: [],
    acceptedAddresses: [],
    userIdentity: 'off',
    users: [],
    lockoutAfter: 10,
    lockoutTime: 60,
    storageBackend: 'Filesystem',
    storeWithFileMeta: false,
    fsync: true,
    onDuplicate: 'keep-both',
    checksums: false,
    minimumFreeSpace: GiB,
    maxHeaderBytes: 16 * 1024 * 1024,
    incompleteUids: 'quarantine',
    malformedObjects: 'refuse',
    abstractSyntaxMode: 'AllStorage',
    abstractSyntaxes: [],
    transferSyntaxMode: 'All',
    transferSyntaxes: [],
    transferSyntaxPreference: [],
    storageCommitment: false,
    commitmentPeers: [],
    extractTags: [],
    extractCustomTags: [],
    studyTimeout: 30,
  });
});

describe('the configuration as a whole', () => {
  test.each([undefined, null, 'port 11112', 11112, true, []])('%o is none', (input) => {
    const [mistake, ...others] = mistakesOf(input);
    expect(others).toEqual([]);
    expect(mistake?.message).toMatch(/must be an object/);
  });

  test('port is required', () => {
    expect(mistakesOf({ outDir: './in' })).toEqual([{ path: 'port', message: 'is required' }]);
  });

  test.each<readonly [object, readonly string[]]>([
    [{}, ['tlsCertificateFile']],
    [{ tlsCertificateFile: 'a' }, ['tlsKeyFile']],
    [{ tlsKeyFile: 'a' }, ['tlsCertificateFile']],
    [{ tlsCertificateFile: 'a', tlsKeyFile: 'b' }, []],
    [{ tlsPkcs12File: 'a' }, []],
    [{ tlsPkcs12File: 'a', tlsPassphrase: 'b' }, []],
    [{ tlsPkcs12File: 'a', tlsKeyFile: 'b' }, ['tlsPkcs12File']],
    [{ tlsPkcs12File: 'a', tlsClientCertificates: 'required' }, ['tlsCaFile']],
    [{ tlsPkcs12File: 'a', tlsClientCertificates: 'optional' }, ['tlsCaFile']],
    [{ tlsPkcs12File: 'a', tlsClientCertificates: 'required', tlsCaFile: 'b' }, []],
  ])('TLS with %o lacks %o', (options, missing) => {
    for (const tls of ['bcp195', 'bcp195-modified']) {
      expect(mistakesOf({ ...BASE, tls, ...options }).map(({ path }) => path)).toEqual(missing);
    }
    // What is prepared for later is no mistake.
    expect(mistakesOf({ ...BASE, ...options })).toEqual([]);
  });

  test('an identity that is looked at needs users; a passcode among them is not repeated', () => {
    expect(mistakesOf({ ...BASE, userIdentity: 'required' }).map(({ path }) => path)).toEqual(['users']);
    expect(mistakesOf({ ...BASE, userIdentity: 'optional', users: ['anna'] })).toEqual([]);
    const mistakes = mistakesOf({ ...BASE, users: ['anna:Geheimnis'] });
    expect(mistakes.map(({ path }) => path)).toEqual(['users[0]']);
    expect(JSON.stringify(mistakes)).not.toContain('Geheimnis');
  });

  test('outDir is required for a file system only', () => {
    const missing = [{ path: 'outDir', message: 'is required: the folder in which received files are stored' }];
    expect(mistakesOf({ port: 1 })).toEqual(missing);
    expect(mistakesOf({ port: 1, storageBackend: 'Filesystem' })).toEqual(missing);
    expect(mistakesOf({ port: 1, storageBackend: 'S3', s3Config: { bucket: 'b' } })).toEqual([]);
    expect(mistakesOf({ ...BASE, storageBackend: 'S3', s3Config: { bucket: 'b' } })).toEqual([]);
  });

  test('a spool needs a folder, a key of the KMS its kind of encryption', () => {
    const s3 = (more: object) => mistakesOf({ port: 1, storageBackend: 'S3', s3Config: { bucket: 'b', ...more } });
    expect(s3({ mode: 'spool', spoolDir: '/s' })).toEqual([]);
    expect(s3({ mode: 'spool' }).map(({ path }) => path)).toEqual(['s3Config.spoolDir']);
    expect(s3({ kmsKeyId: 'k' }).map(({ path }) => path)).toEqual(['s3Config.kmsKeyId']);
    expect(s3({ kmsKeyId: 'k', serverSideEncryption: 'aws:kms' })).toEqual([]);
    for (const tag of ['a', '=b', 'a=b\n', `${'a'.repeat(129)}=b`]) {
      expect(s3({ objectTags: ['k=v', tag] }).map(({ path }) => path)).toEqual(['s3Config.objectTags[1]']);
    }
    expect(s3({ objectTags: Array(11).fill('a=b') })).toHaveLength(1);
  });

  test('an unknown option', () => {
    expect(mistakesOf({ ...BASE, portt: 1, Strict: true })).toEqual([
      { path: 'portt', message: 'is not an option' },
      { path: 'Strict', message: 'is not an option' },
    ]);
  });

  test.each([
    ['abstractSyntaxMode', 'abstractSyntaxes'],
    ['transferSyntaxMode', 'transferSyntaxes'],
  ])('%s Custom needs %s', (mode, list) => {
    const missing = [{ path: list, message: `is required when ${mode} is 'Custom': list at least one UID` }];
    expect(mistakesOf({ ...BASE, [mode]: 'Custom' })).toEqual(missing);
    expect(mistakesOf({ ...BASE, [mode]: 'Custom', [list]: [] })).toEqual(missing);
    expect(parseOptions({ ...BASE, [mode]: 'Custom', [list]: ['1.2.3'] })).toMatchObject({ [list]: ['1.2.3'] });
  });

  test('every mistake at once, each with its place, in one message', () => {
    const input = {
      port: 70000,
      outDir: '',
      maxPduLength: 1,
      callingAeTitle: 'MUCH TOO LONG A TITLE',
      extractTags: ['PatientName', 'Nonsense'],
      extractCustomTags: [
        { tag: '00091001', name: 'A' },
        { tag: 'x', name: '' },
      ],
      acceptedAddresses: ['nowhere'],
      fsync: 'yes',
      surprise: 1,
    };
    const paths = mistakesOf(input).map(({ path }) => path);
    expect(paths.sort()).toEqual([
      'acceptedAddresses[0]',
      'callingAeTitle',
      'extractCustomTags[1].name',
      'extractCustomTags[1].tag',
      'extractTags[1]',
      'fsync',
      'maxPduLength',
      'outDir',
      'port',
      'surprise',
    ]);
    const message = (() => {
      try {
        parseOptions(input);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    })();
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toMatch(/^10 options are wrong:\n/);
    expect(message).toContain('\n  fsync must be a boolean');
    expect(message).toContain('\n  extractTags[1] "Nonsense" is not a keyword of PS3.6');
    expect(() => parseOptions({ outDir: 'x' })).toThrow('One option is wrong:\n  port is required');
  });

  test.each<readonly [object, readonly string[]]>([
    [{ port: 'x', storageBackend: 'S3', fsync: 1 }, ['fsync', 'port', 's3Config']],
    [{ port: 1, fsync: 'yes' }, ['fsync', 'outDir']],
    [
      { ...BASE, fsync: 1, abstractSyntaxMode: 'Custom', transferSyntaxMode: 'Custom', transferSyntaxes: 'x' },
      ['abstractSyntaxes', 'fsync', 'transferSyntaxes'],
    ],
    [{ port: 1, storageBackend: 'S3', s3Config: { bucket: 1, accessKey: 'a' } }, ['s3Config', 's3Config.bucket']],
    [{ port: 1, storageBackend: 'S3', s3Config: 'bucket' }, ['s3Config']],
    [{ port: 1, storageBackend: 's3' }, ['storageBackend']],
    [{ port: 1.5, maxAssociations: 1.5, maxPduLength: 4096.5 }, ['maxAssociations', 'maxPduLength', 'outDir', 'port']],
    [
      {
        ...BASE,
        extractTags: 'PatientID',
        extractCustomTags: [null, { tag: '00091001', name: 'A' }, { tag: '00091002', name: 'A' }],
      },
      ['extractCustomTags[0]', 'extractCustomTags[2].name', 'extractTags'],
    ],
    [
      { ...BASE, extractTags: ['PatientID'], extractCustomTags: [{ tag: '00091001', name: 'PatientID' }] },
      ['extractCustomTags[0].name'],
    ],
  ])('contradictions beside options of the wrong type: %o', (input, paths) => {
    expect(
      mistakesOf(input)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(paths);
  });

  test('what was given is not changed', () => {
    const input = Object.freeze({ ...BASE, extractTags: Object.freeze(['PatientName']) });
    const parsed = parseOptions(input);
    expect(parsed.extractTags).toEqual(['PatientName']);
    expect(Object.keys(input)).toEqual(['port', 'outDir', 'extractTags']);
  });
});

describe('s3Config', () => {
  const s3 = (config: unknown) => mistakesOf({ port: 1, storageBackend: 'S3', s3Config: config });

  test.each([
    [{ bucket: 'b' }],
    [{ bucket: 'b', endpoint: 'http://localhost:9000', region: 'eu-1', forcePathStyle: true, prefix: 'in/' }],
    [{ bucket: 'b', accessKey: 'a', secretKey: 's' }],
    [{ bucket: 'b', accessKey: 'a', secretKey: 's', sessionToken: 't' }],
    [{ bucket: 'b', endpoint: undefined, accessKey: undefined, secretKey: undefined }],
  ])('takes %o', (config) => {
    expect(s3(config)).toEqual([]);
  });

  test.each<readonly [unknown, string, RegExp]>([
    [undefined, 's3Config', /is required when storageBackend is 'S3'/],
    [null, 's3Config', /must be an object/],
    ['bucket', 's3Config', /must be an object/],
    [{}, 's3Config.bucket', /^is required/],
    [{ bucket: undefined }, 's3Config.bucket', /is required: the name of the bucket/],
    [{ bucket: '' }, 's3Config.bucket', /must not be empty/],
    [{ bucket: 1 }, 's3Config.bucket', /./],
    [{ bucket: 'b', endpoint: 'localhost:9000' }, 's3Config.endpoint', /must be a URL such as/],
    [{ bucket: 'b', endpoint: 'ftp://x' }, 's3Config.endpoint', /must be a URL such as/],
    [{ bucket: 'b', endpoint: '' }, 's3Config.endpoint', /must be a URL such as/],
    [{ bucket: 'b', accessKey: 'a' }, 's3Config', /accessKey and secretKey together/],
    [{ bucket: 'b', secretKey: 's' }, 's3Config', /accessKey and secretKey together/],
    [{ bucket: 'b', accessKey: '', secretKey: 's' }, 's3Config.accessKey', /must not be empty/],
    [{ bucket: 'b', prefix: '/in' }, 's3Config.prefix', /must not start with \//],
    [{ bucket: 'b', prefix: 'a/../b' }, 's3Config.prefix', /\.\./],
    [{ bucket: 'b', forcePathStyle: 'yes' }, 's3Config.forcePathStyle', /must be a boolean/],
    [{ bucket: 'b', buket: 'b' }, 's3Config.buket', /is not an option/],
  ])('refuses %o', (config, path, message) => {
    const mistakes = s3(config);
    expect(mistakes.map((mistake) => mistake.path)).toEqual([path]);
    expect(mistakes[0]?.message).toMatch(message);
  });

  test('secrets are never repeated in a message', () => {
    const secret = 'hunter2hunter2';
    for (const config of [
      { bucket: 'b', secretKey: secret },
      { bucket: 'b', accessKey: '', secretKey: secret, sessionToken: 5 },
      { bucket: '', accessKey: 'a', secretKey: { secret } },
    ]) {
      expect(JSON.stringify(s3(config))).not.toContain(secret);
      expect(s3(config).length).toBeGreaterThan(0);
    }
  });

  test('may be there without being used', () => {
    expect(mistakesOf({ ...BASE, s3Config: { bucket: undefined } })).toEqual([]);
  });
});

describe('what a form and a command line have to know', () => {
  test('every option has a text, a group and a kind', () => {
    const schemas = [...Object.keys(VALUES), 's3Config'].sort();
    expect(optionNames().sort()).toEqual(schemas);
    for (const name of optionNames()) {
      const { label, group, help } = optionTexts[name];
      expect([label, group, help].every((text) => text.length > 0)).toBe(true);
      expect(help).toMatch(/\.\)?$/);
    }
    for (const { label, help } of Object.values(s3Texts)) expect([label, help].every((text) => text !== '')).toBe(true);
  });

  test('the default in a text is the default in force', () => {
    for (const name of optionNames()) {
      const told = optionTexts[name].default;
      const real = (optionDefaults as Record<string, unknown>)[name];
      if (typeof told === 'number' || typeof told === 'boolean') expect(told).toBe(real);
      if (typeof real === 'number' || typeof real === 'boolean') expect(told).toBe(real);
    }
  });

  test.each<readonly [OptionName, ReturnType<typeof optionKind>]>([
    ['port', { kind: 'number' }],
    ['artimTimeout', { kind: 'number' }],
    ['strict', { kind: 'boolean' }],
    ['host', { kind: 'text' }],
    ['outDir', { kind: 'text' }],
    ['acceptedAddresses', { kind: 'list' }],
    ['tlsPassphrase', { kind: 'secret' }],
    ['tlsKeyFile', { kind: 'text' }],
    ['extractTags', { kind: 'list' }],
    ['onDuplicate', { kind: 'choice', choices: ['replace', 'keep-first', 'keep-both'] }],
    ['abstractSyntaxMode', { kind: 'choice', choices: ['AllStorage', 'All', 'Custom'] }],
    ['extractCustomTags', { kind: 'custom-tags' }],
    ['s3Config', { kind: 's3' }],
    ['logger', { kind: 'function' }],
  ])('%s is drawn as %o', (name, kind) => {
    expect(optionKind(name)).toEqual(kind);
  });
});
