//! Retouches pictures: resize, crop, grade, overlay, encode.
