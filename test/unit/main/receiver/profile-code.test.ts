import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';
import { profileCode } from '#main/receiver/profile-code.ts';
import type { Profile } from '#shared/contract.ts';

/** What the program gives to the constructor. */
async function optionsOf(code: string, environment: Record<string, string> = {}): Promise<unknown> {
  const body = stripTypeScriptTypes(code).replace(/^import .*$/m, '');
  let given: unknown;
  class StoreScp {
    constructor(options: unknown) {
      given = options;
    }
    onServerStarted() {}
    onFileStored() {}
    onError() {}
    async start() {}
  }
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction('StoreScp', 'process', body)(StoreScp, { env: environment });
  return given;
}

const profile: Profile = {
  id: 'p',
  name: 'CT\nconsole.log("not run")',
  autoStart: true,
  options: {
    port: 11112,
    outDir: `C:\\it's "here"\u2028\n`,
    acceptedCallingAeTitles: ['CT01', 'CT02'],
    extractCustomTags: [{ tag: '0009xx01', name: 'a-b', creator: 'GEMS' }],
  },
  secrets: [],
};

test('is a program that gives exactly these options', async () => {
  expect(await optionsOf(profileCode(profile))).toEqual(profile.options);
});

test('takes secrets from the environment', async () => {
  const s3: Profile = {
    ...profile,
    options: { port: 1, storageBackend: 'S3', s3Config: { bucket: 'b', accessKey: 'A' } },
    secrets: ['secretKey', 'sessionToken'],
  };
  const environment = { STUDYPORT_S3_SECRET_KEY: 'one', STUDYPORT_S3_SESSION_TOKEN: 'two' };
  expect(await optionsOf(profileCode(s3), environment)).toEqual({
    ...s3.options,
    s3Config: { bucket: 'b', accessKey: 'A', secretKey: 'one', sessionToken: 'two' },
  });
});

test('a profile with rules is a program with rules', () => {
  const own = profileCode({ ...profile, ruleSetId: 'r0123456789ab' });
  expect(own).toContain("from 'studyport/rules'");
  expect(own).toContain("JSON.parse(readFileSync('rules.json', 'utf8'))");
  expect(own).toContain('receiver.onBeforeStore(rules);');
  const builtIn = profileCode({ ...profile, ruleSetId: 'basic' });
  expect(builtIn).toContain("BUILT_IN_RULE_SETS.get('basic')");
  expect(builtIn).not.toContain('readFileSync');
  expect(profileCode(profile)).not.toContain('rules');
});
