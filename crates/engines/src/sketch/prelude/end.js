// The helpers are in place: what they were made of is not for scripts.
delete globalThis.__native;
