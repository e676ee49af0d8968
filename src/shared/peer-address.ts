/** Another application entity as people write it down: `AETITLE@host:port`. */

export interface PeerAddress {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
}

const AE_TITLE = /^[\x20-\x5b\x5d-\x7e]{1,16}$/;

/** Reads `CT01@10.1.2.3:104` or `CT01@[fe80::1]:104`; undefined for anything else. A title may hold an @ itself. */
export function parsePeerAddress(text: string): PeerAddress | undefined {
  const match = /^(.+)@(?:\[([0-9A-Fa-f:.%\w]+)\]|([^@:[\]\s]+)):(\d{1,5})$/.exec(text.trim());
  if (!match) return undefined;
  const aeTitle = match[1]!.trim();
  const host = match[2] ?? match[3] ?? '';
  const port = Number(match[4]);
  if (!AE_TITLE.test(aeTitle) || port < 1 || port > 65535) return undefined;
  return { aeTitle, host, port };
}
