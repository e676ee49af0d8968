/**
 * What a receiver has kept of what it was sent, so that two receivers can be compared: ours, and DCMTK's storescp in its
 * bit-preserving mode.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreScp, type StoreScpOptions } from '#main/engine/index.ts';
import { startStoreScp } from './dcmtk.ts';
import { VERIFICATION } from './raw-pdu.ts';
import { parseFileMeta } from './real-files.ts';
import { createTempFolder } from './temp-folder.ts';

export type Received = {
  readonly file: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: Buffer;
};

/** One line per object, sorted and without repetition: equal lines mean equal bytes in the same encoding. */
export function fingerprints(objects: readonly Received[]): string[] {
  const lines = objects.map(({ sopInstanceUid, transferSyntaxUid, dataSet }) => {
    const hash = createHash('sha256').update(dataSet).digest('hex').slice(0, 16);
    return `${sopInstanceUid} ${transferSyntaxUid} ${dataSet.length} bytes ${hash}`;
  });
  // The same object sent twice is kept once by one receiver and twice by another.
  return [...new Set(lines)].sort();
}

/** Every file with file meta below a folder, hidden folders left out. */
export function receivedFiles(folder: string): Received[] {
  return storedFiles(folder).map((file) => readReceived(file));
}

/** The paths of what is stored below a folder, hidden folders left out. */
export function storedFiles(folder: string): string[] {
  return filesBelow(folder).filter((file) => !file.slice(folder.length).includes('/.'));
}

export function readReceived(file: string): Received {
  const content = readFileSync(file);
  const { meta, dataSetOffset } = parseFileMeta(content);
  return {
    file,
    sopInstanceUid: meta.sopInstanceUid ?? '',
    transferSyntaxUid: meta.transferSyntaxUid ?? '',
    dataSet: content.subarray(dataSetOffset),
  };
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** DCMTK's names of the transfer syntaxes it knows, compressed ones first, in the order of its own `+xa`. */
export const DCMTK_TRANSFER_SYNTAXES: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.91': 'JPEG2000',
  '1.2.840.10008.1.2.4.90': 'JPEG2000LosslessOnly',
  '1.2.840.10008.1.2.4.51': 'JPEGExtended:Process2+4',
  '1.2.840.10008.1.2.4.50': 'JPEGBaseline',
  '1.2.840.10008.1.2.4.70': 'JPEGLossless:Non-hierarchical-1stOrderPrediction',
  '1.2.840.10008.1.2.4.81': 'JPEGLSLossy',
  '1.2.840.10008.1.2.4.80': 'JPEGLSLossless',
  '1.2.840.10008.1.2.5': 'RLELossless',
  '1.2.840.10008.1.2.4.100': 'MPEG2MainProfile@MainLevel',
  '1.2.840.10008.1.2.4.101': 'MPEG2MainProfile@HighLevel',
  '1.2.840.10008.1.2.4.102': 'MPEG4HighProfile/Level4.1',
  '1.2.840.10008.1.2.4.103': 'MPEG4BDcompatibleHighProfile/Level4.1',
  '1.2.840.10008.1.2.4.104': 'MPEG4HighProfile/Level4.2For2DVideo',
  '1.2.840.10008.1.2.4.105': 'MPEG4HighProfile/Level4.2For3DVideo',
  '1.2.840.10008.1.2.4.106': 'MPEG4StereoHighProfile/Level4.2',
  '1.2.840.10008.1.2.4.107': 'HEVCMainProfile/Level5.1',
  '1.2.840.10008.1.2.4.108': 'HEVCMain10Profile/Level5.1',
  '1.2.840.10008.1.2.1.99': 'DeflatedLittleEndianExplicit',
  '1.2.840.10008.1.2.1': 'LittleEndianExplicit',
  '1.2.840.10008.1.2.2': 'BigEndianExplicit',
  '1.2.840.10008.1.2': 'LittleEndianImplicit',
};

