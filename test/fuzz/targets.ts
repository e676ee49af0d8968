/** What reads bytes or values that strangers send, one function at a time. Each target names the errors that are an answer. */
import { deflateRawSync } from 'node:zlib';
import { charsetOf } from '#main/engine/dataset/charset.ts';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { DataSetReader } from '#main/engine/dataset/data-set-reader.ts';
import { Inflater } from '#main/engine/dataset/deflate.ts';
import type { ElementList } from '#main/engine/dataset/elements.ts';
import { EditError, editHeader } from '#main/engine/dataset/header-editor.ts';
import { HEADER_TRANSFORM } from '#main/engine/dataset/header-transform.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import { splitValues, ValueError } from '#main/engine/dataset/values.ts';
import { decodeCommandSet } from '#main/engine/dimse/command-set.ts';
import { MessageReader } from '#main/engine/dimse/message-reader.ts';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import { PduDecoder } from '#main/engine/upper-layer/pdu-decoder.ts';
import { BUILT_IN_RULE_SETS, type CompiledRuleSet, RuleSetError } from '#main/rules/index.ts';
import { commandArguments, parseCommand } from '#shared/contract.ts';
import { buildDataSet, ctElements, nestedSequences, syntheticCt } from '../support/data-sets.ts';
import {
  abort,
  associateRequest,
  CT_IMAGE_STORAGE,
  EXPLICIT_VR_LITTLE_ENDIAN,
  echoRequest,
  message,
  releaseRequest,
  storeRequest,
  userIdentityItem,
} from '../support/raw-pdu.ts';
import { compiled, ORIGIN } from '../support/rules.ts';
import type { Target } from './run.ts';

type ErrorClass = abstract new (...given: never[]) => Error;

/** The answer of `work`, or the code of an error that is one. */
function answerOf(expected: readonly ErrorClass[], work: () => string): string {
  try {
    return work();
  } catch (error) {
    return reasonOf(error, expected);
  }
}

function reasonOf(error: unknown, expected: readonly ErrorClass[]): string {
  if (!(error instanceof Error) || !expected.some((one) => error instanceof one)) throw error;
  const { code, reason } = error as { readonly code?: string; readonly reason?: string };
  // Words tell more than codes do, numbers and names in them do not.
  return `${error.name} ${code ?? reason ?? ''} ${error.message.replace(/[0-9A-Fa-f]{2,}|".*?"|'.*?'/g, '…').slice(0, 80)}`;
}

// --- Protocol -----------------------------------------------------------------------------------------------------

const CONTEXTS = [{ id: 1, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] }];
const STORE = storeRequest({ sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: '1.2.3.4', messageId: 1 });
const CT = syntheticCt({ bytes: 500 });

/** Whole conversations of a sender, for whoever reads streams. */
export const CONVERSATIONS: readonly Buffer[] = [
  Buffer.concat([associateRequest({ contexts: CONTEXTS }), message(1, STORE, CT, 400), releaseRequest()]),
  Buffer.concat([associateRequest({ contexts: CONTEXTS }), message(1, echoRequest()), abort()]),
  associateRequest({ contexts: CONTEXTS, userItems: [userIdentityItem(2, true, 'user', 'passcode')] }),
];

const pdus: Target = {
  name: 'PDUs and messages',
  takes: 'bytes',
  seeds: CONVERSATIONS,
  run: (input) =>
    answerOf([ProtocolError], () => {
      const decoder = new PduDecoder(16_384);
      const messages = new MessageReader();
      let said = '';
      decoder.push(input);
      for (let item = decoder.next(); item; item = decoder.next()) {
        said += `${item.type} `;
        if (item.type === 'PDV') said += `${messages.push(item)?.type ?? ''} `;
      }
      return said;
    }),
};

const commandSets: Target = {
  name: 'Command Sets',
  takes: 'bytes',
  seeds: [STORE, echoRequest()],
  run: (input) => answerOf([ProtocolError], () => Object.keys(decodeCommandSet(input)).join(' ')),
};

// --- Data Sets ----------------------------------------------------------------------------------------------------

const ENCODINGS: readonly Encoding[] = [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG];
const OBJECTS = ENCODINGS.flatMap((encoding) => [
  buildDataSet(encoding, ctElements()),
  nestedSequences(encoding, 5, false),
  nestedSequences(encoding, 5, true),
]);
const RULES: readonly CompiledRuleSet[] = ['basic', 'research'].map((name) => compiled(BUILT_IN_RULE_SETS.get(name)!));
const OBJECT_ERRORS = [DataSetError, ValueError, EditError];

function headerOf(bytes: Uint8Array, encoding: Encoding): ElementList {
  const options = { encoding, lastTag: 0, wholeHeader: true, maxHeaderBytes: 1_000_000, required: [] };
  const reader = new DataSetReader(options);
  reader.push(bytes);
  if (!reader.header) reader.finish();
  return reader.header!;
}

/** Reads, edits and de-identifies; what comes out must be a header again. */
function treatAll(bytes: Uint8Array, encoding: Encoding): string {
  const header = headerOf(bytes, encoding);
  const edits = [
    { tag: 0x00100010, value: 'Nobody' },
    { tag: 0x00104000, value: null },
  ];
  headerOf(editHeader(header, encoding, edits).bytes, encoding);
  const verdicts = RULES.map((rules) => {
    const outcome = rules[HEADER_TRANSFORM].transform({ header, encoding, origin: ORIGIN });
    if (outcome.verdict === 'store') headerOf(outcome.header.bytes, encoding);
    return outcome.verdict;
  });
  return `${verdicts.join(' ')} ${header.elements.length}`;
}

