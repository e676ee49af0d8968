import { describe, expect, it } from 'vitest';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  isRetiredUid,
  STORAGE_COMMITMENT_SOP_CLASS,
  sopClassName,
  storageSopClasses,
  transferSyntaxesOfModeAll,
  transferSyntaxName,
  uidOfKeyword,
  VERIFICATION_SOP_CLASS,
} from '#shared/dicom/uids.ts';

describe('names', () => {
  it('knows SOP classes', () => {
    expect(sopClassName('1.2.840.10008.5.1.4.1.1.2')).toBe('CT Image Storage');
    expect(sopClassName('1.2.840.10008.5.1.4.1.1.6')).toBe('Ultrasound Image Storage');
    expect(sopClassName(VERIFICATION_SOP_CLASS)).toBe('Verification SOP Class');
    expect(sopClassName(STORAGE_COMMITMENT_SOP_CLASS)).toBe('Storage Commitment Push Model SOP Class');
    expect(sopClassName('1.2.3')).toBeUndefined();
    expect(sopClassName(EXPLICIT_VR_LITTLE_ENDIAN)).toBeUndefined();
  });

  it('knows transfer syntaxes', () => {
    expect(transferSyntaxName('1.2.840.10008.1.2')).toBe('Implicit VR Little Endian');
    expect(transferSyntaxName('1.2.840.10008.1.2.4.52')).toBe('JPEG Extended (Process 3 & 5)');
    expect(transferSyntaxName('1.2.840.10008.5.1.4.1.1.2')).toBeUndefined();
  });
});

describe('uidOfKeyword', () => {
  it.each([
    ['CTImageStorage', '1.2.840.10008.5.1.4.1.1.2'],
    ['EnhancedMRImageStorage', '1.2.840.10008.5.1.4.1.1.4.1'],
    ['UltrasoundMultiFrameImageStorage', '1.2.840.10008.5.1.4.1.1.3.1'],
    ['UltrasoundMultiFrameImageStorageRetired', '1.2.840.10008.5.1.4.1.1.3'],
    ['DigitalXRayImageStorageForPresentation', '1.2.840.10008.5.1.4.1.1.1.1'],
    ['TwelveLeadECGWaveformStorage', '1.2.840.10008.5.1.4.1.1.9.1.1'],
    ['XRayAngiographicBiPlaneImageStorage', '1.2.840.10008.5.1.4.1.1.12.3'],
    ['Verification', '1.2.840.10008.1.1'],
    ['ImplicitVRLittleEndian', '1.2.840.10008.1.2'],
    ['ExplicitVRLittleEndian', '1.2.840.10008.1.2.1'],
    ['ExplicitVRBigEndian', '1.2.840.10008.1.2.2'],
    ['JPEG2000Lossless', '1.2.840.10008.1.2.4.90'],
    ['JPEGBaseline8Bit', '1.2.840.10008.1.2.4.50'],
    ['JPIPHTJ2KReferencedDeflate', '1.2.840.10008.1.2.4.205'],
    ['RLELossless', '1.2.840.10008.1.2.5'],
  ])('%s', (keyword, uid) => {
    expect(uidOfKeyword(keyword)).toBe(uid);
  });

  it('knows nothing else', () => {
    expect(uidOfKeyword('PatientName')).toBeUndefined();
    expect(uidOfKeyword('')).toBeUndefined();
  });
});

describe('the modes', () => {
  it('AllStorage is every storage SOP class, active and retired, and nothing else', () => {
    const all = storageSopClasses();
    expect(all).toHaveLength(211);
    expect(new Set(all).size).toBe(211);
    expect(all.filter((uid) => isRetiredUid(uid))).toHaveLength(20);
    for (const uid of all) expect(sopClassName(uid)).toMatch(/Storage/);
    expect(all).not.toContain(VERIFICATION_SOP_CLASS);
    expect(all).not.toContain(STORAGE_COMMITMENT_SOP_CLASS);
  });

  it('All transfer syntaxes are the 46 of the list and the 17 that are retired besides', () => {
    const all = transferSyntaxesOfModeAll();
    expect(all).toHaveLength(63);
    expect(all.filter((uid) => isRetiredUid(uid))).toHaveLength(18);
    expect(all.slice(0, 2)).toEqual(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1']);
  });
});
