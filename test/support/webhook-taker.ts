/** A system that is told of completed studies: a real HTTP server that answers what a test wants. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type WebhookCall = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly path: string };

export type WebhookTaker = {
  readonly url: string;
  readonly calls: readonly WebhookCall[];
  /** Answers of the next calls; 0: none at all. Then 200. */
  readonly answers: number[];
  readonly stop: () => Promise<void>;
};

export async function startWebhookTaker(...answers: number[]): Promise<WebhookTaker> {
  const calls: WebhookCall[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    calls.push({ headers: request.headers, body, path: request.url ?? '' });
    const status = answers.shift() ?? 200;
    if (status === 0) return;
    response.writeHead(status, { location: '/elsewhere' }).end('thank you');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/studies?token=abc`,
    calls,
    answers,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