const headers: Target = {
  name: 'headers: read, edited, de-identified',
  takes: 'bytes',
  seeds: OBJECTS,
  share: 0.5,
  run: (input) =>
    ENCODINGS.map((encoding) => answerOf(OBJECT_ERRORS, () => treatAll(input, encoding)).split('(')[0]).join(', '),
};

const deflated: Target = {
  name: 'deflated Data Sets',
  takes: 'bytes',
  seeds: OBJECTS.slice(0, 3).map((object) => deflateRawSync(object)),
  share: 0.25,
  run: async (input) => {
    try {
      const inflater = new Inflater();
      const pieces: Uint8Array[] = [];
      for await (const piece of inflater.push(input)) pieces.push(piece);
      for await (const piece of inflater.end()) pieces.push(piece);
      return treatAll(Buffer.concat(pieces), EXPLICIT_LITTLE);
    } catch (error) {
      return reasonOf(error, OBJECT_ERRORS);
    }
  },
};

// --- Text ---------------------------------------------------------------------------------------------------------

const TERMS = [
  ...['', 'ISO_IR 100', 'ISO_IR 192', 'GB18030', 'ISO_IR 13', 'ISO_IR 166'],
  ...['ISO 2022 IR 6\\ISO 2022 IR 87', '\\ISO 2022 IR 149', '\\ISO 2022 IR 58', 'ISO 2022 IR 13\\ISO 2022 IR 87'],
];
const NAMES = ['Yamada^Tarou=1b2442', 'Äneas^Rüdiger', '홍길동', 'a\\b=c^d'].map((text) => Buffer.from(text));
const ESCAPES = ['1b2442 3b33 1b2842', '1b2429 43fb f3 5c', '1b284a d4cf c0de 5e', '8130 8130 5c'].map((hex) =>
  Buffer.from(hex.replaceAll(' ', ''), 'hex'),
);

const charsets: Target = {
  name: 'character sets',
  takes: 'bytes',
  seeds: [...NAMES, ...ESCAPES],
  run: (input) =>
    // The first byte says which, so that changes reach it as well.
    answerOf([], () => {
      const terms = TERMS[(input[0] ?? 0) % TERMS.length]!;
      const charset = charsetOf([...terms.split('\\'), ...(input.length % 7 === 0 ? [String(input)] : [])]);
      const text = charset.decode(input, 'PN');
      const bytes = charset.encode(text, 'PN');
      return `${terms} ${splitValues(text, 'PN').length > 1} ${bytes === undefined} ${text.includes('\ufffd')}`;
    }),
};

// --- Values -------------------------------------------------------------------------------------------------------

const ruleSets: Target = {
  name: 'rule sets',
  takes: 'values',
  seeds: [...BUILT_IN_RULE_SETS.values()],
  share: 0.25,
  run: (input) =>
    answerOf([RuleSetError, ...OBJECT_ERRORS], () => {
      const rules = compiled(input as Parameters<typeof compiled>[0]);
      const header = headerOf(CT, EXPLICIT_LITTLE);
      return rules[HEADER_TRANSFORM].transform({ header, encoding: EXPLICIT_LITTLE, origin: ORIGIN }).verdict;
    }),
};

const ID = 'p1';
const RULE_SET = BUILT_IN_RULE_SETS.get('research');
/** Arguments of the commands that take more than an id; the others are fed with what was meant for these. */
const ARGUMENTS: readonly unknown[] = [
  undefined,
  { id: ID },
  { id: ID, name: 'Main', autoStart: true, options: { port: 104, s3Config: { bucket: 'b' } }, secrets: {} },
  { id: ID, kind: 'add-calling', value: 'CT01' },
  { id: ID, ruleSet: RULE_SET },
  { text: '{"format":"studyport-profile","version":1}' },
  { offset: 0, limit: 100, search: 'a', sort: 'bytes', from: '20200101' },
  { path: '/tmp' },
  { port: 104, host: '127.0.0.1' },
  { studyId: 1, seriesId: 1, instanceId: 1 },
  { id: ID, webhook: { url: 'https://ris.example.org', includeIdentifiers: false }, secret: 'of sixteen letters' },
];

const commands: Target = {
  name: 'commands, as IPC and HTTP give them',
  takes: 'values',
  seeds: Object.keys(commandArguments).flatMap((name) => ARGUMENTS.map((argument) => [name, argument])),
  run: (input) =>
    answerOf([], () => {
      const [name, argument] = Array.isArray(input) ? input : [input, undefined];
      const parsed = parseCommand(String(name), argument);
      if (parsed.ok) return `${parsed.value.name} taken`;
      if (parsed.error.message === '') throw new Error('it is refused without a word');
      return `${String(name).slice(0, 40)} ${parsed.error.code} ${parsed.error.field ?? ''}`;
    }),
};

export const FUNCTIONS: readonly Target[] = [pdus, commandSets, headers, deflated, charsets, ruleSets, commands];
