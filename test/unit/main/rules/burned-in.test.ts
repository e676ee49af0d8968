/** How likely text is in the pixels, by the header. */
import { describe, expect, test } from 'vitest';
import { burnedInRisk } from '#main/rules/burned-in.ts';
import { BURNED_IN_RISK } from '#shared/rules.ts';

const STORAGE = '1.2.840.10008.5.1.4.1.1.';
const CT = {
  SOPClassUID: `${STORAGE}2`,
  Modality: 'CT',
  Rows: '512',
  Manufacturer: 'ACME',
  ImageType: 'ORIGINAL\\PRIMARY\\AXIAL',
};
const risk = (header: Readonly<Record<string, string>>) => burnedInRisk((keyword) => header[keyword]);

test('an ordinary CT has next to none', () => {
  expect(risk(CT)).toEqual({ score: 10, reasons: ['BurnedInAnnotation is absent'] });
  expect(risk({ ...CT, BurnedInAnnotation: 'NO' })).toEqual({ score: 0, reasons: [] });
});

test('what says YES has the highest', () => {
  expect(risk({ ...CT, BurnedInAnnotation: 'YES ' }).score).toBe(100);
  expect(risk({ ...CT, BurnedInAnnotation: 'YES' }).reasons).toContain('BurnedInAnnotation is YES');
});

describe('likely', () => {
  test.each([
    ['Secondary Capture', { SOPClassUID: `${STORAGE}7`, Modality: 'OT' }],
    ['multi-frame Secondary Capture', { SOPClassUID: `${STORAGE}7.4` }],
    ['ultrasound', { SOPClassUID: `${STORAGE}6.1`, Modality: 'US' }],
    ['ultrasound, several frames', { SOPClassUID: `${STORAGE}3.1` }],
    ['ultrasound by its modality', { SOPClassUID: '1.2.3', Modality: 'US' }],
    ['a photograph', { SOPClassUID: `${STORAGE}77.1.4`, Modality: 'XC' }],
    ['a saved screen', { ImageType: 'DERIVED\\SECONDARY\\SCREEN SAVE' }],
    ['a workstation’s picture', { ConversionType: 'WSD', ImageType: 'DERIVED\\SECONDARY' }],
    ['a digitised film', { ConversionType: 'DF' }],
    ['a dose report', { SeriesDescription: 'Dose Report' }],
    ['a patient protocol', { SeriesDescription: 'PATIENT PROTOCOL' }],
  ])('%s', (_, more) => {
    const { score, reasons } = risk({ ...CT, ...more });
    expect(score).toBeGreaterThanOrEqual(BURNED_IN_RISK);
    expect(score).toBeLessThanOrEqual(100);
    expect(reasons.length).toBeGreaterThan(1);
  });

  test.each([`${STORAGE}104.1`, `${STORAGE}104.2`])(
    'an encapsulated document, which has no rows: %s',
    (SOPClassUID) => {
      expect(risk({ SOPClassUID }).score).toBeGreaterThanOrEqual(BURNED_IN_RISK);
    },
  );
});

describe('unlikely', () => {
  test.each([
    ['a reconstruction', { ImageType: 'DERIVED\\SECONDARY\\MPR' }],
    ['no manufacturer', { Manufacturer: '' }],
    ['segmentation, whose UID begins as that of ultrasound', { SOPClassUID: `${STORAGE}66.4` }],
    ['CR from a digital interface', { ConversionType: 'DI' }],
    ['what says NO', { SOPClassUID: `${STORAGE}7`, ConversionType: 'WSD', BurnedInAnnotation: 'NO' }],
  ])('%s', (_, more) => {
    expect(risk({ ...CT, ...more }).score).toBeLessThan(BURNED_IN_RISK);
  });

  test.each([
    ['a structured report', { SOPClassUID: `${STORAGE}88.22`, Modality: 'SR' }],
    ['a 3D model', { SOPClassUID: `${STORAGE}104.3`, Modality: 'M3D' }],
  ])('%s has no pixels', (_, header) => {
    expect(risk(header)).toEqual({ score: 0, reasons: [] });
  });
});

test('reasons hold no value that people type', () => {
  const typed = {
    SeriesDescription: 'Dose report of Doe',
    ProtocolName: 'Doe',
    Manufacturer: 'Doe',
    ImageType: 'x\\SECONDARY\\Doe',
  };
  expect(risk({ ...CT, ...typed }).reasons.join()).not.toContain('Doe');
});
