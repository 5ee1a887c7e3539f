// Unicode's data for the module `inturn-web-documents`, in which it would be tables of 14 kB.

// Characters of two columns, from the values W and F in
// https://www.unicode.org/Public/17.0.0/ucd/EastAsianWidth.txt. Expressions have no name for them.
const WIDE = new RegExp(
  "[\\u1100-\\u115f\\u2329\\u232a\\u2630-\\u2637\\u268a-\\u268f\\u2e80-\\u303e\\u3041-\\u3247" +
    "\\u3250-\\ua4cf\\ua960-\\ua97c\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6b" +
    "\\uff01-\\uff60\\uffe0-\\uffe6\\u{16fe0}-\\u{191ff}\\u{1aff0}-\\u{1b2fb}" +
    "\\u{1d300}-\\u{1d376}\\u{1f200}-\\u{1f265}\\u{20000}-\\u{3fffd}]",
  "gu",
);

// Characters without width: marks, except those of halfwidth Katakana; invisible characters; vowels
// and final consonants of Hangul, which are drawn within the syllable.
const INVISIBLE = new RegExp(
  "(?![\\uff9e\\uff9f])" +
    "[\\p{Grapheme_Extend}\\p{Default_Ignorable_Code_Point}\\u1160-\\u11ff\\ud7b0-\\ud7ff]",
  "gu",
);

// The last one makes an emoji of the character before it.
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;

function columns(cluster) {
  if (EMOJI.test(cluster)) return 2;
  const visible = cluster.replace(INVISIBLE, "");
  return [...visible].length + (visible.match(WIDE)?.length ?? 0);
}

let segmenter; // created when it is needed: without it, other parts of the module work
const encoder = new TextEncoder();

// Returns the bytes and the columns of each cluster of a text, one after the other. All browsers
// that show the Export menu, which is a popover, have `Intl.Segmenter` too: Firefox since 125.
globalThis.inturnClusters = (text) => {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => [
    encoder.encode(segment).length,
    columns(segment),
  ]).flat();
};
