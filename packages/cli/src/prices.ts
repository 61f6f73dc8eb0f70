/**
 * List prices of log platforms, in US dollars: the one place where they stand. docs/reference/prices.md is made of it.
 * What a vendor agrees with a customer may be far from them.
 */
export interface Vendor {
  id: string;
  name: string;
  /** Plan, region and whatever else the prices are of. */
  plan: string;
  /** A gigabyte taken in; by volume where larger ones are cheaper: the first step that the GB a day fit in. */
  perGb: number | readonly { gbPerDayMax: number; usd: number }[];
  /** A million events searchable for so many days; longer times are charged as the longest. */
  perMillionEvents?: readonly { days: number; usd: number }[];
  /** Gigabytes a month that cost nothing. */
  freeGbPerMonth?: number;
  /** Days of storage that the intake pays for. */
  includedDays: number;
  /** A gigabyte kept for a month beyond those days. */
  perGbMonth: number;
  /** What is charged of a gigabyte that is kept: 1, or less where it is that of the compressed data. */
  storedShare: number;
  /** Bytes of a gigabyte: 10^9, or 2^30. */
  gbBytes: number;
  /** Month that the price is of. */
  asOf: string;
  /** Where the vendor tells it. */
  source: string;
  evidence: Evidence;
  note?: string;
}

/** How the price is known. */
type Evidence = "the vendor's page" | 'a report' | 'not checked';

const GB = 1e9;
const GIB = 2 ** 30;

export const VENDORS: readonly Vendor[] = [
  {
    id: 'datadog',
    name: 'Datadog',
    plan: 'Log Management, billed yearly, US1',
    perGb: 0.1,
    perMillionEvents: [
      { days: 3, usd: 1.06 },
      { days: 7, usd: 1.27 },
      { days: 15, usd: 1.7 },
      { days: 30, usd: 2.5 },
    ],
    includedDays: Number.POSITIVE_INFINITY,
    perGbMonth: 0,
    storedShare: 1,
    gbBytes: GB,
    asOf: '2025-12',
    evidence: 'a report',
    source: 'https://www.datadoghq.com/pricing/?product=log-management',
    note: 'Every event indexed. More than 30 days are charged as 30: Flex Logs and archives are priced apart.',
  },
  {
    id: 'splunk',
    name: 'Splunk Cloud',
    plan: 'ingest pricing, published guides: Splunk names no list price',
    perGb: [
      { gbPerDayMax: 10, usd: 1800 / 365 },
      { gbPerDayMax: 50, usd: 1200 / 365 },
      { gbPerDayMax: 100, usd: 800 / 365 },
      { gbPerDayMax: 500, usd: 500 / 365 },
      { gbPerDayMax: Number.POSITIVE_INFINITY, usd: 200 / 365 },
    ],
    includedDays: 90,
    perGbMonth: 0.1,
    storedShare: 1,
    gbBytes: GB,
    asOf: '2026-04',
    evidence: 'a report',
    source: 'https://ogma.in/blog/the-complete-guide-to-splunk-licensing-in-2026-ingest-vs-workload-pricing-explained',
    note: '$1,800 a year for 1 GB a day up to 10 GB a day, $200 above 500; storage beyond 90 days is an assumption.',
  },
  {
    id: 'new-relic',
    name: 'New Relic',
    plan: 'original data option, US',
    perGb: 0.4,
    freeGbPerMonth: 100,
    includedDays: 30,
    perGbMonth: 0.05,
    storedShare: 1,
    gbBytes: GB,
    asOf: '2025-06',
    evidence: 'not checked',
    source: 'https://newrelic.com/pricing',
    note: 'Full users are charged apart; more than 30 days is an assumption from the price of extended retention.',
  },
  {
    id: 'elastic-cloud',
    name: 'Elastic Cloud',
    plan: 'Serverless, Logs Essentials, lowest listed price',
    perGb: 0.07,
    includedDays: 0,
    perGbMonth: 0.017,
    storedShare: 1,
    gbBytes: GB,
    asOf: '2025-06',
    evidence: 'not checked',
    source: 'https://www.elastic.co/pricing/serverless-observability',
    note: 'Charged by the enriched event, which is larger than what was sent.',
  },
  {
    id: 'grafana-cloud',
    name: 'Grafana Cloud',
    plan: 'Logs, Pro',
    perGb: 0.45,
    freeGbPerMonth: 50,
    includedDays: 30,
    perGbMonth: 0.1,
    storedShare: 1,
    gbBytes: GB,
    asOf: '2026-11',
    evidence: "the vendor's page",
    source: 'https://grafana.com/docs/grafana-cloud/cost-management-and-billing/understand-your-invoice/logs-invoice/',
    note: '$0.05 to process and $0.40 to write; searches up to 100 times the volume are in it.',
  },
  {
    id: 'cloudwatch',
    name: 'Amazon CloudWatch',
    plan: 'Logs, standard class, us-east-1',
    perGb: 0.5,
    freeGbPerMonth: 5,
    includedDays: 0,
    perGbMonth: 0.03,
    storedShare: 0.15,
    gbBytes: GB,
    asOf: '2026-06',
    evidence: 'a report',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    note: 'Storage is charged compressed; Insights at $0.005 a GB read comes on top.',
  },
  {
    id: 'azure-monitor',
    name: 'Azure Monitor',
    plan: 'Analytics Logs, pay as you go',
    perGb: 2.3,
    freeGbPerMonth: 5,
    includedDays: 31,
    perGbMonth: 0.1,
    storedShare: 1,
    gbBytes: GB,
    asOf: '2026-06',
    evidence: 'a report',
    source: 'https://azure.microsoft.com/pricing/details/monitor/',
    note: 'Commitments from 100 GB a day cost up to a third less; Basic Logs are $0.50 a GB.',
  },
  {
    id: 'google-cloud-logging',
    name: 'Google Cloud Logging',
    plan: 'log buckets',
    perGb: 0.5,
    freeGbPerMonth: 50,
    includedDays: 30,
    perGbMonth: 0.01,
    storedShare: 1,
    gbBytes: GIB,
    asOf: '2025-06',
    evidence: "the vendor's page",
    source: 'https://cloud.google.com/stackdriver/pricing',
  },
];

