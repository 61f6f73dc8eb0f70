import { SEVERITIES, type Severity } from '@tailwater/schema';

export { SEVERITIES, type Severity };

interface SeverityLook {
  text: string;
  soft: string;
  solid: string;
  /** CSS colour of a chart's series. */
  colour: string;
}

/** How each severity looks. The word itself always stands beside the colour. */
export const SEVERITY_LOOKS: Readonly<Record<Severity, SeverityLook>> = {
  debug: { text: 'text-debug', soft: 'bg-debug-soft', solid: 'bg-debug', colour: 'var(--severity-debug)' },
  info: { text: 'text-info', soft: 'bg-info-soft', solid: 'bg-info', colour: 'var(--severity-info)' },
  warn: { text: 'text-warn', soft: 'bg-warn-soft', solid: 'bg-warn', colour: 'var(--severity-warn)' },
  error: { text: 'text-error', soft: 'bg-error-soft', solid: 'bg-error', colour: 'var(--severity-error)' },
  critical: {
    text: 'text-critical',
    soft: 'bg-critical-soft',
    solid: 'bg-critical',
    colour: 'var(--severity-critical)',
  },
};

export function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}
