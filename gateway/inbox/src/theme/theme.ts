import {
  ActionIcon,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  Kbd,
  Menu,
  Modal,
  Popover,
  Switch,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';
import shape from './mantine.module.css';
import { dark, lagoon, light } from './tokens';

const FLOAT_MS = 120;
const DIALOG_MS = 160;

const layer = {
  overlayProps: { color: 'var(--veil)', backgroundOpacity: 1 },
  transitionProps: { duration: DIALOG_MS, transition: 'fade-up' as const },
};

export const theme = createTheme({
  primaryColor: 'lagoon',
  primaryShade: { light: 7, dark: 6 },
  colors: { lagoon },
  defaultRadius: 6,
  fontFamily:
    "'Inter Variable', 'Noto Sans Arabic', 'Noto Sans Devanagari', 'Apple Color Emoji', 'Segoe UI Emoji', 'Noto Color Emoji', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '1.45', sm: '1.35', md: '1.385', lg: '1.43', xl: '1.375' },
  respectReducedMotion: true,
  focusRing: 'auto',
  cursorType: 'pointer',
  components: {
    Button: Button.extend({
      defaultProps: { variant: 'filled' },
      vars: () => ({
        root: { '--button-height': 'var(--target)', '--button-fz': '13px', '--button-padding-x': '10px' },
      }),
      classNames: { root: shape.button, label: shape.buttonLabel, section: shape.buttonSection },
    }),
    ActionIcon: ActionIcon.extend({
      defaultProps: { variant: 'subtle', color: 'gray' },
      vars: () => ({ root: { '--ai-size': 'var(--target)' } }),
      classNames: { root: shape.actionIcon },
    }),
    TextInput: TextInput.extend({ classNames: fieldNames() }),
    // Named, not imported: what only some pages use must not be in the first load.
    PasswordInput: { classNames: { ...fieldNames(), innerInput: shape.innerInput } },
    Select: { classNames: fieldNames() },
    Textarea: Textarea.extend({ classNames: fieldNames() }),
    NumberInput: { classNames: fieldNames() },
    MultiSelect: { classNames: { ...fieldNames(), input: shape.pills } },
    TagsInput: { classNames: { ...fieldNames(), input: shape.pills } },
    Checkbox: { classNames: { input: shape.check, description: shape.description } },
    Radio: { classNames: { radio: shape.check, description: shape.description } },
    Badge: Badge.extend({ classNames: { root: shape.badge } }),
    Kbd: Kbd.extend({ classNames: { root: shape.kbd } }),
    Switch: Switch.extend({ classNames: { track: shape.track } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 400, transitionProps: { duration: FLOAT_MS }, withArrow: false },
      classNames: { tooltip: shape.tooltip },
    }),
    Menu: Menu.extend({
      defaultProps: {
        transitionProps: { duration: FLOAT_MS },
        position: 'bottom-end',
        offset: 4,
        // Its helper element is no allowed child of a menu, and the first item can hold the focus itself.
        withInitialFocusPlaceholder: false,
      },
      classNames: {
        dropdown: shape.floating,
        item: shape.menuItem,
        label: shape.menuLabel,
        divider: shape.menuDivider,
        itemSection: shape.menuSection,
      },
    }),
    Popover: Popover.extend({
      defaultProps: { transitionProps: { duration: FLOAT_MS } },
      classNames: { dropdown: shape.floating },
    }),
    Modal: Modal.extend({
      defaultProps: { ...layer, centered: true, radius: 10, padding: 16 },
      classNames: { content: shape.dialog, title: shape.dialogTitle, header: shape.dialogHeader },
    }),
    Drawer: Drawer.extend({
      defaultProps: { ...layer, position: 'right', padding: 0, withCloseButton: false },
    }),
  },
});

function fieldNames() {
  return {
    input: shape.input,
    label: shape.label,
    error: shape.error,
    description: shape.description,
    section: shape.inputSection,
  };
}

const properties = (tokens: Record<string, string>) =>
  Object.fromEntries(Object.entries(tokens).map(([name, value]) => [`--${name}`, value]));

const mantineColours = {
  '--mantine-color-body': 'var(--bg)',
  '--mantine-color-text': 'var(--t1)',
  '--mantine-color-dimmed': 'var(--t3)',
  '--mantine-color-placeholder': 'var(--t3)',
  '--mantine-color-anchor': 'var(--ac)',
  '--mantine-color-error': 'var(--red)',
  '--mantine-color-default': 'var(--bg)',
  '--mantine-color-default-hover': 'var(--s2)',
  '--mantine-color-default-color': 'var(--t1)',
  '--mantine-color-default-border': 'var(--line2)',
  '--mantine-color-disabled': 'var(--s2)',
  '--mantine-color-disabled-color': 'var(--t3)',
  '--mantine-primary-color-filled': 'var(--acf)',
  '--mantine-primary-color-filled-hover': 'var(--acf-hover)',
};

export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...properties(light), ...mantineColours },
  dark: { ...properties(dark), ...mantineColours },
});
