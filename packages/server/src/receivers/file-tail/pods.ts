import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** A pod as its log's path names it. */
export interface PodName {
  namespace: string;
  name: string;
  /** Undefined where only a link names the pod. Of a static pod it is the hash of its configuration. */
  uid: string | undefined;
}

export type Labels = Readonly<Record<string, string>>;

export interface PodsOptions {
  host: string;
  port: number;
  /** Holds `token`, which is read for every request because kubelet rotates it, and `ca.crt`. */
  dir: string;
  warn(fields: Record<string, unknown>, message: string): void;
  /** First wait after a failure; doubled up to 60 s. */
  retryMs?: number;
}

const ANSWER_BYTES_MAX = 4 << 20;
const TIMEOUT_MS = 5000;
const RETRY_MS = 1000;
const RETRY_MS_MAX = 60_000;
const REQUESTS_MAX = 4;
/** A node runs some hundred pods; what is beyond is asked for again. */
const KNOWN_MAX = 4096;

const words = z.record(z.string(), z.string()).default({});
const podSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    labels: words,
    annotations: words,
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }))
      .default([]),
  }),
  spec: z.object({ nodeName: z.string().optional() }).default({}),
});

/**
 * Labels of pods, node and owner, from the API server: `GET /api/v1/namespaces/{namespace}/pods/{name}`.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export class Pods {
  private readonly options: PodsOptions;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: REQUESTS_MAX });
  private readonly closing = new AbortController();
  private readonly known = new Map<string, Promise<Labels>>();
  private isFailing = false;

  constructor(options: PodsOptions) {
    this.options = options;
  }

  /** Resolves once the server has told them, however long that takes; empty when the pod is not there any more. */
  labelsOf(pod: PodName): Promise<Labels> {
    const key = pod.uid ?? `${pod.namespace}/${pod.name}`;
    let labels = this.known.get(key);
    if (labels === undefined) {
      if (this.known.size >= KNOWN_MAX) this.known.delete([...this.known.keys()][0]);
      labels = this.ask(pod);
      this.known.set(key, labels);
    }
    return labels;
  }

  close(): void {
    this.closing.abort();
    this.agent.destroy();
  }

  private async ask(pod: PodName): Promise<Labels> {
    const { signal } = this.closing;
    for (let wait = this.options.retryMs ?? RETRY_MS; !signal.aborted; wait = Math.min(wait * 2, RETRY_MS_MAX)) {
      try {
        const labels = await this.get(pod);
        this.isFailing = false;
        return labels;
      } catch (error) {
        if (!signal.aborted) this.failed(pod, error);
      }
      await delay(wait, undefined, { signal, ref: false }).catch(() => {});
    }
    return {};
  }

  private failed({ namespace, name }: PodName, error: unknown): void {
    if (this.isFailing) return;
    this.isFailing = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.options.warn({ namespace, pod: name, reason }, 'pods’ labels cannot be had: lines are sent without them');
  }

  private async get({ namespace, name, uid }: PodName): Promise<Labels> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    const { status, body } = await this.send(path);
    if (status === 404) return {};
    if (status !== 200) throw new Error(`the API server answers ${status} to GET ${path}`);
    const pod = podSchema.parse(JSON.parse(body));
    const { metadata } = pod;
    // A pod of the same name that came after; a static pod's directory is named by its configuration's hash.
    const isSame =
      uid === undefined || uid === metadata.uid || uid === metadata.annotations['kubernetes.io/config.hash'];
    return isSame ? labelsOfPod(pod) : {};
  }

  private async send(path: string): Promise<{ status: number; body: string }> {
    const { host, port, dir } = this.options;
    const [token, ca] = await Promise.all([readFile(join(dir, 'token'), 'utf8'), readFile(join(dir, 'ca.crt'))]);
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    return new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', authorization: `Bearer ${token.trim()}` };
      const sent = request({ host, port, path, ca, headers, agent: this.agent, signal }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX)
            response.destroy(new Error(`the answer has more than ${ANSWER_BYTES_MAX} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });
  }
}

const OWNERS: Readonly<Record<string, string>> = {
  ReplicaSet: 'k8s.replicaset.name',
  StatefulSet: 'k8s.statefulset.name',
  DaemonSet: 'k8s.daemonset.name',
  Job: 'k8s.job.name',
};

/** Named as OpenTelemetry's k8sattributes processor names them, and owners' owners told by their names as there. */
function labelsOfPod({ metadata, spec }: z.infer<typeof podSchema>): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.labels)) labels[`k8s.pod.label.${name}`] = value;
  if (spec.nodeName !== undefined) labels['k8s.node.name'] = spec.nodeName;
  const owner = metadata.ownerReferences.find(({ controller }) => controller) ?? metadata.ownerReferences[0];
  if (owner === undefined || !Object.hasOwn(OWNERS, owner.kind)) return labels;
  labels[OWNERS[owner.kind]] = owner.name;
  const deployment = owner.kind === 'ReplicaSet' ? /^(.+)-[0-9a-zA-Z]+$/.exec(owner.name)?.[1] : undefined;
  const cronJob = owner.kind === 'Job' ? /^(.+)-\d+$/.exec(owner.name)?.[1] : undefined;
  if (deployment !== undefined) labels['k8s.deployment.name'] = deployment;
  if (cronJob !== undefined) labels['k8s.cronjob.name'] = cronJob;
  return labels;
}
