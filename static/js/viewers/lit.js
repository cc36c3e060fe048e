// The one seam to the rendering library: everything renders into light DOM, where the page's style sheets apply.
import { LitElement } from '../../vendor/lit/index.js';

export { html, svg, nothing, render } from '../../vendor/lit/index.js';
export { repeat } from '../../vendor/lit/directives/repeat.js';
export { classMap } from '../../vendor/lit/directives/class-map.js';
export { live } from '../../vendor/lit/directives/live.js';
export { ifDefined } from '../../vendor/lit/directives/if-defined.js';

/** A component without a shadow root. */
export class LightElement extends LitElement {
  createRenderRoot() {
    return this;
  }
}
