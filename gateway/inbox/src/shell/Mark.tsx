/** The product's mark; it is never mirrored. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 30 30" aria-hidden="true">
      <rect width="30" height="30" rx="7" fill="var(--acf)" />
      <g fill="none" stroke="var(--on-fill)" strokeWidth="2.4" strokeLinecap="round">
        <path d="M18.7 8.4v8.3a4.3 4.3 0 0 1-7.8 2.5" />
        <path d="M10.6 8.4h4M9.6 12.4h5" />
      </g>
    </svg>
  );
}
