/** Records instances until it is killed: `node history-child.ts FOLDER`. Prints how many are flushed, again and again. */
import { History } from '#main/receiver/history.ts';
import { associationRow, instanceRecord } from './history-records.ts';

const { history } = await History.open(process.argv[2]!);
history.record([{ kind: 'association-opened', row: associationRow('main:1') }]);
for (let count = 0; ; ) {
  for (let index = 0; index < 250; index++, count++) {
    history.record([instanceRecord(`1.${Math.floor(count / 1000)}`, 1, count % 1000)]);
  }
  await history.flush();
  process.stdout.write(`${count}\n`);
}
