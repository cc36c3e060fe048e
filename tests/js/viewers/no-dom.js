// Lets the rendering library load in Node: templates are made, never rendered. Import it before a viewer.
const nothing = /** @type {any} */ (class {});
/** @type {any} */ (globalThis).HTMLElement ??= nothing;
/** @type {any} */ (globalThis).document ??= { createTreeWalker: () => ({}), createComment: () => ({}), documentElement: {} };