/** What a gigabyte kept for a month costs where Tailwater runs, by kind of storage. The machine is not in it. */
export const OWN_STORAGE = [
  {
    id: 'tailwater-disk',
    name: 'Tailwater, own disk',
    plan: 'AWS EBS gp3, us-east-1',
    perGbMonth: 0.08,
    asOf: '2025-06',
    evidence: 'not checked',
    source: 'https://aws.amazon.com/ebs/pricing/',
  },
  {
    id: 'tailwater-object',
    name: 'Tailwater, object storage',
    plan: 'AWS S3 Standard, us-east-1',
    perGbMonth: 0.023,
    asOf: '2025-06',
    evidence: 'not checked',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
] as const;

const MONTH_DAYS = 30;

/** What is sent. */
export interface Volume {
  eventsPerDay: number;
  /** Of events as JSON, as vendors charge them. */
  bytesPerDay: number;
}

/** US dollars a month, once as much is kept as `retentionDays` say. */
export function monthlyCost(vendor: Vendor, { eventsPerDay, bytesPerDay }: Volume, retentionDays: number): number {
  const gbPerDay = bytesPerDay / vendor.gbBytes;
  const gb = gbPerDay * MONTH_DAYS;
  const charged = Math.max(0, gb - (vendor.freeGbPerMonth ?? 0));
  const keptMonths = Math.max(0, retentionDays - vendor.includedDays) / MONTH_DAYS;
  const steps = vendor.perMillionEvents ?? [];
  const step = steps.find(({ days }) => days >= retentionDays) ?? steps.at(-1);
  const indexed = ((eventsPerDay * MONTH_DAYS) / 1e6) * (step?.usd ?? 0);
  return charged * pricePerGb(vendor, gbPerDay) + indexed + gb * keptMonths * vendor.perGbMonth * vendor.storedShare;
}

function pricePerGb({ perGb }: Vendor, gbPerDay: number): number {
  return typeof perGb === 'number' ? perGb : perGb.find(({ gbPerDayMax }) => gbPerDay <= gbPerDayMax)!.usd;
}

const usd = (amount: number): string =>
  `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 3 })}`;

/** docs/reference/prices.md */
export function renderPricesPage(): string {
  const rows = VENDORS.map((vendor) => {
    const {
      name,
      plan,
      includedDays,
      perGbMonth,
      storedShare,
      freeGbPerMonth = 0,
      asOf,
      source,
      evidence,
      note = '',
    } = vendor;
    const taken =
      typeof vendor.perGb === 'number'
        ? usd(vendor.perGb)
        : vendor.perGb
            .map(
              ({ gbPerDayMax, usd: price }) =>
                `${usd(price)} ${gbPerDayMax === Infinity ? 'above' : `up to ${gbPerDayMax} GB a day`}`,
            )
            .join(', ');
    const events = (vendor.perMillionEvents ?? []).map(({ days, usd: price }) => `${usd(price)} for ${days} days`);
    const kept =
      perGbMonth === 0 ? '–' : `${usd(perGbMonth)}${storedShare === 1 ? '' : ` of ${storedShare * 100}% of it`}`;
    const free = freeGbPerMonth === 0 ? '–' : `${freeGbPerMonth} GB`;
    const included = includedDays === Infinity ? 'as indexed' : String(includedDays);
    return [`[${name}](${source})`, plan, taken, events.join(', ') || '–', free, included, kept, asOf, evidence, note];
  });
  const own = OWN_STORAGE.map(({ name, plan, perGbMonth, asOf, source, evidence }) => [
    `[${name}](${source})`,
    plan,
    usd(perGbMonth),
    asOf,
    evidence,
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `# Prices
<!-- Made of packages/cli/src/prices.ts. Edit that, then run \`npx vitest run --project unit packages/cli/src/prices.test.ts -u\`. -->

What \`tailwater estimate\` reckons with: list prices in US dollars, without taxes, discounts and traffic, as they were
known in the month given. Look at the vendor's page before you decide: the link has today's. What a vendor agrees with a customer may be far from them. Vendors charge by the event as JSON
where Tailwater's volumes are of message and metadata: \`estimate\` measures the difference on events of yours. A month
has ${MONTH_DAYS} days; costs are those once as much is kept as the retention says.

| vendor | plan | a GB taken in | a million events | free a month | days included | a GB kept for a month | as of | known from | notes |
|---|---|---|---|---|---|---|---|---|---|
${rows.map(line).join('\n')}

Tailwater itself costs the machine that it runs on, and storage for what it keeps: compressed, with all indexes. Object
storage is what the same bytes cost once they are archived.

| storage | what | a GB kept for a month | as of | known from |
|---|---|---|---|---|
${own.map(line).join('\n')}
`;
}
