/** Numbers the patients 0 to `patients`, in an order of its own, and tells all numbers. */
import { parentPort, workerData } from 'node:worker_threads';
import { PseudonymStore } from '#main/rules/pseudonym-store.ts';

const { path, patients, start } = workerData as { path: string; patients: number; start: number };
const store = new PseudonymStore(path);
const numbers: number[] = [];
for (let index = 0; index < patients; index++) {
  const patient = (start + index) % patients;
  numbers[patient] = store.number('key', 'patient', `patient ${patient}`);
}
store.close();
parentPort!.postMessage(numbers);
