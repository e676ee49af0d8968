/** The thread of one running profile: one StoreScp, whose events go to the supervisor in batches. */

import { parentPort, workerData } from 'node:worker_threads';
import type { FileStoredData, LogRecord } from '#main/engine/index.ts';
import { StoreScp } from '#main/engine/index.ts';
import type { LogLevel } from '#shared/contract.ts';
import { LOG_LEVELS } from '#shared/contract.ts';
import { ActionCounts } from './action-counts.ts';
import type { AppliedRules, RuleCompiler, RuleSetVersion } from './applied-rules.ts';
import { burnedInScore } from './burned-in-score.ts';
import { InstanceQuestions } from './instance-questions.ts';
import { ProblemError } from './problem.ts';
import { placeOf, startProblem } from './start-problem.ts';
import type { FromWorker, Report, ToWorker, WorkerStart } from './worker-messages.ts';

/** Milliseconds between two batches: at most twenty a second. */
const PERIOD = 50;
const PROGRESS_PERIOD = 500;
/** A batch goes out early when it grows this long. */
const BATCH = 2000;

const port = parentPort;
if (!port) throw new Error('profile-worker runs as a worker thread only');
const start = workerData as WorkerStart;
let logLevel = start.logLevel;
let reports: Report[] = [];
let timer: NodeJS.Timeout | undefined;
let compiler: RuleCompiler | undefined;
/** What associations that begin now are treated by, and what those that are open were given. */
let rules: RuleSetVersion | undefined;
const rulesOf = new Map<number, RuleSetVersion>();
const actions = new ActionCounts();
const questions = new InstanceQuestions((id, sopInstanceUids) =>
  say({ type: 'commitment-query', id, sopInstanceUids }),
);

function say(message: FromWorker): void {
  port?.postMessage(message);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  for (const one of actions.take()) reports.push({ kind: 'rule-actions', ...one });
  if (reports.length === 0) return;
  say({ type: 'reports', reports });
  reports = [];
}

function report(one: Report): void {
  reports.push(one);
  if (reports.length >= BATCH) flush();
  else timer ??= setTimeout(flush, PERIOD);
}

function isWanted(level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(logLevel);
}

/** The engine's steps of the protocol are details here unless the profile is verbose; what failed in storing arrives as an event, with its code. */
function log({ time, level, component, message, association }: LogRecord): void {
  if (level !== 'info' && (component === 'store' || component === 'storage')) return;
  const shown = level !== 'info' || start.options.verbose ? level : 'debug';
  if (!isWanted(shown)) return;
  report({
    kind: 'log',
    time: time.getTime(),
    level: shown,
    component,
    message,
    ...(association !== undefined && { association }),
  });
}

function stored(data: FileStoredData): void {
  const burnedIn = burnedInScore(data.sopClassUid, data.tags ?? {});
  const treatedBy = rulesOf.get(data.association.id);
  if (!treatedBy) {
    report({ kind: 'stored', time: Date.now(), data, burnedIn });
    return;
  }
  // What is there already has been counted when it came first.
  if (data.rules && data.outcome !== 'equal') actions.add(data.studyInstanceUid, treatedBy, data.rules.actions);
  const short = data.rules ? { ...data, rules: { actions: [], warnings: data.rules.warnings } } : data;
  report({ kind: 'stored', time: Date.now(), data: short, burnedIn, rules: treatedBy });
}

/** Compiles and registers; throws a problem in words. */
async function apply(scp: StoreScp, applied: AppliedRules): Promise<void> {
  // Loaded only where it is used: a profile without rules starts sooner.
  const { RuleCompiler, ruleSetProblem } = await import('./applied-rules.ts');
  compiler ??= new RuleCompiler();
  try {
    scp.onBeforeStore(compiler.compile(applied.ruleSet, applied, true));
    rules = applied.of;
  } catch (error) {
    throw new ProblemError(ruleSetProblem(error, applied.of.name));
  }
}

