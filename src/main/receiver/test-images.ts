/** Synthetic CT, MR, US and SR objects: complete enough for any archive, drawn by formula, of nobody (PS3.3 A.3, A.4, A.6, A.35.1). */

import { TEST_PATIENT_ID, TEST_PATIENT_NAME, TEST_UID_ROOT } from '#shared/dicom/test-images.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '#shared/dicom/uids.ts';
import { type WritableDataSet, writeDataSet } from './data-set-writer.ts';
import { CT_INTERCEPT, ctPicture, type GreyPicture, mrPicture, usPicture } from './test-pictures.ts';

export const TEST_MODALITIES = ['CT', 'MR', 'US', 'SR'] as const;
export type TestModality = (typeof TEST_MODALITIES)[number];

/** The SOP classes of the test images. */
export const TEST_SOP_CLASSES: Readonly<Record<TestModality, string>> = {
  CT: '1.2.840.10008.5.1.4.1.1.2',
  MR: '1.2.840.10008.5.1.4.1.1.4',
  US: '1.2.840.10008.5.1.4.1.1.6.1',
  SR: '1.2.840.10008.5.1.4.1.1.88.11',
};

export interface TestImage {
  readonly modality: TestModality;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: Uint8Array;
}

/** How many slices each stack has. */
export type TestSlices = Readonly<Record<'CT' | 'MR', number>>;

/** A study for the self-test: one object of each kind. */
export const ONE_OF_EACH: TestSlices = { CT: 1, MR: 1 };
/** A study for a first look: stacks to scroll through. */
export const WHOLE_STUDY: TestSlices = { CT: 8, MR: 8 };

/** How many objects a study of such stacks has. */
export function testImageCount(slices: TestSlices): number {
  return slices.CT + slices.MR + 2;
}

/**
 * A new Study Instance UID, by which the study can be recognised.
 * @param random from 0 to 1: two studies of the same second differ by it
 */
export function testStudyUid(now: Date, random: number): string {
  const digits = Math.floor(random * 10_000)
    .toString()
    .padStart(4, '0');
  return `${TEST_UID_ROOT}.${Math.floor(now.getTime() / 1000)}${digits}`;
}

/** The objects of a study, each made when it is asked for: a picture takes some milliseconds. */
export function* testStudy(studyInstanceUid: string, now: Date, slices: TestSlices): Generator<TestImage> {
  for (const modality of TEST_MODALITIES) {
    const seriesNumber = TEST_MODALITIES.indexOf(modality) + 1;
    const count = modality === 'CT' || modality === 'MR' ? slices[modality] : 1;
    for (let index = 0; index < count; index++) {
      const sopInstanceUid = `${studyInstanceUid}.${seriesNumber}.${index + 1}`;
      yield {
        modality,
        sopClassUid: TEST_SOP_CLASSES[modality],
        sopInstanceUid,
        transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
        dataSet: writeDataSet({
          ...common(studyInstanceUid, now),
          SOPClassUID: TEST_SOP_CLASSES[modality],
          SOPInstanceUID: sopInstanceUid,
          Modality: modality,
          SeriesInstanceUID: `${studyInstanceUid}.${seriesNumber}`,
          SeriesNumber: seriesNumber,
          InstanceNumber: index + 1,
          ...content(modality, index, count, studyInstanceUid),
        }),
      };
    }
  }
}

function content(modality: TestModality, index: number, count: number, study: string): WritableDataSet {
  switch (modality) {
    case 'CT':
      return ct(index, count, study);
    case 'MR':
      return mr(index, count, study);
    case 'US':
      return us();
    case 'SR':
      return sr();
  }
}

