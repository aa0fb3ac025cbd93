//! Draws by a script on a canvas.
