import { Wizard } from './Wizard';

export function NewBroadcast() {
  return <Wizard campaign={null} />;
}
