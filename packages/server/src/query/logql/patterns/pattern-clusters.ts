import { FORCED, hasDigit, KEY, LineWords, NUMERIC } from './line-words.ts';

export interface PatternSeries {
  /** Usable as it is behind `|>`. */
  pattern: string;
  level: string;
  /** Ascending by time. */
  samples: (readonly [unixSeconds: number, count: number])[];
}

/** Lines that are alike, for who keeps more of them than their number. */
export interface PatternGroup {
  /** What `add` gave for its lines: one number, or several where clusters were put together. */
  ids: readonly number[];
  /** The text around the placeholders, one more than those. */
  pieces: string[];
}

/** Lines that are alike: the same but for the words that are null here. */
interface Cluster {
  ids: number[];
  group: Group;
  words: (string | null)[];
  /** The word that the cluster is filed under, see `leafOf`; -1: none. */
  leafAt: number;
  total: number;
  counts: Map<number, number>;
  /** The bucket of the last line, and how many of it are not in `counts` yet: lines come in the order of time. */
  bucket: number;
  bucketCount: number;
}

/** Clusters of one level and one shape: the same keys, and the same text between the words. */
interface Group {
  level: string;
  /** One more than words. */
  runs: string[];
  keys: (string | null)[];
  leaves: Map<string, Cluster[]>;
  /** Of another shape with the same hash. */
  next: Group | null;
}

const PLACEHOLDER = '<_>';
/** Loki's buckets. */
const BUCKET_MS_MIN = 10_000;
/** As many as Loki answers. */
const SERIES_MAX = 300;
/** Clusters held: beyond it the half with the fewest lines goes. */
const CLUSTERS_MAX = 1200;
const SKELETONS_MAX = 8192;
const LEAVES_MAX = 16;
/** Clusters of a leaf, the latest ones, that a line is compared with. */
const COMPARED_MAX = 64;
/** Clusters that differ in their first word only, from so many on, are one whose first word is a placeholder. */
const FIRST_WORDS_MIN = 10;
const LEVELS_MAX = 32;

/**
 * Groups lines into patterns while they are read, in the manner of Drain (He et al., "Drain: An Online Log Parsing
 * Approach with Fixed Depth Tree", ICWS 2017), with two differences: lines of one cluster have the same text between
 * their words, so that the pattern finds every one of them; and a line whose words but numbers were seen before finds
 * its cluster by their hash.
 *
 * Time per line is linear in its length but for new combinations of words, which are compared with the clusters of their
 * leaf. Memory is bounded by the numbers above.
 */
export class PatternClusters {
  private readonly bucketMs: number;
  private readonly words = new LineWords();
  private readonly levelSeeds = new Map<string, number>();
  private groups = new Map<number, Group>();
  private skeletons = new Map<number, Cluster>();
  private clusters: Cluster[] = [];
  private lastId = 0;

  /** Counts are per `stepMs` rounded up to whole seconds, or per 10 s when that is less. */
  constructor({ stepMs }: { stepMs: number }) {
    this.bucketMs = Math.max(Math.ceil(stepMs / 1000) * 1000, BUCKET_MS_MIN);
  }

  /** A number for the line's cluster, see `patternGroups`; 0 for an empty line. */
  add(line: string, level: string, timeMs: number): number {
    if (line === '') return 0;
    const known = this.knownLevel(level);
    this.words.scan(line, this.levelSeeds.get(known)!);
    const { skeleton } = this.words;
    let cluster = this.skeletons.get(skeleton) ?? null;
    if (cluster === null || !this.isOfGroup(cluster.group, line, known) || similarity(cluster, line, this.words) < 0) {
      const group = this.groupOf(line, known);
      cluster = this.bestOf(group, line) ?? this.create(group, line);
      if (this.skeletons.size >= SKELETONS_MAX) this.skeletons.clear();
      this.skeletons.set(skeleton, cluster);
    }
    generalise(cluster, line, this.words);
    this.count(cluster, timeMs);
    if (this.clusters.length > CLUSTERS_MAX) this.prune();
    return cluster.ids[0]!;
  }

  /** Every cluster there is, in no order. Clusters with the fewest lines may have been given up. */
  patternGroups(): PatternGroup[] {
    return this.mergeFirstWords().map(({ ids, group, words }) => ({ ids, pieces: piecesOf(group, words) }));
  }

