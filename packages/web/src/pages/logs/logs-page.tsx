import { Page } from '../../app/page.tsx';

export default function LogsPage() {
  return <Page title="Logs">{null}</Page>;
}
