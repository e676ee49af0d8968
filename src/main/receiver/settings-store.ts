/** The settings of the application as a whole, in `settings.json`. */

import { join } from 'node:path';
import type { Problem, Settings } from '#shared/contract.ts';
import { defaultSettings, settingsSchema } from '#shared/contract.ts';
import { keepAside, keepCopy, readJson, writeJson } from './json-file.ts';

const VERSION = 1;

export class SettingsStore {
  readonly #path: string;
  #settings: Settings;

  private constructor(path: string, settings: Settings) {
    this.#path = path;
    this.#settings = settings;
  }

  /** Reads the settings; what is wrong in them gets its default, and a copy of the file is kept. */
  static async open(folder: string): Promise<{ store: SettingsStore; notice?: Problem }> {
    const path = join(folder, 'settings.json');
    const read = await readJson(path);
    if (read.kind === 'missing') return { store: new SettingsStore(path, defaultSettings) };
    if (read.kind === 'broken' || !isObject(read.value) || !isObject(read.value.settings)) {
      const aside = await keepAside(path);
      return { store: new SettingsStore(path, defaultSettings), notice: broken(aside, 'Defaults are in use.') };
    }
    const { settings, wrong } = parseSettings(read.value.settings);
    const store = new SettingsStore(path, settings);
    if (wrong.length === 0) return { store };
    const aside = await keepCopy(path);
    return { store, notice: broken(aside, `Defaults are in use for: ${wrong.join(', ')}.`) };
  }

  get current(): Settings {
    return this.#settings;
  }

  async save(change: { readonly [Name in keyof Settings]?: Settings[Name] | undefined }): Promise<Settings> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const settings = settingsSchema.parse({ ...this.#settings, ...given });
    await writeJson(this.#path, { version: VERSION, settings });
    this.#settings = settings;
    return settings;
  }
}

/** Every setting that is right; the names of those that are not. Unknown ones come from another version and are dropped. */
export function parseSettings(value: Readonly<Record<string, unknown>>): {
  readonly settings: Settings;
  readonly wrong: readonly string[];
} {
  const known = Object.entries(value).filter(([name]) => name in settingsSchema.shape);
  const right = known.filter(([name, one]) => settingsSchema.safeParse({ [name]: one }).success);
  return {
    settings: settingsSchema.parse(Object.fromEntries(right)),
    wrong: known.filter((entry) => !right.includes(entry)).map(([name]) => name),
  };
}

function broken(aside: string, consequence: string): Problem {
  return {
    code: 'settings-broken',
    message: `The application settings could not be read. ${consequence} The old file is kept as ${aside}.`,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
