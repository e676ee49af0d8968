import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Choices } from '#renderer/api/choices.ts';
import { choose, hear, standing, takeBack } from '#renderer/api/choices.ts';
import { defaultSettings } from '#shared/contract.ts';

const begin: Choices = { told: defaultSettings, waiting: [] };
const told = (change: object) => ({ ...defaultSettings, ...change });

describe('choices', () => {
  it('stand at once, and until the receiver has told of the last', () => {
    let choices = choose(begin, { privacyBlur: true });
    expect(standing(choices)).toEqual(told({ privacyBlur: true }));
    choices = choose(choose(choices, { privacyBlur: false }), { privacyBlur: true });
    for (const privacyBlur of [true, false, true]) {
      choices = hear(choices, told({ privacyBlur }));
      expect(standing(choices).privacyBlur).toBe(true);
    }
    expect(choices.waiting).toEqual([]);
    expect(standing(hear(choices, defaultSettings))).toEqual(defaultSettings);
  });

  it('leave what others choose in between as it is', () => {
    const choices = hear(choose(begin, { theme: 'dark' }), told({ density: 'compact' }));
    expect(standing(choices)).toEqual(told({ theme: 'dark', density: 'compact' }));
  });

  it('are taken back one by one', () => {
    const change = { theme: 'dark' } as const;
    const choices = takeBack(choose(choose(begin, change), { density: 'compact' }), change);
    expect(standing(choices)).toEqual(told({ density: 'compact' }));
  });

  it('are as the receiver has them in the end, and the last one stands all the while, whoever else chooses', () => {
    const change = fc.oneof(
      fc.record({ privacyBlur: fc.boolean() }),
      fc.record({ theme: fc.constantFrom('system', 'light', 'dark') }),
    );
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.array(fc.record({ density: fc.constantFrom('comfortable', 'compact'), before: fc.nat(6) }), {
          maxLength: 4,
        }),
        (mine, others) => {
          const last = Object.assign({}, ...mine);
          let choices = mine.reduce(choose, begin);
          let settings = defaultSettings;
          for (const [index, one] of [...mine, undefined].entries()) {
            for (const { density } of others.filter(({ before }) => Math.min(before, mine.length) === index)) {
              settings = { ...settings, density };
              choices = hear(choices, settings);
              expect(standing(choices)).toMatchObject({ ...last, density });
            }
            if (!one) continue;
            settings = { ...settings, ...one };
            choices = hear(choices, settings);
            expect(standing(choices)).toMatchObject(last);
          }
          expect(standing(choices)).toEqual(settings);
          expect(choices.waiting).toEqual([]);
        },
      ),
    );
  });
});
