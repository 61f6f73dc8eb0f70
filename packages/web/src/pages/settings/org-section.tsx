export default function OrgSection() {
  return null;
}
