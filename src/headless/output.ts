/** What the command line shows of a running receiver: for people, or as JSON lines for programs. */

import { networkInterfaces } from 'node:os';
import type {
  ConnectionData,
  ErrorData,
  FileStoredData,
  ServerStartedData,
  StoreScp,
  StudyCompletedData,
} from '#main/engine/index.ts';

/** Something that writes text: stdout, or a test. */
export interface Writer {
  write(text: string): unknown;
  /** Lines may be rewritten in place. */
  readonly isTTY?: boolean | undefined;
}

/** What was received until now. */
export interface Totals {
  files: number;
  bytes: number;
  studies: number;
  failures: number;
}

/** Follows a receiver's events in words. Returns the function that says good-bye. */
export function showForPeople(scp: StoreScp, out: Writer): () => void {
  const totals = countTotals(scp);
  const counter = liveCounter(out, totals);
  const say = (line: string) => counter.print(`${clock()} ${line}`);
  scp.onServerStarted((error, { data }) => {
    if (!error) counter.print(addressCard(data));
  });
  scp.onConnection((_, { message, data }) => {
    const { callingAeTitle, calledAeTitle, remoteAddress, id } = data.association;
    const who = `#${id} ${callingAeTitle || '?'} (${remoteAddress})`;
    if (data.state === 'accepted') say(`${who} called ${calledAeTitle}: ${contextsText(data)}`);
    else if (data.state === 'released') say(`${who} released, ${counted(data.stored, 'file')} stored`);
    else say(`${who} ${message}${data.state === 'aborted' ? `, ${counted(data.stored, 'file')} stored` : ''}`);
  });
  const warned = new Set<string>();
  scp.onFileStored((_, { data }) => {
    counter.update();
    // Every object of a series would say the same.
    for (const warning of data.rules?.warnings ?? []) {
      const line = `#${data.association.id} stored with a warning: ${warning}`;
      if (warned.has(line)) continue;
      if (warned.size > 1000) warned.clear();
      warned.add(line);
      say(line);
    }
  });
  scp.onStudyCompleted((_, { message }) => say(message));
  scp.onError((_, { message, data }) => {
    // A server that does not start is reported once, by the command itself.
    if (data.code !== 'server') say(message);
  });
  return () => {
    counter.clear();
    const { files, studies, failures, bytes } = totals;
    const failed = failures > 0 ? `, ${counted(failures, 'object')} not stored` : '';
    out.write(
      `Stopped. ${counted(files, 'file')} (${size(bytes)}) in ${counted(studies, 'study', 'studies')} received${failed}.\n`,
    );
  };
}

/** Writes one JSON object per line for each event. Returns the function that writes `server-stopped`. */
export function showAsJson(scp: StoreScp, out: Writer): () => void {
  const totals = countTotals(scp);
  const line = (type: string, fields: object) =>
    out.write(`${JSON.stringify({ type, time: new Date().toISOString(), ...fields })}\n`);
  scp.onServerStarted((error, { message, data }) => {
    if (!error) line('server-started', { message, ...data, addresses: addresses(data.host) });
  });
  scp.onConnection((_, { message, data }) => {
    const { state, ...fields } = data;
    line(`association-${state}`, { message, ...fields });
  });
  scp.onFileStored((error, { data }: { data: FileStoredData }) => {
    if (!error) line('file-stored', data);
  });
  scp.onStudyCompleted((_, { message, data }: { message: string; data: StudyCompletedData }) =>
    line('study-completed', { message, ...data }),
  );
  scp.onFileUploaded((_, { data }) => line('file-uploaded', data));
  scp.onUploadFailed((error, { message, data }) =>
    line('upload-failed', { message: error?.message ?? message, ...data }),
  );
  scp.onError((error, { message, data }: { message: string; data: ErrorData }) =>
    line('error', { message: error?.message ?? message, ...data }),
  );
  return () => line('server-stopped', totals);
}

function countTotals(scp: StoreScp): Totals {
  const totals: Totals = { files: 0, bytes: 0, studies: 0, failures: 0 };
  scp.onFileStored((error, { data }) => {
    if (error) totals.failures++;
    else {
      totals.files++;
      totals.bytes += data.size;
    }
  });
  scp.onStudyCompleted(() => totals.studies++);
  return totals;
}

/** What to give to the administrator of the modality. */
function addressCard(data: ServerStartedData): string {
  const rows = [
    ['AE title', data.aeTitle],
    ['Address', addresses(data.host).join(', ')],
    ['Port', String(data.port)],
    ['Folder', data.storage],
    ...(data.certificate ? [['TLS', `on, certificate ${data.certificate.fingerprint}`] as const] : []),
  ] as const;
  return [
    'Receiving. Give these values to the administrator of your modality:',
    ...rows.map(([name, value]) => `  ${name.padEnd(9)} ${value}`),
    'Press Ctrl+C to stop.',
  ].join('\n');
}

/** Under which addresses a bound host can be reached; loopback only where nothing else is there. */
function addresses(host: string): string[] {
  if (host !== '::' && host !== '0.0.0.0') return [host];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const reachable = all.filter(
    ({ internal, address, family }) => !internal && !address.startsWith('fe80') && (host === '::' || family === 'IPv4'),
  );
  return reachable.length > 0 ? reachable.map(({ address }) => address) : ['127.0.0.1'];
}

function contextsText({ contexts }: ConnectionData): string {
  const accepted = contexts.filter(({ result }) => result === 0).length;
  const refused = contexts.length - accepted;
  return `${counted(accepted, 'kind')} of object accepted${refused > 0 ? `, ${refused} refused` : ''}`;
}

/** One line at the bottom of a terminal that is rewritten at most five times a second. */
function liveCounter(out: Writer, totals: Totals) {
  let shown = false;
  let timer: NodeJS.Timeout | undefined;
  const clear = () => {
    if (shown) out.write('\r\x1b[K');
    shown = false;
  };
  const show = () => {
    timer = undefined;
    out.write(`\r\x1b[K${counted(totals.files, 'file')}, ${size(totals.bytes)} received`);
    shown = true;
  };
  return {
    clear: () => {
      clearTimeout(timer);
      clear();
    },
    print: (text: string) => {
      clear();
      out.write(`${text}\n`);
    },
    update: () => {
      if (out.isTTY) timer ??= setTimeout(show, 200);
    },
  };
}

function clock(): string {
  return new Date().toLocaleTimeString('en-GB');
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