/** Patient, study, equipment and SOP common modules: type 2 attributes that nobody knows are empty. */
function common(studyInstanceUid: string, now: Date): WritableDataSet {
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return {
    SpecificCharacterSet: 'ISO_IR 100',
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    PatientName: TEST_PATIENT_NAME,
    PatientID: TEST_PATIENT_ID,
    PatientBirthDate: '',
    PatientSex: 'O',
    PatientComments: 'Synthetic test object. Not a patient.',
    StudyInstanceUID: studyInstanceUid,
    StudyDate: date,
    StudyTime: time,
    StudyID: 'TEST',
    StudyDescription: 'Studyport test images',
    AccessionNumber: '',
    ReferringPhysicianName: '',
    SeriesDate: date,
    SeriesTime: time,
    ContentDate: date,
    ContentTime: time,
    Manufacturer: 'Studyport',
    ManufacturerModelName: 'Test image generator',
  };
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

/** Image plane, frame of reference and image pixel modules of a stack of axial slices. */
function stack(study: string, series: number, index: number, spacing: number, thickness: number): WritableDataSet {
  // The centre of the stack of pixels is the origin of the patient.
  const corner = -(spacing * 255) / 2;
  return {
    PatientPosition: 'HFS',
    PatientOrientation: ['L', 'P'],
    FrameOfReferenceUID: `${study}.${series}.0`,
    PositionReferenceIndicator: '',
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    ImagePositionPatient: [corner, corner, index * thickness],
    SliceLocation: index * thickness,
    SliceThickness: thickness,
    PixelSpacing: [spacing, spacing],
    AcquisitionNumber: 1,
    BurnedInAnnotation: 'NO',
  };
}

function greyPixels({ size, samples }: GreyPicture): WritableDataSet {
  return {
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: size,
    Columns: size,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    PixelData: samples,
  };
}

function ct(index: number, count: number, study: string): WritableDataSet {
  return {
    ...stack(study, 1, index, 0.9, 20),
    ...greyPixels(ctPicture(index, count)),
    SeriesDescription: 'Test phantom CT',
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    KVP: 120,
    RescaleIntercept: CT_INTERCEPT,
    RescaleSlope: 1,
    RescaleType: 'HU',
    WindowCenter: 40,
    WindowWidth: 120,
  };
}

function mr(index: number, count: number, study: string): WritableDataSet {
  return {
    ...stack(study, 2, index, 0.5, 6),
    ...greyPixels(mrPicture(index, count)),
    SeriesDescription: 'Test phantom MR',
    ImageType: ['ORIGINAL', 'PRIMARY', 'OTHER'],
    ScanningSequence: 'SE',
    SequenceVariant: 'NONE',
    ScanOptions: '',
    MRAcquisitionType: '2D',
    RepetitionTime: 500,
    EchoTime: 15,
    EchoTrainLength: 1,
    MagneticFieldStrength: 1.5,
    WindowCenter: 450,
    WindowWidth: 900,
  };
}

function us(): WritableDataSet {
  const { rows, columns, samples } = usPicture();
  return {
    SeriesDescription: 'Test picture US',
    ImageType: ['ORIGINAL', 'PRIMARY', 'ABDOMINAL', '0011'],
    PatientOrientation: '',
    // The words in the picture name nobody.
    BurnedInAnnotation: 'NO',
    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    LossyImageCompression: '00',
    PixelData: samples,
  };
}

function sr(): WritableDataSet {
  return {
    SeriesDescription: 'Test report SR',
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [code('18748-4', 'LN', 'Diagnostic imaging report')],
    ContinuityOfContent: 'SEPARATE',
    ContentSequence: [
      text('121071', 'Finding', 'This report was made by Studyport to test the way of an object into the archive.'),
      text('121071', 'Finding', 'It is about no one.'),
      text('121077', 'Conclusion', 'If you can read this, structured reports arrive.'),
    ],
  };
}

function text(value: string, meaning: string, words: string): WritableDataSet {
  return {
    RelationshipType: 'CONTAINS',
    ValueType: 'TEXT',
    ConceptNameCodeSequence: [code(value, 'DCM', meaning)],
    TextValue: words,
  };
}

function code(value: string, scheme: string, meaning: string): WritableDataSet {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}
