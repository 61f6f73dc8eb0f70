export default function IntegrationsSection() {
  return null;
}
