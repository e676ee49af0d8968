/** Which part of a message may follow which, over every split (PS3.7 6.3, PS3.8 Annex E). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageReader } from '#main/engine/dimse/message-reader.ts';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import type { PdvFragment } from '#main/engine/upper-layer/pdu.ts';
import { PduDecoder } from '#main/engine/upper-layer/pdu-decoder.ts';
import { bytes, echoRequest, fragments, pData, pdv, storeRequest } from '../../../../support/raw-pdu.ts';

const STORE = storeRequest({ sopClassUid: '1.2.3', sopInstanceUid: '1.2.3.4', messageId: 5 });

const command = (value: Uint8Array, isLast = true, presentationContextId = 1): PdvFragment => ({
  type: 'PDV',
  presentationContextId,
  isCommand: true,
  isLast,
  value,
});

const data = (text: string, isLast = true, presentationContextId = 1): PdvFragment => ({
  type: 'PDV',
  presentationContextId,
  isCommand: false,
  isLast,
  value: Buffer.from(text),
});

describe('the order of the parts', () => {
  test('command, data, command', () => {
    const reader = new MessageReader();
    expect(reader.insideMessage).toBe(false);
    expect(reader.push(command(STORE))).toMatchObject({
      type: 'command',
      presentationContextId: 1,
      command: { MessageID: 5, hasDataSet: true, AffectedSOPInstanceUID: '1.2.3.4' },
    });
    expect(reader.insideMessage).toBe(true);
    expect(reader.push(data('a', false))).toEqual({ type: 'data', value: Buffer.from('a'), isLast: false });
    expect(reader.insideMessage).toBe(true);
    expect(reader.push(data('b'))).toEqual({ type: 'data', value: Buffer.from('b'), isLast: true });
    expect(reader.insideMessage).toBe(false);
    expect(reader.push(command(echoRequest(6), true, 3))).toMatchObject({
      presentationContextId: 3,
      command: { MessageID: 6, hasDataSet: false },
    });
    expect(reader.insideMessage).toBe(false);
  });

  test('a command in pieces, empty ones among them', () => {
    const reader = new MessageReader();
    expect(reader.push(command(STORE.subarray(0, 0), false))).toBeUndefined();
    expect(reader.insideMessage).toBe(true);
    expect(reader.push(command(STORE.subarray(0, 10), false))).toBeUndefined();
    expect(reader.push(command(STORE.subarray(10), false))).toBeUndefined();
    expect(reader.push(command(STORE.subarray(0, 0)))).toMatchObject({ command: { MessageID: 5 } });
  });

  test.each([
    ['data before any command', [data('x')]],
    ['data inside a command', [command(STORE.subarray(0, 9), false), data('x')]],
    ['data after a command that announced none', [command(echoRequest()), data('x')]],
    ['data behind the last fragment', [command(STORE), data('x'), data('y')]],
    ['data on another context than its command', [command(STORE), data('x', true, 3)]],
    ['data that changes its context', [command(STORE), data('x', false), data('y', true, 3)]],
    ['a command that changes its context', [command(STORE.subarray(0, 9), false), command(STORE.subarray(9), true, 3)]],
    ['a new command while data is due', [command(STORE), command(STORE)]],
    ['a new command inside the data', [command(STORE), data('x', false), command(STORE)]],
  ])('%s: unexpected parameter', (_, parts) => {
    const reader = new MessageReader();
    for (const part of parts.slice(0, -1)) reader.push(part);
    const push = () => reader.push(parts.at(-1)!);
    expect(push).toThrow(ProtocolError);
    expect(push).toThrow(expect.objectContaining({ reason: 'unexpected-parameter' }));
  });

  test('a command without end is refused, not collected', () => {
    const reader = new MessageReader();
    const piece = Buffer.alloc(4096);
    const pushAll = () => {
      for (let count = 0; count <= 16; count++) reader.push(command(piece, false));
    };
    expect(pushAll).toThrow(expect.objectContaining({ reason: 'invalid-parameter-value' }));
  });

  test('garbage as a command', () => {
    expect(() => new MessageReader().push(command(Buffer.from('garbage!garbage!')))).toThrow(
      expect.objectContaining({ reason: 'invalid-parameter-value' }),
    );
  });
});

/** What a stream of P-DATA-TF means, however it is cut: commands by their Message ID, data put together. */
function messages(chunks: readonly Uint8Array[]): string[] {
  const decoder = new PduDecoder(1024 * 1024);
  const reader = new MessageReader();
  const seen: string[] = [];
  let collected = '';
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let next = decoder.next(); next; next = decoder.next()) {
      const part = next.type === 'PDV' ? reader.push(next) : undefined;
      if (part?.type === 'command') seen.push(`command ${part.command.MessageID} on ${part.presentationContextId}`);
      if (part?.type !== 'data') continue;
      collected += Buffer.from(part.value).toString();
      if (!part.isLast) continue;
      seen.push(`data ${collected}`);
      collected = '';
    }
  }
  return seen;
}

describe('over every split of the bytes', () => {
  const stream = bytes(
    ...fragments(1, true, STORE, 30),
    ...fragments(1, false, Buffer.from('the data set of message 5'), 15),
    // Command and data in one PDU, two messages in one PDU, a fragment of nothing.
    pData(
      pdv(3, echoRequest(6), { command: true, last: true }),
      pdv(1, STORE, { command: true, last: true }),
      pdv(1, Buffer.from('again'), { command: false, last: false }),
      pdv(1, Buffer.alloc(0), { command: false, last: true }),
    ),
  );
  const expected = [
    'command 5 on 1',
    'data the data set of message 5',
    'command 6 on 3',
    'command 5 on 1',
    'data again',
  ];

  test('whole, cut at every point, byte by byte', () => {
    expect(messages([stream])).toEqual(expected);
    for (let at = 1; at < stream.length; at++) {
      expect(messages([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toEqual(expected);
    }
    expect(messages(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  test('any chunking', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (points) => {
        const cuts = [0, ...points.sort((a, b) => a - b), stream.length];
        const chunks = cuts.slice(1).map((end, index) => stream.subarray(cuts[index], end));
        expect(messages(chunks)).toEqual(expected);
      }),
    );
  });
});
