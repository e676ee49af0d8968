/**
 * `npm run bench:rules`: what a rule set costs. One header at a time, and a stream with the Basic Profile against the same
 * stream without rules, by turns, from a sender in another process. It never fails because something was slow.
 *
 *   --rounds N   rounds of the streams, the median counts (7)
 */
import { parseArgs } from 'node:util';
import { DataSetReader } from '#main/engine/dataset/data-set-reader.ts';
import { HEADER_TRANSFORM } from '#main/engine/dataset/header-transform.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import { BUILT_IN_RULE_SETS, compileRuleSet } from '#main/rules/index.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement } from '../support/data-sets.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { realFiles } from '../support/real-files.ts';
import { countingPseudonyms, KEY, ORIGIN } from '../support/rules.ts';
import { type Measured, runOnce } from './host-run.ts';
import { figure, type Goal, goalTable, median, percentile, table } from './report.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(options.rounds);
const KB = 1024;
/** A receiver runs for weeks; the first thousand objects, in which V8 compiles what they need, are told apart. */
const WARM_UP = 1000;
const WORKLOADS = [
  { name: '8 KB', size: 8 * KB, count: 12_000, associations: 1, warmUp: WARM_UP },
  { name: '512 KB', size: 512 * KB, count: 1600, associations: 1, warmUp: WARM_UP },
  { name: '512 KB, 4 associations', size: 512 * KB, count: 1600, associations: 4, warmUp: WARM_UP / 4 },
] as const;

const compiled = (name: string) =>
  compileRuleSet(BUILT_IN_RULE_SETS.get(name), { key: KEY, pseudonyms: countingPseudonyms() });

function headerOf(dataSet: Uint8Array, uid: string) {
  const encoding = encodingOf(uid);
  const reader = new DataSetReader({ encoding, lastTag: 0, wholeHeader: true, maxHeaderBytes: 1e9, required: [] });
  reader.push(dataSet);
  if (!reader.header) reader.finish();
  return { header: reader.header!, encoding, origin: { ...ORIGIN, transferSyntaxUid: uid } };
}

/** An enhanced object: shared and per-frame functional groups of some 250 KB. */
function enhancedHeader(): Uint8Array {
  const text = (tag: number, vr: string, value: string): TestElement => ({ tag, vr, value });
  const sequence = (tag: number, elements: TestElement[]): TestElement => ({
    tag,
    vr: 'SQ',
    value: { items: [{ elements }] },
  });
  const frames = Array.from({ length: 690 }, (_, index) => ({
    elements: [
      sequence(0x00089124, [
        sequence(0x00082112, [text(0x00081150, 'UI', CT_IMAGE_STORAGE), text(0x00081155, 'UI', `1.2.3.4.${index}`)]),
      ]),
      sequence(0x00209111, [
        text(0x00189074, 'DT', `20240517101112.${String(index).padStart(3, '0')}`),
        text(0x00189151, 'DT', '20240517101112.5'),
        { tag: 0x00209157, vr: 'UL', value: [1, index] },
      ]),
      sequence(0x00209113, [text(0x00200032, 'DS', `-120.5\\-130.25\\${index}`)]),
      sequence(0x00209116, [text(0x00200037, 'DS', '1\\0\\0\\0\\1\\0')]),
      sequence(0x00289110, [text(0x00180050, 'DS', '1.25'), text(0x00280030, 'DS', '0.5\\0.5')]),
      sequence(0x00289145, [
        text(0x00281052, 'DS', '-1024'),
        text(0x00281053, 'DS', '1'),
        text(0x00281054, 'LO', 'HU'),
      ]),
    ],
  }));
  return buildDataSet(TEST_ENCODINGS.explicitLittle, [
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2.1'),
    text(0x00080018, 'UI', '1.2.3.9'),
    text(0x00100010, 'PN', 'Doe^Jane'),
    text(0x00100020, 'LO', '4711-815'),
    text(0x0020000d, 'UI', '1.2.3.7'),
    text(0x0020000e, 'UI', '1.2.3.8'),
    { tag: 0x52009230, vr: 'SQ', value: { items: frames } },
  ]);
}

function timeHeader(name: string, object: ReturnType<typeof headerOf>, ruleSet: string, count: number): string[] {
  const transform = compiled(ruleSet)[HEADER_TRANSFORM];
  for (let index = 0; index < count; index++) transform.transform(object);
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    transform.transform(object);
    times.push(performance.now() - start);
  }
  const { bytes, elements } = object.header;
  return [
    name,
    ruleSet,
    `${elements.length}`,
    `${(bytes.length / 1024).toFixed(1)}`,
    median(times).toFixed(3),
    percentile(times, 0.99).toFixed(3),
  ];
}

const ct = realFiles().find(({ name }) => name.endsWith('CT_small.dcm'))!;
const rows = [
  timeHeader('CT (CT_small.dcm)', headerOf(ct.dataSet(), ct.meta.transferSyntaxUid!), 'basic', 2000),
  timeHeader('CT (CT_small.dcm)', headerOf(ct.dataSet(), ct.meta.transferSyntaxUid!), 'research', 2000),
  timeHeader('enhanced CT, 690 frames', headerOf(enhancedHeader(), EXPLICIT_VR_LITTLE_ENDIAN), 'basic', 100),
  timeHeader('enhanced CT, 690 frames', headerOf(enhancedHeader(), EXPLICIT_VR_LITTLE_ENDIAN), 'research', 100),
];
process.stdout.write(`${table(['Header', 'Rules', 'Elements on top', 'KB', 'ms, median', 'ms, p99'], rows)}\n\n`);

const streams: string[][] = [];
const goals: Goal[] = [];
for (const workload of WORKLOADS) {
  const runs: Record<'engine' | 'engine with rules', Measured[]> = { engine: [], 'engine with rules': [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['engine', 'engine with rules'] as const) runs[kind].push(await runOnce(workload, kind));
  }
  const speed = (kind: keyof typeof runs) => median(runs[kind].map(({ perSecond }) => perSecond));
  const late = Math.max(...runs['engine with rules'].map(({ max }) => max));
  const ratio = speed('engine with rules') / speed('engine');
  streams.push([
    workload.name,
    figure(speed('engine')),
    figure(speed('engine with rules')),
    `${ratio.toFixed(2)} ×`,
    figure(late),
    figure(Math.max(...runs.engine.map(({ max }) => max))),
    figure(Math.max(...runs['engine with rules'].map(({ warmUpMax }) => warmUpMax))),
  ]);
  goals.push({ text: `${workload.name}: ≥ 0.8 × without`, measured: `${ratio.toFixed(2)} ×`, met: ratio >= 0.8 });
  goals.push({ text: `${workload.name}: no stall > 20 ms`, measured: `${figure(late)} ms`, met: late <= 20 });
}
const head = [
  'Objects',
  'without, objects/s',
  'Basic Profile, objects/s',
  'ratio',
  'late max (ms)',
  'without (ms)',
  'first 1,000 (ms)',
];
process.stdout.write(`${[table(head, streams), goalTable(goals)].join('\n\n')}\n`);
