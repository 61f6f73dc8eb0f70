export default function RedactionSection() {
  return null;
}
