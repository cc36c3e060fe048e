"""`pli-bridge doctor`: where the way from policy to card ends on this computer, and what to do next.

`surroundings` looks, `findings` decides (pure), `words` says it. The page's own half (browser, permission, pairing) is `/bridge-check`.
"""
