import { Page } from '../../app/page.tsx';

export default function StatsPage() {
  return <Page title="Stats">{null}</Page>;
}
