//! The bundled type faces.
