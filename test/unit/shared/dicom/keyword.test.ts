import { expect, it } from 'vitest';
import { keywordFromName, nameFromKeyword } from '#shared/dicom/keyword.ts';

it.each([
  ['NumberOfFrames', 'Number of Frames'],
  ['SOPClassUID', 'SOP Class UID'],
  ['XRayTubeCurrent', 'X-Ray Tube Current'],
  ['AcquisitionDateTime', 'Acquisition DateTime'],
  ['TypeOfData', 'Type of Data'],
])('%s is named %s', (keyword, name) => {
  expect(nameFromKeyword(keyword)).toBe(name);
});

it.each([
  ["Patient's Name", 'PatientName'],
  ['Name of Physician(s) Reading Study', 'NameOfPhysiciansReadingStudy'],
  ['Contrast/Bolus Agent', 'ContrastBolusAgent'],
  ['Image Position (Patient)', 'ImagePositionPatient'],
])('%s has the keyword %s', (name, keyword) => {
  expect(keywordFromName(name)).toBe(keyword);
});
