import { describe, expect, it } from 'vitest';
import { EXPLICIT_BIG, EXPLICIT_LITTLE, encodingOf, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';

describe('encodingOf', () => {
  it.each([
    ['1.2.840.10008.1.2', IMPLICIT_LITTLE],
    ['1.2.840.10008.1.2.1', EXPLICIT_LITTLE],
    ['1.2.840.10008.1.2.2', EXPLICIT_BIG],
    ['1.2.840.10008.1.2.1.99', { ...EXPLICIT_LITTLE, deflated: true }],
    ['1.2.840.10008.1.2.1.98', { ...EXPLICIT_LITTLE, encapsulated: true }],
    ['1.2.840.10008.1.2.4.50', { ...EXPLICIT_LITTLE, encapsulated: true }],
    ['1.2.840.10008.1.2.4.94', EXPLICIT_LITTLE],
    ['1.2.840.10008.1.2.4.95', { ...EXPLICIT_LITTLE, deflated: true }],
    ['1.2.840.10008.1.2.4.205', { ...EXPLICIT_LITTLE, deflated: true }],
    ['1.2.840.10008.1.2.5', { ...EXPLICIT_LITTLE, encapsulated: true }],
    ['1.2.840.10008.1.2.7.1', EXPLICIT_LITTLE],
    ['1.2.840.10008.1.2.8.1', { ...EXPLICIT_LITTLE, encapsulated: true }],
    ['1.2.840.113619.5.2', IMPLICIT_LITTLE],
    ['1.3.46.670589.33.1.4.1', { ...EXPLICIT_LITTLE, encapsulated: true }],
    ['', { ...EXPLICIT_LITTLE, encapsulated: true }],
  ])('knows %s', (uid, encoding) => {
    expect(encodingOf(uid)).toEqual(encoding);
  });
});
