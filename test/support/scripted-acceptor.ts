/** A receiver that does exactly what a test tells it, byte by byte, on a real socket. */
import { createServer, type Socket } from 'node:net';
import { PduSplitter, type RawPdu } from './raw-pdu.ts';

export type ScriptedAcceptor = {
  readonly port: number;
  /** Every PDU that came, of all connections. */
  readonly pdus: readonly RawPdu[];
  /** Resolves when every connection so far has been closed. */
  readonly closed: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What to do about a PDU: bytes to send, or something else with the socket. */
export type Script = (pdu: RawPdu, socket: Socket) => Uint8Array | undefined;

/** @param connected called with each new connection, before anything has come */
export async function startAcceptor(script: Script, connected?: (socket: Socket) => void): Promise<ScriptedAcceptor> {
  const pdus: RawPdu[] = [];
  const sockets = new Set<Socket>();
  const ends: Promise<void>[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const splitter = new PduSplitter();
    sockets.add(socket);
    ends.push(new Promise((resolve) => socket.on('close', () => resolve())));
    // A requestor that gives up resets the connection.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const pdu of splitter.push(chunk)) {
        pdus.push(pdu);
        const answer = script(pdu, socket);
        if (answer && !socket.destroyed) socket.write(answer);
      }
    });
    connected?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listening socket has no port');
  return {
    port: address.port,
    pdus,
    closed: async () => {
      await Promise.all(ends);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
