import { UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import css from './composer.module.css';

const GROUPS: { name: string; emoji: string }[] = [
  {
    name: 'faces',
    emoji: '😀 😃 😄 😁 😅 😂 🙂 😉 😊 😇 😍 😘 😋 😎 🤓 🤔 🤗 😐 😬 🙄 😴 😷 🤒 😮 😢 😭 😤 😡 🥳 🥺',
  },
  { name: 'hands', emoji: '👍 👎 👌 ✌️ 🤞 🤝 👏 🙌 🙏 💪 👋 ☝️ 👇 👈 👉 ✋ 🤙 🫶' },
  { name: 'signs', emoji: '❤️ 🧡 💛 💚 💙 💜 🖤 💔 ✅ ❌ ❗ ❓ ⚠️ 🔔 ⭐ ✨ 🔥 🎉 🎁 💯' },
  { name: 'things', emoji: '📅 🕐 📍 📞 📱 💻 📧 📎 📄 💳 💰 🛒 📦 🚚 ✈️ 🚗 🏠 🏥 💊 🩺 ☕ 🍽️ 🌞 🌧️' },
];

export default function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.emojiPicker}>
      {GROUPS.map((group) => (
        <fieldset key={group.name} aria-label={t(`emoji.${group.name}`)}>
          {group.emoji.split(' ').map((emoji) => (
            <UnstyledButton key={emoji} className={css.emoji} onClick={() => onPick(emoji)}>
              {emoji}
            </UnstyledButton>
          ))}
        </fieldset>
      ))}
    </div>
  );
}
