import { readFileSync } from 'node:fs';

interface Installed {
  /** The package behind an alias; absent where it has its own name. */
  name?: string;
}

/** Packages that tell their makers of every installation, from an install script of their own. */
const REPORTERS = ['@scarf/scarf', 'core-js', 'core-js-pure', 'opencollective', 'opencollective-postinstall'];

const dockerfile = readFileSync('Dockerfile', 'utf8');

describe('installing', () => {
  const lock: { packages: Record<string, Installed> } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const names = Object.entries(lock.packages).map(
    ([path, { name }]) => name ?? path.split('node_modules/').at(-1),
  );

  it('reports nothing to anybody', () => {
    expect(names).toContain('swagger-ui-dist');
    expect(names.filter((name) => REPORTERS.includes(name!))).toEqual([]);
  });

  it('runs no script of a package, and so downloads nothing beside the packages', () => {
    expect(readFileSync('.npmrc', 'utf8')).toMatch(/^ignore-scripts=true$/m);
    // .npmrc stays out of the image.
    expect(dockerfile).toMatch(/npm ci .*--ignore-scripts/);
  });
});

describe('the image', () => {
  it('has what every command of package.json begins with, and ends what is tidy within its time', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const part of scripts.verify.match(/(bin|dist)\//g)) {
      expect(dockerfile).toContain(`COPY --from=build /app/${part.slice(0, -1)} `);
    }
    const compose = readFileSync('docker-compose.yml', 'utf8');
    const [database = '', app = ''] = compose.split(/\n {2}app:/);
    expect(Number(/stop_grace_period: (\d+)s/.exec(app)?.[1])).toBeGreaterThan(10);
    for (const service of [database, app]) expect(service).toContain('restart: unless-stopped');
  });
});
