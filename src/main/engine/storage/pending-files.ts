/** Small texts that outlive a restart and a power failure, one file each, until they are removed. */

import { dirname, join } from 'node:path';
import { DurableFolders } from './durable-folders.ts';
import { errnoOf, nodeFileSystem } from './file-system.ts';

const EXTENSION = '.json';

export class PendingFiles {
  readonly #folder: string;
  #folders: DurableFolders | undefined;

  /** @param folder created with the first text, in parts that are joined */
  constructor(...folder: readonly string[]) {
    this.#folder = join(...folder);
  }

  /** Every text that is there, in no order. What a crash has left half written has another name and is not among them. */
  async load(): Promise<readonly string[]> {
    const names = await nodeFileSystem.list(this.#folder).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    });
    const texts: string[] = [];
    for (const name of names.filter((one) => one.endsWith(EXTENSION))) {
      texts.push(await nodeFileSystem.readText(join(this.#folder, name)));
    }
    return texts;
  }

  /** Resolves when nothing can take the text away any more. @param name safe as a file name */
  async put(name: string, text: string): Promise<void> {
    const folders = await this.#makeFolder();
    const path = this.#pathOf(name);
    const part = `${path}.part`;
    try {
      await write(part, text);
      await nodeFileSystem.rename(part, path);
    } catch (error) {
      await nodeFileSystem.unlink(part).catch(() => undefined);
      throw error;
    }
    await folders.sync(this.#folder);
  }

  /** That there is none of this name is fine. */
  async remove(name: string): Promise<void> {
    await nodeFileSystem.unlink(this.#pathOf(name)).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }

  /** What was missing has to become durable with its first text; of a folder that was there, its own name at least. */
  async #makeFolder(): Promise<DurableFolders> {
    const folder = this.#folder;
    let there = folder;
    while (dirname(there) !== there && !(await nodeFileSystem.stat(there))) there = dirname(there);
    await nodeFileSystem.makeFolder(folder);
    if (there !== folder) this.#folders = new DurableFolders(nodeFileSystem, there);
    this.#folders ??= new DurableFolders(nodeFileSystem, dirname(folder));
    return this.#folders;
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}${EXTENSION}`);
  }
}

async function write(path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const fd = await nodeFileSystem.open(path, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += await nodeFileSystem.writev(fd, [bytes.subarray(at)], at);
    await nodeFileSystem.sync(fd);
  } finally {
    await nodeFileSystem.close(fd);
  }
}