async function build(): Promise<StoreScp> {
  const { options, displayTags } = start;
  const own = options.extractTags ?? [];
  const taken = new Set([...own, ...(options.extractCustomTags ?? []).map(({ name }) => name)]);
  const scp = new StoreScp({
    ...options,
    extractTags: [...own, ...displayTags.filter((name) => !taken.has(name))],
    logger: log,
  });
  scp.onConnection((_error, { data }) => {
    // It is told in the moment in which the engine gives the association its rules.
    if (data.state === 'accepted' && rules) rulesOf.set(data.association.id, rules);
    else if (data.state !== 'accepted') rulesOf.delete(data.association.id);
    report({ kind: 'connection', time: Date.now(), data });
  });
  // A failure arrives at onError as well, with its code.
  scp.onFileStored((error, { data }) => {
    if (!error) stored(data);
  });
  scp.onStudyCompleted((_error, { data }) =>
    report({
      kind: 'study-completed',
      time: Date.now(),
      studyInstanceUid: data.study.studyInstanceUid,
      quiet: data.quiet,
    }),
  );
  scp.onFileUploaded((_error, { data }) => report({ kind: 'uploaded', data }));
  scp.onUploadFailed((_error, { data }) => {
    if (!data.willRetry) report({ kind: 'upload-gone', data });
  });
  scp.onCertificate((_error, { data }) => report({ kind: 'certificate', problems: data.problems }));
  scp.onStorageCommitment((_error, { message, data }) =>
    report({ kind: 'commitment', time: Date.now(), message, data }),
  );
  scp.findInstancesWith((sopInstanceUids) => questions.ask(sopInstanceUids));
  scp.onError((_error, { message, data }) => report({ kind: 'error', time: Date.now(), message, data }));
  if (start.rules) await apply(scp, start.rules);
  return scp;
}

/** Says why nothing is received, and ends. */
function fail(error: unknown): void {
  flush();
  const problem = error instanceof ProblemError ? error.problems[0] : undefined;
  say({ type: 'failed', problem: problem ?? startProblem(error, placeOf(start.options)) });
  compiler?.close();
  port?.close();
}

async function run(): Promise<void> {
  let scp: StoreScp;
  try {
    scp = await build();
    scp.onServerStarted((error, { data }) => {
      if (!error) say({ type: 'started', address: data });
    });
    await scp.start();
  } catch (error) {
    fail(error);
    return;
  }
  let shownUploads = '';
  const progress = setInterval(() => {
    const uploads = scp.uploads();
    const shown = JSON.stringify(uploads);
    if (uploads && shown !== shownUploads) report({ kind: 'uploads', uploads });
    shownUploads = shown;
    const associations = scp.associations().map(({ id, bytesReceived, stored }) => ({
      id,
      bytes: bytesReceived,
      files: stored,
    }));
    if (associations.length > 0) report({ kind: 'progress', time: Date.now(), associations });
  }, PROGRESS_PERIOD);
  port?.on('message', async (message: ToWorker) => {
    switch (message.type) {
      case 'abort':
        scp.abortAssociation(message.association);
        break;
      case 'retry-uploads':
        scp.retryUploads();
        break;
      case 'end-lockout':
        scp.endLockout(message.address);
        break;
      case 'commitment-answer':
        questions.answer(message.id, message.known);
        break;
      case 'log-level':
        logLevel = message.level;
        break;
      case 'rules':
        try {
          await apply(scp, message.rules);
        } catch (error) {
          // The older ones might let through what these were made to hold back.
          await scp.stop();
          clearInterval(progress);
          fail(error);
        }
        break;
      case 'stop':
        await scp.stop();
        clearInterval(progress);
        flush();
        compiler?.close();
        // Nothing is left to do: the thread ends by itself, with code 0.
        port?.close();
        break;
    }
  });
}

await run();
