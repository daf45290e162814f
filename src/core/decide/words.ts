import { hexToBytes } from '../../base/bytes.ts';

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';
const WORDS = 4;

/**
 * The first 64 bits of a digest as four pronounceable words (proquints, Wilkerson, arXiv:0901.4016), for two people who
 * compare what they see by voice. An aid, and no replacement for the signature.
 */
export function wordsOf(digest: string): string {
  const bytes = hexToBytes(digest) ?? new Uint8Array(0);
  return Array.from({ length: WORDS }, (_, i) => word(((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))).join('-');
}

function word(bits: number): string {
  const consonant = (shift: number) => CONSONANTS.charAt((bits >> shift) & 15);
  const vowel = (shift: number) => VOWELS.charAt((bits >> shift) & 3);
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0);
}
