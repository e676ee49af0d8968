/** The unique identifiers a storage SCP meets (PS3.6 table A-1): SOP classes and transfer syntaxes. */
import { keywordFromName } from './keyword.ts';
import {
  PACKED_OTHER_SOP_CLASSES,
  PACKED_STORAGE_SOP_CLASSES,
  PACKED_TRANSFER_SYNTAXES,
  UID_ROOT,
} from './uids-data.ts';

/** PS3.4 A.4: the class of C-ECHO. */
export const VERIFICATION_SOP_CLASS = '1.2.840.10008.1.1';
/** PS3.4 J: asking a storage SCP to take responsibility for what it stored. */
export const STORAGE_COMMITMENT_SOP_CLASS = '1.2.840.10008.1.20.1';
/** The one instance of it, known to everybody (PS3.4 J.3.5). */
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';

/** PS3.5 A.2. */
export const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** One row of PS3.6 table A-1. */
export interface UidEntry {
  readonly uid: string;
  readonly keyword: string;
  readonly name: string;
  readonly retired: boolean;
}

interface Tables {
  readonly sopClasses: ReadonlyMap<string, UidEntry>;
  readonly storageSopClasses: readonly string[];
  readonly transferSyntaxes: ReadonlyMap<string, UidEntry>;
  readonly byKeyword: ReadonlyMap<string, string>;
}

const LINE = /^([0-9.]+)(!?) (?:([^|]*)\|)?(.*)$/;

function unpackRows(packed: string): UidEntry[] {
  return packed.split('\n').map((line) => {
    const [, suffix = '', bang, keyword, name = ''] = LINE.exec(line)!;
    return { uid: UID_ROOT + suffix, keyword: keyword ?? keywordFromName(name), name, retired: bang === '!' };
  });
}

function unpack(): Tables {
  const storage = unpackRows(PACKED_STORAGE_SOP_CLASSES);
  const sopClasses = [...storage, ...unpackRows(PACKED_OTHER_SOP_CLASSES)];
  const transferSyntaxes = unpackRows(PACKED_TRANSFER_SYNTAXES);
  return {
    sopClasses: new Map(sopClasses.map((entry) => [entry.uid, entry])),
    storageSopClasses: storage.map(({ uid }) => uid),
    transferSyntaxes: new Map(transferSyntaxes.map((entry) => [entry.uid, entry])),
    byKeyword: new Map([...sopClasses, ...transferSyntaxes].map(({ keyword, uid }) => [keyword, uid])),
  };
}

let unpacked: Tables | undefined;

function tables(): Tables {
  unpacked ??= unpack();
  return unpacked;
}

/** The name of a SOP class (PS3.6 table A-1); undefined for private and unknown ones. */
export function sopClassName(uid: string): string | undefined {
  return tables().sopClasses.get(uid)?.name;
}

/** The name of a transfer syntax (PS3.6 table A-1); undefined for private and unknown ones. */
export function transferSyntaxName(uid: string): string | undefined {
  return tables().transferSyntaxes.get(uid)?.name;
}

/** True when PS3.6 table A-1 lists the SOP class or transfer syntax as retired. */
export function isRetiredUid(uid: string): boolean {
  return (tables().sopClasses.get(uid) ?? tables().transferSyntaxes.get(uid))?.retired ?? false;
}

/** The UID of a keyword such as `CTImageStorage` or `JPEG2000Lossless` (PS3.6 table A-1). */
export function uidOfKeyword(keyword: string): string | undefined {
  return tables().byKeyword.get(keyword);
}

/** Every storage SOP class (PS3.4 B.5), active ones first, then the retired. */
export function storageSopClasses(): readonly string[] {
  return tables().storageSopClasses;
}

/** Every transfer syntax of the standard (PS3.6 table A-1), active and retired: what the mode `All` accepts. */
export function transferSyntaxesOfModeAll(): readonly string[] {
  return [...tables().transferSyntaxes.keys()];
}
