import { Page } from '../../app/page.tsx';

export default function PatternsPage() {
  return <Page title="Patterns">{null}</Page>;
}
