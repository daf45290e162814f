/** A record above this is refused: no product writes one alert that large, and the whole of it must fit in memory. */
export const RECORD_BYTES_MAX = 1_048_576;

/** A message of mail that stands alone may be larger, for what is attached to it; one of several in a mailbox not. */
export const MESSAGE_BYTES_MAX = 8_388_608;

/** JSON nested deeper than this is refused before anything walks it. */
export const RECORD_DEPTH_MAX = 128;

/** Entities kept of one record. The rest stay in the raw record, and a warning counts them. */
export const ENTITIES_MAX = 256;

/** An entity's text above this is not an entity; it stays in the raw record, with a warning. */
export const LABEL_CHARS_MAX = 16_384;

/** A title above this is cut, with a warning. The whole text stays in the raw record. */
export const TITLE_CHARS_MAX = 512;

/** List members of one field that are looked at. */
export const LIST_MAX = 512;

/** Leaves of one record that the generic source looks at. */
export const LEAVES_MAX = 4_096;
