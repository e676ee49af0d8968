/** What the machine offers the receiver, and what the receiver offers its host. Electron and Node each have their own. */

import type { EventBatch, Problem, Result } from '#shared/contract.ts';
import type { HostInfo } from '#shared/events.ts';

/** Keeps secrets; keys are made of profile and name. */
export interface SecretStore {
  get(key: string): Promise<string | undefined>;
  /** @throws Error whose message says why it cannot be kept, and what to do */
  set(key: string, value: string | undefined): Promise<void>;
}

export interface Host {
  /** A folder of this receiver's own: profiles, history, logs. */
  readonly dataFolder: string;
  readonly secrets: SecretStore;
  info(): HostInfo;
  /** undefined: the user chose none. Called only where `info().canPickFolder`. */
  pickFolder(start?: string): Promise<string | undefined>;
  /** Shows a file or folder in the file manager. Called only where `info().canReveal`. */
  reveal(path: string): Promise<void>;
  /** Moves files to where a person can take them back. */
  trash(paths: readonly string[]): Promise<void>;
}

/** Bytes beside the contract: a frame, or the raw value of an element. */
export type BytesAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly type: string }
  | { readonly ok: false; readonly error: Problem };

/** What a host sees of the receiver. */
export interface ReceiverForHost {
  /** Parses the name and the argument before anything else. Never rejects. */
  call(name: string, argument: unknown): Promise<Result<unknown>>;
  /** Every batch from now on, at most ten a second. */
  subscribe(listener: (batch: EventBatch) => void): () => void;
  /** `/frame/{instanceId}/{frame}` or `/value/{instanceId}/{path}`. Never rejects. */
  bytes(pathname: string): Promise<BytesAnswer>;
  /** Stops every profile and closes the history. */
  close(): Promise<void>;
}
