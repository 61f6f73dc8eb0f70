export default function HealthSection() {
  return null;
}
