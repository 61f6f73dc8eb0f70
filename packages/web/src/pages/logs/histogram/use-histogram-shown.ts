import { stored, useStored } from '../../../app/stored.ts';

const isChoice = (text: string): text is 'yes' | 'no' => text === 'yes' || text === 'no';
const shown = stored<'yes' | 'no'>('histogram.shown', 'yes', isChoice);

/** Whether the person at this browser wants to see the histogram. */
export function useHistogramShown(): [isShown: boolean, toggle: () => void] {
  const [choice, choose] = useStored(shown);
  return [choice === 'yes', () => choose(choice === 'yes' ? 'no' : 'yes')];
}
