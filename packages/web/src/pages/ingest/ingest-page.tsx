import { Page } from '../../app/page.tsx';

export default function IngestPage() {
  return <Page title="Ingest">{null}</Page>;
}
