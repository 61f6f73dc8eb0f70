export default function LevelsSection() {
  return null;
}
