//! Records to Markdown and SVG: the same records give the same bytes.
