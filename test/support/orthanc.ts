/** Orthanc with a configuration of its own: a sender through its REST API, and a receiver to compare with. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type Server, startServer } from './tools.ts';

export type OrthancOptions = {
  /** An existing folder; configuration, database and objects go into it. */
  readonly folder: string;
  /** Where Orthanc may send to: symbolic name → AE title and port on loopback. */
  readonly modalities?: Readonly<Record<string, { readonly aeTitle: string; readonly port: number }>>;
  readonly rest?: boolean;
  readonly configuration?: Readonly<Record<string, unknown>>;
};

export type Orthanc = Server & {
  /** Takes a file as Orthanc's own; gives Orthanc's id of the instance. */
  readonly upload: (file: Uint8Array) => Promise<string>;
  /** Sends instances to a modality; rejects when Orthanc reports a failure. */
  readonly send: (modality: string, ids: readonly string[]) => Promise<unknown>;
  readonly request: (method: string, path: string, body?: Uint8Array | string) => Promise<Response>;
};

export async function startOrthanc(options: OrthancOptions): Promise<Orthanc> {
  const port = await freePort();
  const httpPort = await freePort();
  const storage = join(options.folder, 'orthanc');
  await mkdir(storage, { recursive: true });
  const configuration = {
    Name: 'studyport-test',
    StorageDirectory: storage,
    IndexDirectory: storage,
    TemporaryDirectory: storage,
    Plugins: [],
    LuaScripts: [],
    HttpServerEnabled: options.rest ?? true,
    HttpPort: httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomServerEnabled: true,
    DicomAet: 'ORTHANC',
    DicomPort: port,
    DicomCheckCalledAet: false,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowStore: true,
    UnknownSopClassAccepted: true,
    OverwriteInstances: true,
    StableAge: 3600,
    DicomModalities: Object.fromEntries(
      Object.entries(options.modalities ?? {}).map(([name, to]) => [name, [to.aeTitle, '127.0.0.1', to.port]]),
    ),
    ...options.configuration,
  };
  const file = join(options.folder, 'orthanc.json');
  await writeFile(file, JSON.stringify(configuration, null, 2));
  const server = await startServer('Orthanc', [file], {
    port,
    cwd: options.folder,
    // Orthanc speaks through DCMTK, which answers every object 44 ms late without this.
    env: { TCP_NODELAY: '1' },
  });

  const request = async (method: string, path: string, body?: Uint8Array | string) => {
    const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
      signal: AbortSignal.timeout(120_000),
    });
    if (!response.ok) throw new Error(`Orthanc ${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const upload = async (content: Uint8Array) => {
    const answer: unknown = await (await request('POST', '/instances', content)).json();
    if (typeof answer === 'object' && answer !== null && 'ID' in answer && typeof answer.ID === 'string') {
      return answer.ID;
    }
    throw new Error(`Orthanc gave no id: ${JSON.stringify(answer)}`);
  };
  const send = async (modality: string, ids: readonly string[]): Promise<unknown> => {
    const body = JSON.stringify({ Resources: ids, Synchronous: true, Timeout: 60 });
    return (await request('POST', `/modalities/${modality}/store`, body)).json();
  };
  return { ...server, request, upload, send };
}
