/** The built page in Chromium around a scripted receiver: state in, commands answered by functions, events at will. */

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createHttpHost } from '#headless/http-host.ts';
import type { BytesAnswer, ReceiverForHost } from '#main/receiver/host.ts';
import type { CommandName, CommandResults, EventBatch, ParsedArgument, Result } from '#shared/contract.ts';
import { parseCommand } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';
import { applyEvents } from '#shared/state.ts';
import { builtPage } from './built-page.ts';
import { pageShown } from './chromium.ts';

/** Answers to commands: a value, or a whole Result for failures. What is not listed fails with `not-scripted`. */
export type Answers = {
  [Name in CommandName]?: (
    argument: ParsedArgument<Name>,
  ) =>
    | CommandResults[Name]
    | Result<CommandResults[Name]>
    | Promise<CommandResults[Name] | Result<CommandResults[Name]>>;
};

export interface FakeReceiver extends ReceiverForHost {
  readonly state: ReceiverState;
  /** Every command so far. */
  readonly calls: { readonly name: string; readonly argument: unknown }[];
  /** One batch. */
  emit(...events: ReceiverEvent[]): void;
  /** Numbers that no page sees, to make a gap. */
  lose(...events: ReceiverEvent[]): void;
  answer(answers: Answers): void;
}

export interface FakeOptions {
  readonly state: ReceiverState;
  readonly answers?: Answers;
  readonly bytes?: (pathname: string) => BytesAnswer | Promise<BytesAnswer>;
}

/** A receiver that knows what it is told. `snapshot` and `settings-save` work by themselves. */
export function createFakeReceiver({ state: first, answers = {}, bytes }: FakeOptions): FakeReceiver {
  let state = first;
  let sequence = 0;
  const listeners = new Set<(batch: EventBatch) => void>();
  const calls: { name: string; argument: unknown }[] = [];
  const lose = (...events: ReceiverEvent[]) => {
    state = applyEvents(state, events);
    sequence += events.length;
  };
  const emit = (...events: ReceiverEvent[]) => {
    lose(...events);
    for (const listener of listeners) listener({ sequence, events });
  };
  const scripted: Answers = {
    snapshot: () => ({ sequence, state }),
    'settings-save': (change) => {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const settings = { ...state.settings, ...given };
      emit({ type: 'settings-changed', settings });
      return settings;
    },
    ...answers,
  };
  return {
    get state() {
      return state;
    },
    calls,
    emit,
    lose,
    answer: (more) => void Object.assign(scripted, more),
    call: async (name, argument) => {
      calls.push({ name, argument });
      const parsed = parseCommand(name, argument);
      if (!parsed.ok) return parsed;
      const answer = scripted[parsed.value.name] as ((argument: unknown) => unknown) | undefined;
      if (!answer) return { ok: false, error: { code: 'not-scripted', message: `Nothing is scripted for ${name}.` } };
      const value = await answer(parsed.value.argument);
      return isResult(value) ? value : { ok: true, value };
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    bytes: async (pathname) =>
      bytes ? await bytes(pathname) : { ok: false, error: { code: 'not-scripted', message: pathname } },
    close: async () => {},
  };
}

function isResult(value: unknown): value is Result<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { ok?: unknown }).ok === 'boolean';
}

export interface OpenPageOptions {
  readonly browser: Browser;
  readonly receiver: ReceiverForHost;
  readonly width?: number;
  readonly height?: number;
  /** `#/settings` */
  readonly hash?: string;
  readonly context?: BrowserContextOptions;
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page complained about: errors, violated policy, failed requests. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Serves the page around a receiver and opens it. */
export async function openPage(options: OpenPageOptions): Promise<OpenedPage> {
  const { browser, receiver, width = 1280, height = 800, hash = '', context: more } = options;
  const host = await createHttpHost({ receiver, pageFolder: await builtPage(), port: 0 });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: 'light', ...more });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(host.url);
  if (hash) await page.goto(new URL(hash, host.url).href);
  await pageShown(page).catch((error: unknown) => {
    throw new Error(`The page did not come up: ${complaints.join('; ') || 'no complaint'}`, { cause: error });
  });
  return {
    page,
    complaints,
    close: async () => {
      await context.close();
      await host.close();
    },
  };
}
