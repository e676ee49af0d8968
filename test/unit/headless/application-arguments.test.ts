import { expect, test } from 'vitest';
import { APPLICATION_HELP, readApplicationArguments } from '#headless/application-arguments.ts';

test('nothing given: the stable port, the folder of the user, the browser', () => {
  expect(readApplicationArguments([])).toEqual({
    pagePort: undefined,
    data: undefined,
    open: true,
    hideToken: false,
    metrics: false,
    help: false,
    mistakes: [],
  });
});

test('everything given', () => {
  expect(
    readApplicationArguments([
      '--headless',
      '--page-port',
      '0',
      '--data=/d',
      '--no-open',
      '--hide-token',
      '--metrics',
      '--help',
    ]),
  ).toEqual({
    pagePort: 0,
    data: '/d',
    open: false,
    hideToken: true,
    metrics: true,
    help: true,
    mistakes: [],
  });
});

test.each([
  [['--page-port', '70000'], /--page-port must be/],
  [['--page-port', 'x'], /--page-port must be/],
  [['--page-port', '-1'], /--page-port/],
  [['--page-port'], /--page-port needs a value/],
  [['--data', ''], /--data needs a value/],
  [['--port', '104'], /--port is not an option of the application \(receive/],
  [['more'], /"more" is not expected/],
])('%j is a mistake', (args, message) => {
  expect(readApplicationArguments(args).mistakes.join('\n')).toMatch(message);
});

test('every option is in the help', () => {
  for (const option of ['--headless', '--page-port', '--data', '--no-open', '--hide-token', 'page-url', 'receive']) {
    expect(APPLICATION_HELP).toContain(option);
  }
});
