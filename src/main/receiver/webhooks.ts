/** Tells other systems of completed studies: each is kept on the disk until it has been told, or three days are over. */

import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine, Profile, StudyRow } from '#shared/contract.ts';
import { type PendingWebhook, pendingWebhookSchema, type WebhookState } from '#shared/webhook.ts';
import { readJson, writeJson } from './json-file.ts';
import { withoutWords } from './problem.ts';
import { type Answer, pauseAfterTries, send, studyBody } from './webhook-delivery.ts';

const LONGEST_WAIT = 3 * 24 * 60 * 60 * 1000;
/** Attempts where waiting will hardly help. */
const LASTING_TRIES = 3;
/** Calls under way at once. */
const AT_ONCE = 4;
/** Studies that wait; of more the oldest are given up. */
const MOST_WAITING = 10_000;

/** The settings have changed during an attempt: nothing was sent. */
const OVERTAKEN: Answer = { kind: 'failed', problem: 'The settings were changed.', lasting: false };

interface Pending {
  stored: PendingWebhook;
  tries: number;
  /** By `performance.now()`: a clock that is set neither hurries nor delays it. */
  dueAt: number;
  /** When a failure is the last one, by the same. */
  readonly overAt: number;
  isSending: boolean;
  /** Ends the attempt under way when it is made by settings that are old. */
  settings: AbortController;
  /** What happens to its file, one after the other. */
  disk: Promise<void>;
}

export interface WebhooksHost {
  readonly dataFolder: string;
  readonly version: string;
  profile(id: string): Profile | undefined;
  /** undefined: there is none. @throws Error where it cannot be read */
  secret(profileId: string): Promise<string | undefined>;
  /** What the history knows of a study, all that came before included. */
  study(profileId: string, studyInstanceUid: string): Promise<StudyRow | undefined>;
  changed(profileId: string, state: WebhookState): void;
  line(level: LogLine['level'], message: string, more: { readonly code: string; readonly profileId: string }): void;
  /** Milliseconds before the next attempt. */
  readonly pause?: (tries: number) => number;
}