  /** The patterns with the most lines first, at most 300. Lines may be added afterwards. */
  result(): PatternSeries[] {
    const merged = this.mergeFirstWords();
    for (const cluster of merged) flushCount(cluster);
    merged.sort((left, right) => right.total - left.total);
    return merged.slice(0, SERIES_MAX).map((cluster) => ({
      pattern: patternOf(cluster),
      level: cluster.group.level,
      samples: [...cluster.counts].sort(([left], [right]) => left - right),
    }));
  }

  /** Levels are few; where they are not, the rest has none. */
  private knownLevel(level: string): string {
    if (this.levelSeeds.has(level)) return level;
    const known = this.levelSeeds.size < LEVELS_MAX ? level : '';
    if (!this.levelSeeds.has(known)) this.levelSeeds.set(known, this.levelSeeds.size + 1);
    return known;
  }

  private isOfGroup({ level, runs, keys }: Group, line: string, lineLevel: string): boolean {
    const { count, starts, ends, kinds } = this.words;
    if (level !== lineLevel || keys.length !== count) return false;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i]!;
      if (!isAt(line, runs[i]!, at, start)) return false;
      at = ends[i]!;
      const key = keys[i]!;
      if (key === null ? kinds[i] === KEY : kinds[i] !== KEY || !isAt(line, key, start, at)) return false;
    }
    return isAt(line, runs[count]!, at, line.length);
  }

  private groupOf(line: string, level: string): Group {
    const first = this.groups.get(this.words.shape) ?? null;
    for (let group = first; group !== null; group = group.next) if (this.isOfGroup(group, line, level)) return group;
    const { count, starts, ends, kinds } = this.words;
    const group: Group = { level, runs: [], keys: [], leaves: new Map(), next: first };
    let at = 0;
    for (let i = 0; i < count; i++) {
      group.runs.push(line.slice(at, starts[i]));
      at = ends[i]!;
      group.keys.push(kinds[i] === KEY ? line.slice(starts[i], at) : null);
    }
    group.runs.push(line.slice(at));
    this.groups.set(this.words.shape, group);
    return group;
  }

  private bestOf(group: Group, line: string): Cluster | null {
    let best: Cluster | null = null;
    let bestSimilarity = -1;
    const own = group.leaves.get(leafOf(line, this.words));
    const wild = group.leaves.get(WILD_LEAF);
    for (const leaf of [own, wild]) {
      if (leaf === undefined) continue;
      for (let i = Math.max(0, leaf.length - COMPARED_MAX); i < leaf.length; i++) {
        const cluster = leaf[i]!;
        const similar = similarity(cluster, line, this.words);
        if (similar > bestSimilarity) {
          best = cluster;
          bestSimilarity = similar;
        }
      }
    }
    return best;
  }

  private create(group: Group, line: string): Cluster {
    const { count, starts, ends, kinds } = this.words;
    const words = Array.from({ length: count }, (_, i) =>
      (kinds[i]! & FORCED) === 0 ? line.slice(starts[i], ends[i]) : null,
    );
    const cluster: Cluster = {
      ids: [++this.lastId],
      group,
      words,
      leafAt: leafPosition(this.words),
      total: 0,
      counts: new Map(),
      bucket: 0,
      bucketCount: 0,
    };
    file(cluster, leafOf(line, this.words));
    this.clusters.push(cluster);
    return cluster;
  }

  private count(cluster: Cluster, timeMs: number): void {
    const bucket = Math.floor(timeMs / this.bucketMs) * (this.bucketMs / 1000);
    if (bucket !== cluster.bucket) {
      flushCount(cluster);
      cluster.bucket = bucket;
    }
    cluster.bucketCount++;
    cluster.total++;
  }

  /** Of clusters with as many lines, the later ones stay. */
  private prune(): void {
    const kept = this.clusters
      .reverse()
      .sort((left, right) => right.total - left.total)
      .slice(0, CLUSTERS_MAX / 2)
      .reverse();
    this.clusters = kept;
    const keptSet = new Set(kept);
    for (const [hash, first] of this.groups) {
      const groups: Group[] = [];
      for (let group: Group | null = first; group !== null; group = group.next) {
        for (const [leaf, clusters] of group.leaves) {
          const left = clusters.filter((cluster) => keptSet.has(cluster));
          if (left.length === 0) group.leaves.delete(leaf);
          else group.leaves.set(leaf, left);
        }
        if (group.leaves.size > 0) groups.push(group);
      }
      groups.forEach((group, i) => {
        group.next = groups[i + 1] ?? null;
      });
      if (groups.length === 0) this.groups.delete(hash);
      else this.groups.set(hash, groups[0]!);
    }
    for (const [hash, cluster] of this.skeletons) if (!keptSet.has(cluster)) this.skeletons.delete(hash);
  }

  /** `alice logged in`, `bob logged in` … are filed under their first words; many such are one pattern. */
  private mergeFirstWords(): Cluster[] {
    const alike = new Map<Group, Map<string, Cluster[]>>();
    for (const cluster of this.clusters) {
      const { group, words, leafAt } = cluster;
      const rest = JSON.stringify([leafAt, ...words.map((word, i) => (i === leafAt ? null : word))]);
      const byRest = alike.get(group) ?? new Map<string, Cluster[]>();
      alike.set(group, byRest);
      const same = byRest.get(rest);
      if (same === undefined) byRest.set(rest, [cluster]);
      else same.push(cluster);
    }
    return [...alike.values()].flatMap((byRest) =>
      [...byRest.values()].flatMap((same) => (same.length < FIRST_WORDS_MIN ? same : [sum(same)])),
    );
  }
}

