/** A compiled rule set as onBeforeStore of a real receiver: every transfer syntax, verdicts, order, swap, failing closed. */
import { rmSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { HEADER_TRANSFORM } from '#main/engine/dataset/header-transform.ts';
import { memorySource } from '#main/engine/dataset/stored-file.ts';
import { StoredFile, type StoreScp } from '#main/engine/index.ts';
import { PseudonymStore } from '#main/rules/index.ts';
import type { RuleSetInput } from '#shared/rules.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement, TRANSFER_SYNTAXES } from '../../support/data-sets.ts';
import { CT_IMAGE_STORAGE } from '../../support/raw-pdu.ts';
import { contextsFor, RawSender } from '../../support/raw-sender.ts';
import { basic, compiled, only } from '../../support/rules.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import {
  ctObject,
  INSTANCE,
  PATIENT_DATA,
  STUDY,
  startTestReceiver,
  type TestReceiver,
} from '../../support/test-receiver.ts';

type RuleInput = NonNullable<RuleSetInput['rules']>[number];

async function receiver(prepare: (scp: StoreScp) => void, options: object = {}): Promise<TestReceiver> {
  const started = await startTestReceiver({ prepare, storeWithFileMeta: true, ...options });
  onTestFinished(started.stop);
  return started;
}

async function send(
  to: TestReceiver,
  dataSet: Uint8Array,
  transferSyntaxUid: string = TRANSFER_SYNTAXES.explicitLittle,
) {
  const instance = { sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: INSTANCE, transferSyntaxUid, dataSet };
  const sender = await RawSender.connect({
    port: to.port,
    callingAeTitle: 'SECRETCALLER',
    contexts: contextsFor([instance]),
  });
  try {
    return await sender.storeForResponse(instance);
  } finally {
    await sender.release();
  }
}

const BEHIND: readonly TestElement[] = [
  { tag: 0x7fe11001, vr: 'LO', value: 'Geheim^Paula' },
  {
    tag: 0xfffafffa,
    vr: 'SQ',
    value: { items: [{ elements: [{ tag: 0x04000115, vr: 'OB', value: Buffer.from('Geheim') }] }] },
  },
  { tag: 0xfffcfffc, vr: 'OB', value: Buffer.from('Geheim padding ') },
];

/** Nothing of the patient in files, names, events and log lines at info. */
function expectNothingLeft(of: TestReceiver): void {
  const files = of.files();
  const told = JSON.stringify([
    of.stored,
    of.studies,
    of.errors,
    of.log.filter(({ level }) => level !== ('debug' as string)),
  ]);
  for (const secret of [...PATIENT_DATA, STUDY]) {
    for (const name of files) {
      expect(name).not.toContain(secret);
      expect(of.read(name).includes(secret), `${secret} in ${name}`).toBe(false);
    }
    expect(told).not.toContain(secret);
  }
  for (const name of files) expect(of.read(name).includes('SECRETCALLER')).toBe(false);
}

test.each([
  ['implicit', TRANSFER_SYNTAXES.implicitLittle, TEST_ENCODINGS.implicitLittle],
  ['explicit', TRANSFER_SYNTAXES.explicitLittle, TEST_ENCODINGS.explicitLittle],
  ['big endian', TRANSFER_SYNTAXES.explicitBig, TEST_ENCODINGS.explicitBig],
  ['deflated', TRANSFER_SYNTAXES.deflated, TEST_ENCODINGS.explicitLittle],
] as const)('%s: header, what is behind the pixels, path, file meta, events and log', async (_, uid, encoding) => {
  const at = await receiver((scp) => scp.onBeforeStore(compiled(basic())));
  const plain = Buffer.concat([ctObject({ encoding }), buildDataSet(encoding, BEHIND)]);
  const dataSet = uid === TRANSFER_SYNTAXES.deflated ? deflateRawSync(plain) : plain;
  expect(await send(at, dataSet, uid)).toMatchObject({ Status: 0 });
  expect(at.files()).toHaveLength(1);
  expectNothingLeft(at);
  const file = new StoredFile(memorySource(at.read(at.files()[0]!)));
  expect(file.transferSyntaxUid).toBe(uid);
  expect(file.text(0x00080018)).toMatch(/^2\.25\.\d+$/);
  expect(file.text(0x00120062)).toBe('YES');
  const pixels = file.element(0x7fe00010)!;
  expect(pixels.length).toBe(256);
  expect(at.stored[0]!.data.sopInstanceUid).toBe(file.text(0x00080018));
});

test('encapsulated pixels stream past, what is behind them does not', async () => {
  const at = await receiver((scp) => scp.onBeforeStore(compiled(basic())));
  const fragment = Buffer.alloc(300_000, 5);
  const pixels: TestElement = { tag: 0x7fe00010, vr: 'OB', value: { fragments: [new Uint8Array(0), fragment] } };
  const head = ctObject({ change: { 2145386512: undefined } });
  const dataSet = Buffer.concat([head, buildDataSet(TEST_ENCODINGS.explicitLittle, [pixels, ...BEHIND])]);
  expect(await send(at, dataSet, TRANSFER_SYNTAXES.jpegBaseline)).toMatchObject({ Status: 0 });
  expectNothingLeft(at);
  const stored = at.read(at.files()[0]!);
  expect(stored.subarray(-8 - 8 - fragment.length).includes(fragment)).toBe(true);
});

