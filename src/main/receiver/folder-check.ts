/** Folders of this machine for the page: can they be written to, how much is free, are they on the network, what is in them. */

import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, open, readdir, readFile, realpath, rm, stat, statfs } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import type { FolderCheck, FolderListing, Problem } from '#shared/contract.ts';
import { errnoOf, ProblemError } from './problem.ts';

const FOLDERS = 2000;

/** File systems that are somewhere else. */
const NETWORK =
  /^(nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|davfs|glusterfs|lustre|gpfs|beegfs|fuse\.(sshfs|davfs2|s3fs|rclone|glusterfs|gvfsd-fuse|ceph.*))$/;

/** Absolute, with `~` expanded. */
export function expandFolder(path: string, home: string): string {
  const trimmed = path.trim();
  if (trimmed === '~') return home;
  if (/^~[\\/]/.test(trimmed)) return join(home, trimmed.slice(2));
  return isAbsolute(trimmed) ? resolve(trimmed) : resolve(home, trimmed);
}

/** Whether a receiver could store into a folder; really tries to write, and leaves nothing behind. */
export async function checkFolder(path: string, home: string): Promise<FolderCheck> {
  if (path.trim() === '') {
    const problem = { code: 'folder-missing', message: 'Choose a folder.' };
    return { path: '', exists: false, writable: false, network: false, problem };
  }
  const folder = expandFolder(path, home);
  const existing = await nearestExisting(folder);
  const exists = existing.path === folder;
  const problem = existing.isFolder ? await writeProblem(existing.path) : fileInTheWay(existing.path);
  const freeBytes = await freeBytesOf(existing.path);
  return {
    path: folder,
    exists,
    writable: problem === undefined,
    network: await isOnNetwork(existing.path),
    ...(freeBytes !== undefined && { freeBytes }),
    ...(problem && { problem }),
  };
}

/** The folders inside a folder. @throws ProblemError */
export async function listFolder(path: string | undefined, home: string): Promise<FolderListing> {
  const folder = path === undefined || path.trim() === '' ? home : expandFolder(path, home);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new ProblemError(folderProblem(error, folder));
  });
  const folders: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolderAt(join(folder, entry.name))));
    if (isFolder) folders.push(entry.name);
    if (folders.length === FOLDERS) break;
  }
  const parent = dirname(folder);
  const freeBytes = await freeBytesOf(folder);
  return {
    path: folder,
    ...(parent !== folder && { parent }),
    folders: folders.sort((one, other) => one.localeCompare(other)),
    writable: await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    ),
    ...(freeBytes !== undefined && { freeBytes }),
  };
}

/** Creates a folder and lists it. @throws ProblemError */
export async function createFolder(path: string, home: string): Promise<FolderListing> {
  const folder = expandFolder(path, home);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new ProblemError(folderProblem(error, folder));
  });
  return listFolder(folder, home);
}

/** Bytes free for this user where a folder is or would be; undefined where that cannot be known. */
export async function freeBytesOf(folder: string): Promise<number | undefined> {
  try {
    const { path } = await nearestExisting(folder);
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** What a failed access to a folder means. */
export function folderProblem(error: unknown, folder: string): Problem {
  switch (errnoOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'folder-not-writable',
        message: `This program may not write to ${folder}. Give its user the right to, or choose another folder.`,
      };
    case 'EROFS':
      return {
        code: 'folder-not-writable',
        message: `${folder} is on a read-only disk. Mount it writable, or choose another folder.`,
      };
    case 'ENOENT':
      return { code: 'folder-not-found', message: `${folder} does not exist. Create it, or choose another folder.` };
    case 'ENOTDIR':
    case 'EEXIST':
      return fileInTheWay(folder);
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'disk-full',
        message: `The disk of ${folder} is full. Free some space, or choose another folder.`,
      };
    default:
      return {
        code: 'folder-failed',
        message: `${folder} cannot be used (${errnoOf(error) || 'unknown error'}). Check its disk, or choose another folder.`,
      };
  }
}

function fileInTheWay(path: string): Problem {
  return { code: 'folder-is-file', message: `${path} is a file, not a folder. Choose another folder.` };
}

async function nearestExisting(folder: string): Promise<{ path: string; isFolder: boolean }> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      return { path, isFolder: (await stat(path)).isDirectory() };
    } catch (error) {
      const code = errnoOf(error);
      // A folder that we may not look into is there all the same: writing will tell.
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || path === parse(path).root) return { path, isFolder: true };
    }
  }
}

async function writeProblem(folder: string): Promise<Problem | undefined> {
  const path = join(folder, `.studyport-${randomUUID()}`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile('Studyport tries whether it may write here.\n');
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    return folderProblem(error, folder);
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

async function isFolderAt(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

async function isOnNetwork(folder: string): Promise<boolean> {
  if (process.platform === 'win32') return folder.startsWith('\\\\');
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  const path = await realpath(folder).catch(() => folder);
  return NETWORK.test(fileSystemOf(path, mounts));
}

/** The type of the file system that holds a path, by the mount that reaches deepest; later mounts cover earlier ones. */
export function fileSystemOf(path: string, mounts: string): string {
  let best = { length: -1, type: '' };
  for (const line of mounts.split('\n')) {
    const [, escaped, type] = line.split(' ');
    if (escaped === undefined || type === undefined) continue;
    const point = escaped.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    const inside = point === sep || path === point || path.startsWith(`${point}${sep}`);
    if (inside && point.length >= best.length) best = { length: point.length, type };
  }
  return best.type;
}
