import {
  type Icon,
  IconAddressBook,
  IconAlertTriangle,
  IconFile,
  IconHandFinger,
  IconInfoCircle,
  IconMapPin,
  IconMessage2,
  IconMicrophone,
  IconMoodSmile,
  IconPhoto,
  IconShoppingCart,
  IconSticker,
  IconTemplate,
  IconVideo,
} from '@tabler/icons-react';
import type { Content } from '../../api/types';

const ICONS: Record<Content['type'], Icon> = {
  text: IconMessage2,
  image: IconPhoto,
  video: IconVideo,
  audio: IconMicrophone,
  document: IconFile,
  sticker: IconSticker,
  location: IconMapPin,
  contacts: IconAddressBook,
  choice: IconHandFinger,
  order: IconShoppingCart,
  template: IconTemplate,
  reaction: IconMoodSmile,
  system: IconInfoCircle,
  unsupported: IconAlertTriangle,
};

export function KindIcon({ kind, size = 16 }: { kind: Content['type']; size?: number }) {
  const KindShape = ICONS[kind];
  return <KindShape size={size} color="var(--t3)" aria-hidden />;
}
