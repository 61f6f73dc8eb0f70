import { type CommonFacts, shape } from './facts.ts';

/** `resourceId` is the document's id. */
interface DocumentFacts extends CommonFacts {
  knowledgeBase: string;
  resourceId: string;
}

export interface DocumentUploaded extends DocumentFacts {
  bytes: number;
  mediaType?: string;
}
export interface DocumentProcessed extends DocumentFacts {
  succeeded: boolean;
  durationMs: number;
  chunks?: number;
  embeddingModel?: string;
  inputTokens?: number;
  /** Why it did not succeed. */
  reason?: string;
}
/** The query itself is what somebody typed: it is not asked for. */
export interface KnowledgeSearched extends CommonFacts {
  knowledgeBase: string;
  results: number;
  durationMs: number;
  /** Of the best result. */
  topScore?: number;
}
export interface DocumentDeleted extends DocumentFacts {}

const LOG_TYPE = 'kb';

export const KNOWLEDGE_BASE = {
  uploaded: shape<DocumentUploaded>({
    logType: LOG_TYPE,
    eventType: 'upload',
    severity: 'info',
    message: ({ knowledgeBase, bytes }) => `uploaded ${bytes} bytes to ${knowledgeBase}`,
  }),
  processed: shape<DocumentProcessed>({
    logType: LOG_TYPE,
    eventType: 'processed',
    severity: ({ succeeded }) => (succeeded ? 'info' : 'error'),
    message: ({ resourceId, succeeded }) => (succeeded ? `processed ${resourceId}` : `${resourceId} not processed`),
  }),
  searched: shape<KnowledgeSearched>({
    logType: LOG_TYPE,
    eventType: 'search',
    severity: 'info',
    message: ({ knowledgeBase, results }) => `searched ${knowledgeBase}: ${results} results`,
  }),
  deleted: shape<DocumentDeleted>({
    logType: LOG_TYPE,
    eventType: 'delete',
    severity: 'info',
    message: ({ knowledgeBase, resourceId }) => `deleted ${resourceId} from ${knowledgeBase}`,
  }),
};