/** A negotiation profile `Test` for DCMTK: each context is a SOP class with the transfer syntaxes for it, as UIDs. */
export function negotiationProfile(contexts: readonly (readonly [string, readonly string[]])[]): string {
  const numbered = (name: string, values: readonly string[]) =>
    values.map((value, index) => `${name}${index + 1} = ${value}`);
  return [
    '[[TransferSyntaxes]]',
    ...contexts.flatMap(([, uids], index) => [
      `[List${index}]`,
      ...numbered(
        'TransferSyntax',
        uids.map((uid) => DCMTK_TRANSFER_SYNTAXES[uid] ?? uid),
      ),
    ]),
    '[[PresentationContexts]]',
    '[All]',
    ...numbered(
      'PresentationContext',
      contexts.map(([sopClassUid], index) => `${sopClassUid}\\List${index}`),
    ),
    '[[Profiles]]',
    '[Test]',
    'PresentationContexts = All',
    '',
  ].join('\n');
}

/** Everything that DCMTK's storescp receives while `send` runs, byte for byte. */
export async function receiveWithStorescp(
  sopClassUids: readonly string[],
  send: (port: number) => Promise<unknown>,
): Promise<Received[]> {
  const folder = await createTempFolder('storescp');
  try {
    const profile = folder.join('profile.cfg');
    const all = Object.keys(DCMTK_TRANSFER_SYNTAXES);
    await writeFile(profile, negotiationProfile([VERIFICATION, ...sopClassUids].map((uid) => [uid, all])));
    const objects = folder.join('objects');
    await mkdir(objects);
    // A profile, because -pm refuses storage classes without patients. +uf: one file per object, even when several have
    // one SOP Instance UID.
    const args = ['+B', '+uf', '-pdu', '131072', '-xf', profile, 'Test'];
    const server = await startStoreScp({ folder: objects, args });
    try {
      await send(server.port);
    } finally {
      await server.stop();
    }
    return receivedFiles(objects);
  } finally {
    await folder.remove();
  }
}

export type Receiver = {
  readonly port: number;
  readonly scp: StoreScp;
  readonly folder: string;
  readonly archive: () => Received[];
  readonly quarantine: () => Received[];
  /** Names of everything that lies in the folder besides the archive and the quarantine, and is no lock. */
  readonly leftovers: () => string[];
  /** What onError said. */
  readonly errors: readonly string[];
  readonly stop: () => Promise<void>;
};

/** Our receiver, on loopback, with file meta so that its files can be compared with those of storescp. */
export async function startReceiver(options: Partial<StoreScpOptions> = {}): Promise<Receiver> {
  const temporary = await createTempFolder('receiver');
  const folder = temporary.join('archive');
  await mkdir(folder);
  const scp = new StoreScp({
    port: 0,
    host: '127.0.0.1',
    outDir: folder,
    storeWithFileMeta: true,
    fsync: false,
    minimumFreeSpace: 0,
    maxPduLength: 131_072,
    // Without a logger warnings would go to the console of the tests.
    logger: () => {},
    ...options,
  });
  let port = 0;
  const errors: string[] = [];
  scp.onServerStarted((_error, { data }) => {
    port = data.port;
  });
  scp.onError((_error, { message }) => errors.push(message));
  await scp.start();
  return {
    port,
    scp,
    folder,
    errors,
    archive: () => receivedFiles(folder),
    quarantine: () =>
      filesBelow(folder)
        .filter((file) => file.includes('/.quarantine/') && file.endsWith('.dcm'))
        .map(readReceived),
    leftovers: () =>
      filesBelow(folder)
        .map((file) => file.slice(folder.length + 1))
        .filter((name) => name.startsWith('.') && !name.startsWith('.quarantine/') && !name.includes('lock')),
    stop: async () => {
      await scp.stop();
      await temporary.remove();
    },
  };
}
