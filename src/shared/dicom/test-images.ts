/** How to recognise the images that Studyport makes itself: they show no person, and can be removed in one click. */

/** Names the sender of test images; a receiver that lists its callers may have to accept it. */
export const TEST_AE_TITLE = 'STUDYPORT_TEST';

/** Patient of every test image: nobody. None of these words occurs elsewhere in them, so that rules do not find it there. */
export const TEST_PATIENT_NAME = 'TESTPATIENT^NOBODY';
export const TEST_PATIENT_ID = 'STUDYPORT-TEST';

/** Every Study Instance UID of a test image begins so: a UUID-derived UID (PS3.5 B.2) with arcs of our own behind it. */
export const TEST_UID_ROOT = '2.25.3966104559946942519526551347552837801';

/** Whether a study was made by Studyport itself, for the self-test or the demonstration. */
export function isTestStudy(studyInstanceUid: string): boolean {
  return studyInstanceUid.startsWith(`${TEST_UID_ROOT}.`);
}
