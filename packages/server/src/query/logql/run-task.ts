import { runEventPatterns } from '../patterns/event-patterns.ts';
import { detectedLabels, renderDetectedLabels } from './detect/detected-labels.ts';
import { runDetectedFields, runPatterns } from './detect-tasks.ts';
import { runExplain } from './explain.ts';
import { type Context, runLabels, runLabelValues, runSeries, streamLabels } from './index-queries/labels.ts';
import { runIndexStats, runVolume } from './index-queries/volume.ts';
import { runInstantQuery, runRangeQuery } from './run-query.ts';
import type { LogqlTask } from './tasks.ts';

/** The JSON of the answer to a task. Throws PermanentError, RetryableError, or the signal's reason. */
export async function runTask(task: LogqlTask, context: Context): Promise<string> {
  switch (task.kind) {
    case 'query-range':
      return runRangeQuery(task, context);
    case 'query':
      return runInstantQuery(task, context);
    case 'labels':
      return runLabels(task, context);
    case 'label-values':
      return runLabelValues(task, context);
    case 'series':
      return runSeries(task, context);
    case 'index-stats':
      return runIndexStats(task, context);
    case 'volume':
      return runVolume(task, context);
    case 'detected-labels':
      return renderDetectedLabels(detectedLabels(await streamLabels(task, context)));
    case 'detected-fields':
      return runDetectedFields(task, context);
    case 'patterns':
      return runPatterns(task, context);
    case 'event-patterns':
      return runEventPatterns(task, context);
    case 'explain':
      return runExplain(task, context);
  }
}
