/** The port: takes connections, TCP or TLS, and hands on those that may request an association. */

import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { HandshakeCode } from '#main/engine/tls/handshake-words.ts';
import { handshakeFailure } from '#main/engine/tls/handshake-words.ts';
import type { TlsMaterial } from '#main/engine/tls/material.ts';
import { oneLine } from '#main/engine/tls/material.ts';
import type { ResolvedOptions } from '#shared/options.ts';
import { plainAddress } from './access.ts';
import type { TlsInfo } from './events.ts';
import { asError } from './events.ts';
import type { Lockout } from './lockout.ts';
import { reusingSocket } from './reusing-socket.ts';

/** A connection that may request an association. */
export interface Incoming {
  readonly socket: Socket;
  /** Counted from 1 since the receiver started. */
  readonly id: number;
  readonly remoteAddress: string;
  /** Seconds that are left for the request (ARTIM, PS3.8 9.1.5): a handshake has used some. */
  readonly requestTimeout: number;
  readonly tls?: TlsInfo;
}

/** A connection that TLS refused. */
export interface RefusedHandshake {
  readonly id: number;
  readonly remoteAddress: string;
  readonly code: HandshakeCode;
  readonly reason: string;
  readonly bytesReceived: number;
}

export interface ListenerUser {
  connected(incoming: Incoming): void;
  refused(refused: RefusedHandshake): void;
  /** Something went wrong that no peer is to blame for. */
  failed(error: Error): void;
}

type ListenerOptions = Pick<ResolvedOptions, 'artimTimeout' | 'tlsClientCertificates'>;

/** A connection in its handshake. */
interface Handshake {
  readonly id: number;
  readonly remoteAddress: string;
  /** Monotonic, in milliseconds. */
  readonly since: number;
}

/** What Node knows of the connection below a TLS one; not documented, and only used to tell who it was. */
type WithParent = { readonly _parent?: Socket };

export class Listener {
  readonly #options: ListenerOptions;
  readonly #user: ListenerUser;
  readonly #lockout: Lockout;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #handshakes = new Map<Socket, Handshake>();
  #connected = 0;

  /** @param material makes it a port for TLS, and for nothing else */
  constructor(options: ListenerOptions, material: TlsMaterial | undefined, lockout: Lockout, user: ListenerUser) {
    this.#options = options;
    this.#user = user;
    this.#lockout = lockout;
    this.#tls = material && this.#createTls(material);
    this.#server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: !this.#tls }, (socket) =>
      this.#accept(socket),
    );
  }

  /** Resolves to the address when it listens. */
  listen(port: number, host: string | undefined): Promise<AddressInfo> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host !== undefined && { host }) }, () => {
        server.off('error', reject);
        // One failing accept() must not end the server.
        server.on('error', (error) => this.#user.failed(error));
        resolve(server.address() as AddressInfo);
      });
    });
  }

  /** Takes other certificates for handshakes that begin from now on. */
  useMaterial({ context }: TlsMaterial): void {
    this.#tls?.setSecureContext(context);
  }

  /** Takes no more connections; resolves when the last one is closed. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#handshakes.keys()) socket.destroy();
    this.#handshakes.clear();
    return closed;
  }

  #accept(socket: Socket): void {
    const remoteAddress = plainAddress(socket.remoteAddress);
    if (this.#lockout.refuses(remoteAddress)) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const id = ++this.#connected;
    if (!this.#tls) {
      const { artimTimeout: requestTimeout } = this.#options;
      this.#user.connected({ socket: reusingSocket(socket), id, remoteAddress, requestTimeout });
      return;
    }
    this.#handshakes.set(socket, { id, remoteAddress, since: performance.now() });
    this.#tls.emit('connection', socket);
  }

  #createTls({ context }: TlsMaterial): TlsServer {
    const { tlsClientCertificates, artimTimeout } = this.#options;
    const server = createTlsServer({
      ...context,
      requestCert: tlsClientCertificates !== 'off',
      // Where one is optional, it is judged afterwards: none at all must not end the handshake.
      rejectUnauthorized: tlsClientCertificates === 'required',
      handshakeTimeout: artimTimeout * 1000,
    });
    server.on('secureConnection', (socket) => this.#secure(socket));
    server.on('tlsClientError', (error, socket) => {
      // A code such as CERT_HAS_EXPIRED, whatever its type says.
      const verification = socket.authorizationError as unknown;
      const authorization = typeof verification === 'string' ? verification : undefined;
      this.#refuse(socket, (error as NodeJS.ErrnoException).code ?? '', authorization);
    });
    server.on('error', (error) => this.#user.failed(error));
    return server;
  }

  #secure(socket: TLSSocket): void {
    const handshake = this.#taken(socket);
    if (!handshake) {
      socket.destroy();
      return;
    }
    const peer = this.#options.tlsClientCertificates === 'off' ? undefined : socket.getPeerX509Certificate();
    if (peer && !socket.authorized) {
      socket.on('error', () => {});
      socket.destroy();
      const { code, reason } = handshakeFailure('', String(socket.authorizationError));
      this.#tellRefused(handshake, code, reason, socket.bytesRead);
      return;
    }
    const tls: TlsInfo = {
      protocol: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName,
      ...(peer && { peerCertificate: oneLine(peer.subject) }),
    };
    const { id, remoteAddress, since } = handshake;
    // At least a moment: a sender that came through the handshake may say something.
    const requestTimeout = Math.max(0.1, this.#options.artimTimeout - (performance.now() - since) / 1000);
    try {
      this.#user.connected({ socket, id, remoteAddress, requestTimeout, tls });
    } catch (reason) {
      socket.destroy();
      this.#user.failed(asError(reason));
    }
  }

  #refuse(socket: TLSSocket, code: string, authorization: string | undefined): void {
    const parent = (socket as WithParent)._parent;
    const bytesReceived = parent?.bytesRead ?? 0;
    const handshake = this.#taken(socket);
    socket.destroy();
    // Port scanners and health checks connect and close: that is no event.
    if (!handshake || (bytesReceived === 0 && code === 'ECONNRESET')) return;
    const failure = handshakeFailure(code, authorization);
    this.#tellRefused(handshake, failure.code, failure.reason, bytesReceived);
  }

  #tellRefused({ id, remoteAddress }: Handshake, code: HandshakeCode, reason: string, bytesReceived: number): void {
    this.#user.refused({ id, remoteAddress, code, reason, bytesReceived });
  }

  /** The handshake that has ended, one way or the other. */
  #taken(socket: TLSSocket): Handshake | undefined {
    const parent = (socket as WithParent)._parent;
    if (!parent) return undefined;
    const handshake = this.#handshakes.get(parent);
    this.#handshakes.delete(parent);
    return handshake;
  }
}
