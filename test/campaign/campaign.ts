/** The campaign: one fault after the other under load, the books audited after each. */
import { StoreScp } from '#main/engine/index.ts';
import { table } from '../bench/report.ts';
import { echo } from '../support/scripted-peer.ts';
import { type Audit, Ledger, type Tally } from './ledger.ts';
import { Instances, type Sending, send } from './traffic.ts';

/** What one kind of fault did. */
export interface Row extends Tally {
  readonly fault: string;
  /** How often it was injected. */
  readonly injected: number;
  /** No sender is to notice. */
  readonly isHarmless: boolean;
  readonly audit: Audit;
}

export interface FaultOptions {
  readonly fault: string;
  /** How often it is injected. */
  readonly injected: number;
  readonly archive: Archive;
  readonly isHarmless?: boolean;
}

/** An archive under test and the books on it. */
export class Archive {
  readonly ledger = new Ledger();
  readonly instances = new Instances();
  readonly folders: string[];

  constructor(...folders: string[]) {
    this.folders = folders;
  }
}

export class Campaign {
  readonly rows: Row[] = [];
  /** What could not be tried here, and why. */
  readonly skipped: string[] = [];
  /** Growth of resident memory of a receiver from before the faults to after them, in bytes. */
  readonly growth: number[] = [];

  /**
   * Injects a fault while objects are sent, then insists that the receiver answers and that what it has acknowledged is there.
   * `work` gives the port where it listens afterwards, or, where it does not live any more, what other audits have found.
   */
  async fault(
    { fault, injected, archive, isHarmless = false }: FaultOptions,
    work: (sending: (port: number) => Sending) => Promise<number | readonly Audit[]>,
  ): Promise<Row> {
    const tally: Tally = { sent: 0, acknowledged: 0, refused: 0, unanswered: 0 };
    const { ledger, instances, folders } = archive;
    const sending = (port: number): Sending => ({ port, ledger, tally, instances });
    const after = await work(sending);
    if (typeof after === 'number') {
      await echo(after);
      // It is not only polite: it stores.
      const before = tally.acknowledged;
      await send(sending(after), { senders: 1, each: 1 });
      if (tally.acknowledged !== before + 1) throw new Error(`${fault}: afterwards it does not store`);
    }
    const audits = [ledger.audit(folders), ...(typeof after === 'number' ? [] : after)];
    const row = { fault, injected, isHarmless, ...tally, audit: together(audits) };
    this.rows.push(row);
    return row;
  }

  /** Opens a receiver on what was left, and insists that it answers. */
  async restart(folder: string): Promise<void> {
    const scp = new StoreScp({
      port: 0,
      host: '127.0.0.1',
      outDir: folder,
      storeWithFileMeta: true,
      minimumFreeSpace: 0,
      logger: () => {},
    });
    let port = 0;
    scp.onServerStarted((_error, { data }) => {
      port = data.port;
    });
    await scp.start();
    try {
      await echo(port);
    } finally {
      await scp.stop();
    }
  }
}

function together(audits: readonly Audit[]): Audit {
  const all = (of: keyof Audit) => audits.flatMap((audit) => audit[of]);
  return { lost: all('lost'), twice: all('twice'), wrong: all('wrong'), strays: all('strays') };
}

/** Everything that an audit holds against an archive, in words. */
export function complaints({ fault, audit }: Pick<Row, 'fault' | 'audit'>): string[] {
  return Object.entries(audit).flatMap(([what, list]: [string, readonly string[]]) =>
    list.length === 0 ? [] : [`${fault}: ${list.length} ${what} (${list.slice(0, 3).join(', ')})`],
  );
}

/** The figures, as a table and one line. */
export function figures({ rows, skipped, growth }: Campaign): string {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const cells = (row: Row) => [
    row.fault,
    ...[row.injected, row.sent, row.acknowledged, row.refused, row.unanswered, row.audit.lost.length].map(String),
  ];
  const head = ['Fault', 'injected', 'sent', 'acknowledged', 'refused', 'unanswered', 'lost'];
  const lost = sum(({ audit }) => audit.lost.length);
  return [
    table(head, rows.map(cells)),
    ...skipped.map((reason) => `Not tried: ${reason}`),
    `Memory of the receiver after the faults: ${growth.map((bytes) => `${(bytes / 1e6).toFixed(0)} MB more`).join(', ')}`,
    `${sum(({ acknowledged }) => acknowledged)} objects acknowledged, ${sum(({ injected }) => injected)} faults injected, ${lost} objects lost`,
  ].join('\n');
}
