"""Starting the bridge with the person's session, without administrator rights: `pli-bridge install` and `uninstall`.

One module per system writes what that system reads at log-in, and registers the `pli-bridge:` links by which a page asks the
person to pair it. Everything lies in the person's own folders; `uninstall` removes it all.
"""
