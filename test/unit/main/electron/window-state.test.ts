import { describe, expect, test } from 'vitest';
import { clampBounds, parseWindowState } from '../../../../src/main/electron/window-state.ts';

const SCREEN = { x: 0, y: 0, width: 1920, height: 1040 };
const SECOND = { x: 1920, y: 0, width: 1280, height: 984 };

describe('the state of the window', () => {
  test.each(['', 'nothing', 'null', '[]', '{"bounds":1}', '{"bounds":{"x":1,"y":2,"width":"3","height":4}}'])(
    'makes sense of %j',
    (json) => expect(parseWindowState(json)).toEqual({ maximized: false }),
  );

  test('reads what was written', () => {
    const state = { bounds: { x: -5, y: 0, width: 900, height: 700 }, maximized: true };
    expect(parseWindowState(JSON.stringify(state))).toEqual(state);
  });

  test('stays where it is on a screen that exists', () => {
    const bounds = { x: 2000, y: 100, width: 1000, height: 700 };
    expect(clampBounds(bounds, [SCREEN, SECOND])).toEqual(bounds);
  });

  test('is forgotten when its screen has gone', () => {
    expect(clampBounds({ x: 2000, y: 100, width: 1000, height: 700 }, [SCREEN])).toBeUndefined();
    expect(clampBounds({ x: 100, y: -500, width: 1000, height: 700 }, [SCREEN])).toBeUndefined();
    expect(clampBounds({ x: 100, y: 100, width: 1000, height: 700 }, [])).toBeUndefined();
  });

  test('is never larger than the screen, nor smaller than it can be used', () => {
    expect(clampBounds({ x: 0, y: 0, width: 4000, height: 3000 }, [SCREEN])).toMatchObject({
      width: 1920,
      height: 1040,
    });
    expect(clampBounds({ x: 0, y: 0, width: 200, height: 100 }, [SCREEN])).toMatchObject({ width: 800, height: 560 });
  });

  test('keeps a title bar that can be reached', () => {
    expect(clampBounds({ x: -700, y: -10, width: 900, height: 700 }, [SCREEN])).toMatchObject({ x: -700, y: 0 });
  });
});
