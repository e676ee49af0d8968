/**
 * Just enough of S3 for the examples that name a bucket: takes objects, keeps them in memory, checks no signature. What
 * the S3 storage does with a real server is proved elsewhere, against one.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export type S3StandIn = {
  readonly endpoint: string;
  /** `bucket/key` → content. */
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly stop: () => Promise<void>;
};

/** @param before hears of each request before it is answered, with the objects as they are, which it may change */
export async function startS3StandIn(
  before: (method: string, path: string, objects: Map<string, Buffer>) => void = () => {},
): Promise<S3StandIn> {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
    const isBucket = !path.replace(/\/$/, '').includes('/');
    const content = await body(request);
    before(request.method ?? '', path, objects);
    const stored = objects.get(path);
    if (request.method === 'PUT' && !isBucket) {
      const source = request.headers['x-amz-copy-source'];
      const copied = typeof source === 'string' ? objects.get(decodeURIComponent(source).replace(/^\//, '')) : content;
      if (request.headers['if-none-match'] === '*' && stored) response.writeHead(412).end();
      else if (!copied) response.writeHead(404).end();
      else {
        objects.set(path, copied);
        response.writeHead(200, { etag: etag(copied) });
        response.end(source ? `<CopyObjectResult><ETag>${etag(copied)}</ETag></CopyObjectResult>` : undefined);
      }
    } else if (request.method === 'DELETE') {
      objects.delete(path);
      response.writeHead(204).end();
    } else if (isBucket) {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(request.method === 'HEAD' ? undefined : '<ListBucketResult></ListBucketResult>');
    } else if (!stored) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { 'content-length': stored.length, etag: etag(stored) });
      response.end(request.method === 'HEAD' ? undefined : stored);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listening socket has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    objects,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function etag(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex')}"`;
}

/** The SDK may send a body in signed chunks: `size;chunk-signature=…\r\n content \r\n`. */
async function body(request: IncomingMessage): Promise<Buffer> {
  const raw = await buffer(request);
  if (request.headers['x-amz-decoded-content-length'] === undefined) return raw;
  const parts: Buffer[] = [];
  for (let offset = 0; ; ) {
    const end = raw.indexOf('\r\n', offset);
    const size = Number.parseInt(raw.toString('latin1', offset, end), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(raw.subarray(end + 2, end + 2 + size));
    offset = end + 2 + size + 2;
  }
}
