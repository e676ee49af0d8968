/** Grassroots DICOM: gdcmscu, an implementation of the protocol of its own. */
import { type RunOptions, type RunResult, run } from './tools.ts';

export type GdcmPeer = {
  readonly port: number;
  readonly host?: string;
  readonly calledAeTitle?: string;
  readonly callingAeTitle?: string;
};

// Host and port go last: with --hostname gdcmscu 3.0 fails an assertion of its own.
function peerArgs(peer: GdcmPeer): string[] {
  const titles = ['--call', peer.calledAeTitle ?? 'ANY-SCP', '--aetitle', peer.callingAeTitle ?? 'GDCM'];
  return [...titles, peer.host ?? '127.0.0.1', String(peer.port)];
}

/**
 * Never look at its exit code: gdcmscu 3.0 aborts itself ("ProtocolStream as nullptr") after a complete association
 * that was released in good order. Look at what has arrived.
 */
export function gdcmStore(peer: GdcmPeer, files: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run('gdcmscu', ['--store', ...peerArgs(peer), ...files], options);
}

export function gdcmEcho(peer: GdcmPeer, options: RunOptions = {}): Promise<RunResult> {
  return run('gdcmscu', ['--echo', ...peerArgs(peer)], options);
}
