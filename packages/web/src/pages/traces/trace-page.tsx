import { Page } from '../../app/page.tsx';

export default function TracePage() {
  return <Page title="Trace">{null}</Page>;
}
