/** A call to another system for each completed study: as data, and what a page can ask about it. Part of the contract. */

import * as z from 'zod';

/** Scheme, host, and the rest; no name and password, which would be shown with the address. */
const ADDRESS = /^(https?):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?(?:[/?#]\S*)?$/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
/** Addresses of private networks (RFC 1918, RFC 4193, link-local), and names that only a local network knows. */
const PRIVATE =
  /^(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|169\.254(?:\.\d{1,3}){2}|\[f[cd][0-9a-f:]*\]|\[fe[89ab][0-9a-f:]*\]|[a-z0-9_-]*[a-z][a-z0-9_-]*|[a-z0-9._-]+\.(?:local|lan|internal|home\.arpa))$/i;

/** What is wrong with an address, as the rest of a sentence that starts with it; undefined: nothing. */
export function webhookMistake(url: string): string | undefined {
  const [, scheme, host = ''] = ADDRESS.exec(url) ?? [];
  if (scheme === undefined || !z.url().safeParse(url).success)
    return 'must be an address such as https://ris.example.org/studies, without name and password';
  if (scheme.toLowerCase() === 'https' || LOOPBACK.test(host) || PRIVATE.test(host)) return undefined;
  return 'must begin with https:// unless it is on this computer or in a private network';
}

/** Whether others in the network can read what is sent there. */
export function isReadable(url: string): boolean {
  const [, scheme = '', host = ''] = ADDRESS.exec(url) ?? [];
  return scheme.toLowerCase() === 'http' && !LOOPBACK.test(host);
}

export const webhookSchema = z.strictObject({
  url: z
    .string()
    .trim()
    .max(2000, 'must have at most 2000 characters')
    .superRefine((url, context) => {
      const mistake = webhookMistake(url);
      if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
    }),
  /** Patient's name and ID, accession number, date and description of the study, too. */
  includeIdentifiers: z.boolean(),
});

/** As it is stored. Its secret is kept elsewhere. */
export const storedWebhookSchema = webhookSchema.extend({ signed: z.boolean() });
export type Webhook = z.output<typeof storedWebhookSchema>;

/** A completed study that has not been told, as it is kept in a file. */
export const pendingWebhookSchema = z.object({
  id: z.uuid(),
  profileId: z.string(),
  /** When the study was complete. */
  time: z.number(),
  studyInstanceUid: z.string(),
  /** Made with the first attempt, so that all are the same, as long as it is for the same settings. */
  body: z.string().optional(),
  madeFor: z.object({ url: z.string(), includeIdentifiers: z.boolean() }).optional(),
});
export type PendingWebhook = z.output<typeof pendingWebhookSchema>;

/** How it gets on. */
export interface WebhookState {
  /** Studies that have not been told. */
  readonly waiting: number;
  readonly lastSuccess?: number;
  readonly lastProblem?: { readonly time: number; readonly message: string };
}

const profileId = z.string().regex(/^[\w.:-]{1,120}$/, 'is not an identifier');

export const webhookCommandArguments = {
  /** `webhook` null: none. `secret` left out: as it is; null: none. Takes effect at once, without a restart. */
  'webhook-save': z.strictObject({
    id: profileId,
    webhook: webhookSchema.nullable(),
    secret: z.string().min(16, 'must have at least 16 characters').max(200).nullable().optional(),
  }),
  /** Sends a test as it is stored, once. */
  'webhook-test': z.strictObject({ id: profileId }),
} as const;
