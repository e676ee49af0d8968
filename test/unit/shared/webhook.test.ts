import { describe, expect, test } from 'vitest';
import { isReadable, webhookMistake, webhookSchema } from '#shared/webhook.ts';

describe('the address of a webhook', () => {
  test.each([
    'https://ris.example.org/studies?token=1',
    'https://ris.example.org:8443',
    'http://localhost:8080/x',
    'http://127.0.0.1',
    'http://[::1]:80/',
    'http://10.1.2.3/x',
    'http://172.16.0.1',
    'http://192.168.1.1:81/a#b',
    'http://[fd00::1]/',
    'http://ris/x',
    'http://ris.local/x',
    'http://ris.hospital.internal',
  ])('%s', (url) => {
    expect(webhookMistake(url)).toBeUndefined();
    expect(webhookSchema.parse({ url: ` ${url} `, includeIdentifiers: false }).url).toBe(url);
    expect(() => new URL(url)).not.toThrow();
  });

  test.each([
    '',
    'ris.example.org',
    'ftp://ris/x',
    'https://user:secret@ris.example.org',
    'https://ris.example.org /x',
    'http://ris.example.org',
    'http://172.32.0.1',
    'http://11.0.0.1',
    'http://1234567',
    'http://10.0.0.1.example.org/',
    'http://localhost.example.org/',
    'http://127.0.0.1@example.org/',
    'file:///etc/passwd',
    'https://h:70000/x',
    'http://[::1:2:3:4:5:6:7:8:9]/',
  ])('not %s', (url) => {
    expect(webhookMistake(url)).toEqual(expect.any(String));
  });

  test('only what others in the network could read is warned of', () => {
    const readable = ['http://10.1.2.3/x', 'http://ris/x', 'http://localhost/', 'https://ris/'].filter(isReadable);
    expect(readable).toEqual(['http://10.1.2.3/x', 'http://ris/x']);
  });
});
