export default function IntegrationSection() {
  return null;
}
