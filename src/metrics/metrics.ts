import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Gauges whose names end as only those of counters may. Each is the sum of one beside it that is labelled by type. */
const MISNAMED_DEFAULTS = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What became of a delivery, as counted; `unavailable` was told 503 and not promised. */
const OUTCOMES = [
  'stored',
  'repeated',
  'revised',
  'refused',
  'probe',
  'unauthorized',
  'unavailable',
] as const;
export type CountedOutcome = (typeof OUTCOMES)[number];

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * What this process counts while it works. Every label has a bound: patterns of routes, never addresses; statuses;
 * agents, which an administrator makes. Finding a labelled counter hashes its labels, so the hot path holds on to those
 * it found: counting a delivery is then an addition, and its request a look in a map.
 */
export class Metrics {
  readonly registry = new Registry();

  private readonly deliveries = new Counter({
    name: 'convoledger_deliveries_total',
    help: 'Deliveries by what became of them, since this process began.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  private readonly requests = new Histogram({
    name: 'convoledger_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer, by route pattern.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  private readonly batches = new Histogram({
    name: 'convoledger_batch_deliveries',
    help: 'Deliveries that were committed together.',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250],
    registers: [this.registry],
  });
  private readonly refusals = new Counter({
    name: 'convoledger_refused_authentications_total',
    help: 'Requests that were answered 401 or 429 because nobody knew their token.',
    labelNames: ['lane'],
    registers: [this.registry],
  });

  private readonly outcomes = new Map(OUTCOMES.map((outcome) => [outcome, this.deliveries.labels(outcome)]));
  private readonly timers = new Map<string, Histogram.Internal<string>>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED_DEFAULTS) this.registry.removeSingleMetric(name);
    for (const counter of this.outcomes.values()) counter.inc(0);
    for (const lane of ['webhook', 'v1']) this.refusals.inc({ lane }, 0);
  }

  countDelivery(outcome: CountedOutcome): void {
    this.outcomes.get(outcome)?.inc();
  }

  countBatch(deliveries: number): void {
    this.batches.observe(deliveries);
  }

  /** @param route its pattern; null for an address that nothing answers */
  countRequest(method: string, route: string | null, status: number, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    let timer = this.timers.get(key);
    if (!timer) {
      timer = this.requests.labels(METHODS.has(method) ? method : 'other', route ?? 'none', String(status));
      this.timers.set(key, timer);
    }
    timer.observe(seconds);
    if (status === 401 || status === 429)
      this.refusals.inc({ lane: route?.startsWith('/webhook') ? 'webhook' : 'v1' });
  }

  /** A number that is looked up whenever somebody asks. */
  watch(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      collect: () => gauge.set(read()),
    });
  }
}
