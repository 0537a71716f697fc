import { spawnSync } from 'node:child_process';

describe('torture', () => {
  it('loses, doubles and blurs nothing in twelve seconds', () => {
    const args = ['test/torture/torture.mjs', '--seconds', '12', '--apps', '2'];
    const { DATABASE_URL: _, NODE_OPTIONS: __, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    const ofNothing = (name: string) => new RegExp(`^ *${name} +0$`, 'm');
    for (const name of ['lost', 'doubled', 'blurred', 'differing sums', 'mishaps'])
      expect(stdout + stderr).toMatch(ofNothing(name));
    // How many depends on the machine.
    expect(Number(/acknowledged +(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(0);
    expect(status).toBe(0);
  }, 120_000);
});