test('a condition is asked of the header as it came, also for what arrives long after it', async () => {
  const padding = { kind: 'range', from: 'FFFC0000', to: 'FFFCFFFF' } as const;
  const when = { kind: 'attribute', attribute: 'Manufacturer', test: { op: 'contains', value: 'Works' } } as const;
  const rule = { id: 'r', select: [padding], when, action: { do: 'remove' } } as RuleInput;
  const kept = only([rule], { safety: { residual: 'off', burnedIn: 'off' } });
  const at = await receiver((scp) => scp.onBeforeStore(compiled(kept)));
  // More than the memory that is read into at once: the header is overwritten by then.
  const pixels: TestElement = { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(4_000_000, 0x2a) };
  const head = ctObject({ change: { 2145386512: undefined } });
  const dataSet = Buffer.concat([head, buildDataSet(TEST_ENCODINGS.explicitLittle, [pixels, ...BEHIND.slice(-1)])]);
  expect(await send(at, dataSet)).toMatchObject({ Status: 0 });
  expect(at.read(at.files()[0]!).includes('Geheim padding')).toBe(false);
});

test('rectangles are blanked in the frames, and said so', async () => {
  const rule = { id: 'p', rectangles: [{ x: 0, y: 0, width: 4, height: 2 }] };
  const at = await receiver((scp) => scp.onBeforeStore(compiled(basic([], { pixels: [rule] }))));
  const change = {
    2621442: { tag: 0x00280002, vr: 'US', value: [1] },
    2621444: { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
    2621456: { tag: 0x00280010, vr: 'US', value: [8] },
    2621457: { tag: 0x00280011, vr: 'US', value: [16] },
    2621696: { tag: 0x00280100, vr: 'US', value: [16] },
  };
  expect(await send(at, ctObject({ change }))).toMatchObject({ Status: 0 });
  const file = at.read(at.files()[0]!);
  const pixels = file.subarray(-256);
  const expected = Buffer.alloc(256, 7);
  for (const row of [0, 1]) expected.fill(0, row * 32, row * 32 + 8);
  expect(pixels).toEqual(expected);
  expect(new StoredFile(memorySource(file)).text(0x00280301)).toBe('NO');
  const compressed = await send(
    at,
    Buffer.concat([
      ctObject({ change: { ...change, 2145386512: undefined } }),
      buildDataSet(TEST_ENCODINGS.explicitLittle, [
        { tag: 0x7fe00010, vr: 'OB', value: { fragments: [new Uint8Array(0), Buffer.alloc(8)] } },
      ]),
    ]),
    TRANSFER_SYNTAXES.jpegBaseline,
  );
  expect(compressed).toMatchObject({ Status: 0xb007 });
});

test('the rules first, then the callback, which sees what they left', async () => {
  const seen: Record<string, string>[] = [];
  const at = await receiver(
    (scp) => {
      scp.onBeforeStore(compiled(basic()));
      scp.onBeforeStore(async (tags) => {
        seen.push(tags);
        return { ...tags, PatientID: 'FROM-CALLBACK' };
      });
    },
    { extractTags: ['PatientID', 'PatientName', 'StudyDescription'] },
  );
  expect(await send(at, ctObject())).toMatchObject({ Status: 0 });
  expect(seen).toEqual([{ PatientID: 'ANONYMIZED', PatientName: '' }]);
  expect(new StoredFile(memorySource(at.read(at.files()[0]!))).text(0x00100020)).toBe('FROM-CALLBACK');
  expectNothingLeft(at);
});

test('a rule set alone needs no extractTags', async () => {
  const at = await receiver((scp) => scp.onBeforeStore(compiled(basic())));
  expect(await send(at, ctObject())).toMatchObject({ Status: 0 });
  expectNothingLeft(at);
});

test('a gate refuses with its status and comment, and nothing is kept', async () => {
  const gate = {
    id: 'g',
    when: { kind: 'all', of: [] },
    verdict: { do: 'reject', status: 0xa900, comment: 'CT is not taken' },
  } as const;
  const at = await receiver((scp) => scp.onBeforeStore(compiled(basic([], { gates: [gate] }))));
  expect(await send(at, ctObject())).toMatchObject({ Status: 0xa900, ErrorComment: 'CT is not taken' });
  expect(at.files()).toEqual([]);
  expectNothingLeft(at);
});

test('what is left puts the treated object outside the archive, answered B007', async () => {
  const keep: RuleInput = {
    id: 'k',
    select: [{ kind: 'attribute', attribute: 'StudyDescription' }],
    action: { do: 'keep' },
  } as const;
  const at = await receiver((scp) => scp.onBeforeStore(compiled(basic([], { rules: [keep] }))));
  const description = { tag: 0x00081030, vr: 'LO', value: 'of GEHEIM' };
  expect(await send(at, ctObject({ change: { 528432: description } }))).toMatchObject({ Status: 0xb007 });
  expect(at.files().every((name) => name.startsWith('.quarantine/'))).toBe(true);
  const kept = at.files().find((name) => name.endsWith('.dcm'))!;
  expect(at.read(kept).includes('GEHEIM')).toBe(true);
  // Only what a rule kept: everything else has been treated.
  expect(at.read(kept).includes('PID-4711')).toBe(false);
  expect(JSON.stringify([at.errors, at.log])).not.toMatch(/geheim/i);
});

test('what fails lets nothing through', async () => {
  const broken = Object.assign(
    () => {
      throw new Error('not called');
    },
    {
      [HEADER_TRANSFORM]: {
        transform: () => {
          throw new Error('Geheim^Paula');
        },
      },
    },
  ) as never;
  const at = await receiver((scp) => scp.onBeforeStore(broken));
  expect(await send(at, ctObject())).toMatchObject({
    Status: 0xc001,
    ErrorComment: 'Refused before storing: rules failed',
  });
  expect(at.files()).toEqual([]);
  expect(JSON.stringify(at.log.map(({ message }) => message))).not.toContain('Geheim');
  const long: RuleInput = {
    id: 'l',
    select: [{ kind: 'attribute', attribute: 'AccessionNumber' }],
    action: { do: 'set', template: '12345678901234567' },
  } as const;
  const other = await receiver((scp) => scp.onBeforeStore(compiled(basic([], { rules: [long] }))));
  expect(await send(other, ctObject())).toMatchObject({ Status: 0xc001 });
  expect(other.files()).toEqual([]);
});

test('a new version holds for associations that begin afterwards', async () => {
  const named = (name: string) =>
    compiled(
      only([
        { id: 'r', select: [{ kind: 'attribute', attribute: 'PatientID' }], action: { do: 'set', template: name } },
      ]),
    );
  const at = await receiver((scp) => scp.onBeforeStore(named('FIRST')), { onDuplicate: 'replace' });
  const instance = {
    sopClassUid: CT_IMAGE_STORAGE,
    sopInstanceUid: INSTANCE,
    transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
    dataSet: ctObject(),
  };
  const open = await RawSender.connect({ port: at.port, contexts: contextsFor([instance]) });
  const stored = () => new StoredFile(memorySource(at.read(at.files()[0]!))).text(0x00100020);
  await open.store(instance);
  expect(stored()).toBe('FIRST');
  at.scp.onBeforeStore(named('SECOND'));
  await open.store(instance);
  expect(stored()).toBe('FIRST');
  await open.release();
  await send(at, ctObject());
  expect(stored()).toBe('SECOND');
});

test('the first rule set must be there before the start', async () => {
  const at = await receiver(() => {});
  expect(() => at.scp.onBeforeStore(compiled(basic()))).toThrow('before start()');
  rmSync(at.folder, { recursive: true, force: true });
});

test('eight associations at once: one number for each patient, and none twice', async () => {
  const folder = await createTempFolder('pseudonyms');
  onTestFinished(folder.remove);
  const pseudonyms = new PseudonymStore(folder.join('pseudonyms.db'));
  onTestFinished(() => pseudonyms.close());
  const number: RuleInput = {
    id: 'n',
    select: [{ kind: 'attribute', attribute: 'PatientID' }],
    action: { do: 'pseudonym', template: 'T-{n:4}' },
  };
  const rules = compiled(only([number]), { pseudonyms });
  const at = await receiver((scp) => scp.onBeforeStore(rules));
  const patients = Array.from({ length: 40 }, (_, index) => `P${index}`);
  await Promise.all(
    Array.from({ length: 8 }, async (_, association) => {
      const instances = patients.map((patient, index) => {
        const sopInstanceUid = `1.2.3.${association + 1}.${index + 1}`;
        const change = { 1048608: { tag: 0x00100020, vr: 'LO', value: patient } };
        const dataSet = ctObject({ sopInstanceUid, change });
        return {
          sopClassUid: CT_IMAGE_STORAGE,
          sopInstanceUid,
          transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
          dataSet,
        };
      });
      const sender = await RawSender.connect({ port: at.port, contexts: contextsFor(instances) });
      for (const instance of instances) expect(await sender.store(instance)).toBe(0);
      await sender.release();
    }),
  );
  const numbers = new Map<string, Set<string>>();
  for (const name of at.files()) {
    const file = new StoredFile(memorySource(at.read(name)));
    const patient = patients[Number(file.text(0x00080018).split('.').at(-1)) - 1]!;
    numbers.set(patient, (numbers.get(patient) ?? new Set()).add(file.text(0x00100020)));
  }
  expect(at.files()).toHaveLength(320);
  expect([...numbers.values()].map(({ size }) => size)).toEqual(patients.map(() => 1));
  const given = [...numbers.values()].flatMap((set) => [...set]);
  expect(new Set(given).size).toBe(40);
  expect(given.toSorted()).toEqual(patients.map((_, index) => `T-${String(index + 1).padStart(4, '0')}`));
});
