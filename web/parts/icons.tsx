import type { ReactNode } from 'react';

interface IconProps {
  readonly size?: number;
}

function icon(children: ReactNode) {
  return function Icon({ size = 18 }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {children}
      </svg>
    );
  };
}

export const IconAgent = icon(
  <>
    <rect x="4" y="7" width="12" height="9" rx="2" />
    <path d="M10 3.500V7M7.500 11v1.500M12.500 11v1.500M2 11v2M18 11v2" />
  </>,
);
export const IconModel = icon(
  <>
    <rect x="5.500" y="5.500" width="9" height="9" rx="1.500" />
    <path d="M8 2.500v3M12 2.500v3M8 14.500v3M12 14.500v3M2.500 8h3M2.500 12h3M14.500 8h3M14.500 12h3" />
  </>,
);
export const IconPlaybook = icon(
  <>
    <rect x="6.500" y="2.500" width="7" height="4" rx="2" />
    <rect x="3" y="13.500" width="5" height="4" rx="1" />
    <rect x="12" y="13.500" width="5" height="4" rx="1" />
    <path d="M10 6.500V10M5.500 13.500V10h9v3.500" />
  </>,
);
export const IconPolicy = icon(
  <>
    <path d="M10 3v14M6 17h8M4 6h12" />
    <path d="M2.500 11.500L4.500 6l2 5.500a2.200 2.200 0 0 1-4 0zM13.500 11.500l2-5.500 2 5.500a2.200 2.200 0 0 1-4 0z" />
  </>,
);
export const IconQueue = icon(<path d="M3 5h14M3 10h14M3 15h9" />);
export const IconDecisions = icon(
  <>
    <path d="M3 10.5l3.5 3.5L13 7" />
    <path d="M9.5 13l1.2 1.2L17.5 7" />
  </>,
);
export const IconAudit = icon(
  <>
    <path d="M5 2.8h7l3.5 3.5v11H5z" />
    <path d="M7.5 9h5M7.5 12h5M7.5 15h3" />
  </>,
);
export const IconHandover = icon(
  <>
    <path d="M3 6.500h11M11 3.500l3 3-3 3" />
    <path d="M17 13.500H6M9 10.500l-3 3 3 3" />
  </>,
);
export const IconHealth = icon(<path d="M2.5 10.5H6l2-5.5 3.5 10 2-4.5h4" />);
export const IconPeople = icon(
  <>
    <circle cx="7.5" cy="7" r="2.8" />
    <path d="M2.5 16.5c.4-3 2.300-4.500 5-4.500s4.600 1.500 5 4.500M13 4.600a2.600 2.600 0 010 4.900M14.500 12.300c1.700.600 2.700 2 3 4.200" />
  </>,
);
export const IconSearch = icon(
  <>
    <circle cx="8.8" cy="8.8" r="5.2" />
    <path d="M12.800 12.800L17 17" />
  </>,
);
export const IconCopy = icon(
  <>
    <rect x="7" y="7" width="9.500" height="9.500" rx="1.500" />
    <path d="M13 7V4.500A1 1 0 0012 3.500H4.500a1 1 0 00-1 1V12a1 1 0 001 1H7" />
  </>,
);
export const IconCheck = icon(<path d="M4 10.500l4 4L16 6" />);
export const IconClose = icon(<path d="M5 5l10 10M15 5L5 15" />);
export const IconSun = icon(
  <>
    <circle cx="10" cy="10" r="3.400" />
    <path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.400 4.400l1.400 1.400M14.200 14.200l1.400 1.400M15.600 4.400l-1.400 1.400M5.800 14.200l-1.400 1.400" />
  </>,
);
export const IconMoon = icon(<path d="M16.500 12A7 7 0 018 3.500a7 7 0 108.500 8.500z" />);
export const IconStop = icon(
  <>
    <path d="M6.800 2.500h6.400l4.300 4.300v6.400l-4.300 4.300H6.800l-4.300-4.300V6.800z" />
    <path d="M7 10h6" />
  </>,
);