const WILD_LEAF = '';

/** Clusters of a group are filed under their first word that is no key and no number; past 16 words all in one leaf. */
function file(cluster: Cluster, leaf: string): void {
  const { leaves } = cluster.group;
  const name = leaves.has(leaf) || leaves.size < LEAVES_MAX ? leaf : WILD_LEAF;
  const clusters = leaves.get(name);
  if (clusters === undefined) leaves.set(name, [cluster]);
  else clusters.push(cluster);
}

function leafPosition({ count, kinds }: LineWords): number {
  for (let i = 0; i < count; i++) if (kinds[i] === 0) return i;
  return -1;
}

function leafOf(line: string, words: LineWords): string {
  const at = leafPosition(words);
  return at < 0 ? WILD_LEAF : `${at} ${line.slice(words.starts[at], words.ends[at])}`;
}

function isAt(line: string, text: string, start: number, end: number): boolean {
  return text.length === end - start && line.startsWith(text, start);
}

/**
 * How many words of the line are the cluster's, -1 when they are not more than half of those that count. Keys don't
 * count, nor do numbers where the cluster has a number or a placeholder.
 */
function similarity(cluster: Cluster, line: string, { count, starts, ends, kinds }: LineWords): number {
  const { words } = cluster;
  let same = 0;
  let counted = 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i]!;
    if (kind === KEY) continue;
    const word = words[i]!;
    const isNumeric = (kind & NUMERIC) !== 0;
    if (word === null) {
      if (kind === 0) counted++;
    } else if (isAt(line, word, starts[i]!, ends[i]!)) {
      if (isNumeric) continue;
      same++;
      counted++;
    } else if (!isNumeric || !hasDigit(word)) counted++;
  }
  return same * 2 > counted || counted === 0 ? same : -1;
}

function generalise({ words }: Cluster, line: string, { count, starts, ends, kinds }: LineWords): void {
  for (let i = 0; i < count; i++) {
    const word = words[i]!;
    if (word === null) continue;
    if ((kinds[i]! & FORCED) !== 0 || !isAt(line, word, starts[i]!, ends[i]!)) words[i] = null;
  }
}

function flushCount(cluster: Cluster): void {
  if (cluster.bucketCount === 0) return;
  cluster.counts.set(cluster.bucket, (cluster.counts.get(cluster.bucket) ?? 0) + cluster.bucketCount);
  cluster.bucketCount = 0;
}

/** One cluster for those that differ in their first word. */
function sum(clusters: readonly Cluster[]): Cluster {
  const [first] = clusters as [Cluster];
  const ids = clusters.flatMap((cluster) => cluster.ids);
  const merged: Cluster = { ...first, ids, words: [...first.words], counts: new Map(), total: 0, bucketCount: 0 };
  if (merged.leafAt >= 0) merged.words[merged.leafAt] = null;
  for (const cluster of clusters) {
    flushCount(cluster);
    merged.total += cluster.total;
    for (const [bucket, count] of cluster.counts) {
      merged.counts.set(bucket, (merged.counts.get(bucket) ?? 0) + count);
    }
  }
  return merged;
}

function patternOf({ group, words }: Cluster): string {
  return piecesOf(group, words).join(PLACEHOLDER);
}

function piecesOf({ runs }: Group, words: readonly (string | null)[]): string[] {
  const pieces = [runs[0]!];
  for (const [i, word] of words.entries()) {
    if (word === null) pieces.push(runs[i + 1]!);
    else pieces[pieces.length - 1] += word + runs[i + 1]!;
  }
  return pieces;
}

/** The body of `patterns`. */
export function renderPatterns(series: readonly PatternSeries[]): string {
  return `${JSON.stringify({ status: 'success', data: series })}\n`;
}