export class Webhooks {
  readonly #host: WebhooksHost;
  readonly #folder: string;
  readonly #pending = new Map<string, Pending>();
  readonly #states = new Map<string, Omit<WebhookState, 'waiting'>>();
  readonly #working = new Set<Promise<void>>();
  readonly #closed = new AbortController();
  #sending = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(host: WebhooksHost) {
    this.#host = host;
    this.#folder = join(host.dataFolder, 'webhooks');
  }

  /** Goes on with what an earlier run has left. */
  static async open(host: WebhooksHost): Promise<Webhooks> {
    const webhooks = new Webhooks(host);
    await webhooks.#load();
    return webhooks;
  }

  /** Tells how every webhook stands, once there is somebody to hear it, and begins to send. */
  begin(): void {
    for (const profileId of new Set([...this.#pending.values()].map(({ stored }) => stored.profileId))) {
      this.#changed(profileId);
    }
    this.#pump();
  }

  waiting(profileId: string): number {
    return [...this.#pending.values()].filter(({ stored }) => stored.profileId === profileId).length;
  }

  /** A study is complete: it is kept, then sent. Without a webhook nothing happens. */
  completed(profileId: string, studyInstanceUid: string, time: number): void {
    if (!this.#host.profile(profileId)?.webhook) return;
    const stored: PendingWebhook = { id: randomUUID(), profileId, time, studyInstanceUid };
    const pending = pendingOf(stored);
    pending.isSending = true;
    this.#pending.set(stored.id, pending);
    this.#hold(profileId, this.#keep(pending));
  }

  /** Sends a test once. @returns what is wrong, in words */
  async test(profile: Profile): Promise<string | undefined> {
    const id = randomUUID();
    const { id: profileId, name } = profile;
    const time = new Date().toISOString();
    const body = JSON.stringify({ event: 'test', id, time, profile: { id: profileId, name } });
    const answer = await this.#send(profile, id, body);
    this.#note(profileId, answer);
    return answer.kind === 'taken' ? undefined : answer.problem;
  }

  /**
   * The address or its secret is another one, or there is none any more: what waits is made anew and tried at once, or dropped.
   */
  settingsChanged(profileId: string): void {
    const isOff = !this.#host.profile(profileId)?.webhook;
    const unmade: Pending[] = [];
    for (const pending of this.#pending.values()) {
      if (pending.stored.profileId !== profileId) continue;
      pending.tries = 0;
      pending.dueAt = 0;
      pending.settings.abort();
      pending.settings = new AbortController();
      const { body, madeFor: _, ...stored } = pending.stored;
      pending.stored = stored;
      if (isOff) this.#hold(profileId, this.#forget(pending));
      else if (body !== undefined) unmade.push(pending);
    }
    this.#hold(profileId, this.#writeAll(unmade));
    if (isOff) this.#states.delete(profileId);
    this.#changed(profileId);
    this.#pump();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  async #load(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((one) => /^[\w-]+\.json$/.test(one))) {
      const read = await readJson(join(this.#folder, name)).catch(() => undefined);
      const parsed = read?.kind === 'json' ? pendingWebhookSchema.safeParse(read.value) : undefined;
      if (!parsed?.success) continue;
      this.#pending.set(parsed.data.id, pendingOf(parsed.data));
    }
  }

  /** Keeps `close` waiting for what is under way. */
  #hold(profileId: string, work: Promise<void>): void {
    const held = work
      .catch((error: unknown) => {
        const message = `The webhook has met a mistake in this program: ${withoutWords(error)}`;
        this.#host.line('error', message, { code: 'webhook-internal', profileId });
      })
      .finally(() => this.#working.delete(held));
    this.#working.add(held);
  }

  async #keep(pending: Pending): Promise<void> {
    const { profileId } = pending.stored;
    if (this.#pending.size > MOST_WAITING) {
      const [oldest] = this.#pending.values();
      if (oldest) await this.#giveUp(oldest, 'Too many studies wait.');
    }
    await this.#write(pending);
    pending.isSending = false;
    this.#changed(profileId);
    this.#pump();
  }

  /** What cannot be kept is sent all the same, as long as this program runs. */
  async #write(pending: Pending): Promise<void> {
    const { id, profileId } = pending.stored;
    await this.#onDisk(pending, async () => {
      if (this.#pending.has(id)) await writeJson(this.#pathOf(pending.stored), pending.stored);
    }).catch((error: unknown) => {
      const message = `A completed study could not be kept for the webhook (${withoutWords(error)}). It is sent, but a restart would forget it.`;
      this.#host.line('error', message, { code: 'webhook-not-kept', profileId });
    });
  }

  /** One after the other: there may be thousands. */
  async #writeAll(all: readonly Pending[]): Promise<void> {
    for (const pending of all) await this.#write(pending);
  }

  #onDisk(pending: Pending, work: () => Promise<void>): Promise<void> {
    const done = pending.disk.then(work);
    pending.disk = done.catch(() => undefined);
    return done;
  }

  /** Begins what is due, and comes back when the next one is. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#closed.signal.aborted) return;
    const now = performance.now();
    const idle = [...this.#pending.values()].filter(({ isSending }) => !isSending);
    for (const pending of idle.filter(({ dueAt }) => dueAt <= now).slice(0, AT_ONCE - this.#sending)) {
      pending.isSending = true;
      this.#sending++;
      this.#hold(
        pending.stored.profileId,
        this.#attempt(pending).finally(() => {
          pending.isSending = false;
          this.#sending--;
          this.#pump();
        }),
      );
    }
    const later = idle.filter(({ dueAt }) => dueAt > now).map(({ dueAt }) => dueAt);
    if (later.length > 0) this.#timer = setTimeout(() => this.#pump(), Math.min(...later) - now).unref();
  }

  async #attempt(pending: Pending): Promise<void> {
    const { profileId } = pending.stored;
    const { signal } = pending.settings;
    if (!this.#host.profile(profileId)?.webhook) return this.#forget(pending);
    const answer = await this.#call(pending, signal).catch((error: unknown): Answer => {
      return { kind: 'failed', problem: `The call could not be made: ${withoutWords(error)}`, lasting: false };
    });
    if (this.#closed.signal.aborted) return;
    if (answer.kind === 'taken') {
      await this.#forget(pending);
      this.#note(profileId, answer);
      return;
    }
    // The next one, by the settings of now, is due already.
    if (signal.aborted || answer === OVERTAKEN) return;
    pending.tries++;
    const now = performance.now();
    const isOver = now > pending.overAt || (answer.lasting && pending.tries >= LASTING_TRIES);
    pending.dueAt = now + (this.#host.pause ?? pauseAfterTries)(pending.tries);
    if (isOver) await this.#giveUp(pending, answer.problem);
    else if (pending.tries === 1) this.#host.line('warn', problemWords(answer), { code: 'webhook-failed', profileId });
    this.#note(profileId, answer);
  }

  /** Sends what is kept, made for the settings of now. */
  async #call(pending: Pending, signal: AbortSignal): Promise<Answer> {
    const { profileId, studyInstanceUid } = pending.stored;
    if (!isMadeFor(pending.stored, this.#host.profile(profileId))) {
      const study = await this.#host.study(profileId, studyInstanceUid).catch(() => undefined);
      const profile = this.#host.profile(profileId);
      if (signal.aborted || !profile?.webhook) return OVERTAKEN;
      const { url, includeIdentifiers } = profile.webhook;
      const body = studyBody(pending.stored, profile, study);
      pending.stored = { ...pending.stored, body, madeFor: { url, includeIdentifiers } };
      await this.#write(pending);
    }
    const { id, body = '' } = pending.stored;
    const profile = this.#host.profile(profileId);
    if (signal.aborted || !profile || !isMadeFor(pending.stored, profile)) return OVERTAKEN;
    return this.#send(profile, id, body, signal);
  }

  async #send({ id: profileId, webhook }: Profile, id: string, body: string, settings?: AbortSignal): Promise<Answer> {
    if (!webhook) return { kind: 'failed', problem: 'No address is set.', lasting: true };
    const signal = AbortSignal.any([this.#closed.signal, ...(settings ? [settings] : [])]);
    let secret: string | undefined;
    if (webhook.signed) {
      secret = await this.#host.secret(profileId).catch(() => undefined);
      // Unsigned it would be refused, or worse: taken.
      if (secret === undefined) {
        return {
          kind: 'failed',
          problem: 'The secret cannot be read. Enter it again in the settings.',
          lasting: false,
        };
      }
    }
    return send({ url: webhook.url, id, body, secret, version: this.#host.version, signal });
  }

  async #giveUp(pending: Pending, problem: string): Promise<void> {
    const { profileId, studyInstanceUid } = pending.stored;
    await this.#forget(pending);
    const message = `The webhook was not told of the study ${studyInstanceUid}, which is given up. ${problem}`;
    this.#host.line('error', message, { code: 'webhook-given-up', profileId });
  }

  async #forget(pending: Pending): Promise<void> {
    const { stored } = pending;
    this.#pending.delete(stored.id);
    // Should it not go away, it is told once more after the next start, with the same id.
    await this.#onDisk(pending, () => rm(this.#pathOf(stored), { force: true })).catch(() => undefined);
  }

  #note(profileId: string, answer: Answer): void {
    const { lastSuccess } = this.#states.get(profileId) ?? {};
    const time = Date.now();
    this.#states.set(
      profileId,
      answer.kind === 'taken'
        ? { lastSuccess: time }
        : { ...(lastSuccess !== undefined && { lastSuccess }), lastProblem: { time, message: answer.problem } },
    );
    this.#changed(profileId);
  }

  #changed(profileId: string): void {
    this.#host.changed(profileId, { waiting: this.waiting(profileId), ...this.#states.get(profileId) });
  }

  #pathOf({ id }: PendingWebhook): string {
    return join(this.#folder, `${id}.json`);
  }
}

function pendingOf(stored: PendingWebhook): Pending {
  const age = Math.max(0, Date.now() - stored.time);
  const overAt = performance.now() + LONGEST_WAIT - age;
  return {
    stored,
    tries: 0,
    dueAt: 0,
    overAt,
    isSending: false,
    settings: new AbortController(),
    disk: Promise.resolve(),
  };
}

/** Whether the body says what the profile wants to say, to whom it wants to say it. */
function isMadeFor({ body, madeFor }: PendingWebhook, profile: Profile | undefined): boolean {
  const { url, includeIdentifiers } = profile?.webhook ?? {};
  return body !== undefined && madeFor?.url === url && madeFor?.includeIdentifiers === includeIdentifiers;
}

function problemWords({ problem }: Extract<Answer, { kind: 'failed' }>): string {
  return `The webhook could not be called: ${problem}`;
}
